import type { ModelGraph, TokenBatch } from '../../src/embedding/types.js';
import { GraphBuilder } from '../../src/onnx/graph-builder.js';
import { congruential } from '../pseudo-random.js';

const VOCABULARY = 1000;
const DIMS = 48;

/**
 * A graph that does to token ids what a model does: table, mask, products, mean over tokens.
 *
 * @param layers products of width x width for every token: more take longer
 */
export function smallGraph(layers = 1, width = DIMS): ModelGraph {
  const next = congruential(1);
  const random = () => next() / 2 ** 32 - 0.5;
  const graph = new GraphBuilder('small');
  const ids = graph.input('ids', 'int64', ['rows', 'length']);
  const mask = graph.input('mask', 'int64', ['rows', 'length']);
  const table = graph.constant(
    'float32',
    [VOCABULARY, width],
    Float32Array.from({ length: VOCABULARY * width }, random),
  );
  const weights = graph.constant(
    'float32',
    [width, width],
    Float32Array.from({ length: width * width }, () => random() / 4),
  );
  let hidden = graph.node('Gather', [table, ids]);
  for (let i = 0; i < layers; i++) hidden = graph.node('Tanh', [graph.node('MatMul', [hidden, weights])]);
  const kept = graph.node('Unsqueeze', [graph.node('Cast', [mask], { to: 1 }), graph.constant('int64', [1], [2])]);
  const axes = graph.constant('int64', [1], [1]);
  const sum = graph.node('ReduceSum', [graph.node('Mul', [hidden, kept]), axes], { keepdims: 0 });
  const mean = graph.node('Div', [sum, graph.node('ReduceSum', [kept, axes], { keepdims: 0 })]);
  graph.output(mean, 'float32', ['rows', width], 'pooled');
  const bytes = graph.build();
  const inputs = [
    { name: 'ids', fill: 'ids', type: 'int64' },
    { name: 'mask', fill: 'mask', type: 'int64' },
  ] as const;
  return { bytes, inputs, output: 'pooled', dims: width };
}

/** A batch of texts given as token ids. */
export function batchOf(texts: readonly (readonly number[])[]): TokenBatch {
  const length = Math.max(...texts.map((ids) => ids.length));
  const ids = new Int32Array(texts.length * length);
  for (const [row, text] of texts.entries()) ids.set(text, row * length);
  return { ids, lengths: Int32Array.from(texts, (text) => text.length), rows: texts.length, length };
}

/** Batches of texts of 1 to 20 tokens. */
export function someBatches(count: number, rows = 7): TokenBatch[] {
  return Array.from({ length: count }, (_, b) =>
    batchOf(
      Array.from({ length: rows }, (_, row) =>
        Array.from({ length: 1 + ((b * 7 + row * 13) % 20) }, (_, i) => (b * 31 + row * 17 + i * 101) % 899),
      ),
    ),
  );
}
