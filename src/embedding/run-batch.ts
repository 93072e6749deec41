import type { EngineSession } from '../engine/session.js';
import { i32, i64, type Tensor } from '../engine/tensor.js';
import type { GraphInput, ModelGraph, TokenBatch } from './types.js';

/**
 * Runs one batch through a session that was opened on `graph`: float32 rows, shape (batch.rows, graph.dims).
 *
 * A batch of one row is run as two equal rows: products with a single row take another way through the runtime, and their
 * last bits differ.
 *
 * @throws Error when the graph's output has another shape
 */
export async function runBatch(session: EngineSession, graph: ModelGraph, batch: TokenBatch): Promise<Float32Array> {
  const whole = batch.rows === 1 ? doubled(batch) : batch;
  const outputs = await session.run(feedsOf(graph.inputs, whole), [graph.output]);
  const { data, dims } = outputs[graph.output];
  if (!(data instanceof Float32Array) || data.length !== whole.rows * graph.dims) {
    throw new Error(`the model gave [${dims.join(', ')}], expected float32 [${whole.rows}, ${graph.dims}]`);
  }
  return batch.rows === 1 ? data.slice(0, graph.dims) : data;
}

/** A tensor for every input of a graph. */
export function feedsOf(inputs: readonly GraphInput[], batch: TokenBatch): Record<string, Tensor> {
  return Object.fromEntries(inputs.map((input) => [input.name, feedOf(input, batch)]));
}

function feedOf({ fill, type, shape: fixed }: GraphInput, batch: TokenBatch): Tensor {
  const perRow = fill === 'lengths' || fill === 'skip' || typeof fill === 'number';
  const shape = fixed ?? (perRow ? [batch.rows] : [batch.rows, batch.length]);
  const size = shape.reduce((product, axis) => product * axis, 1);
  const values = valuesOf(fill, batch).subarray(0, size);
  return type === 'int32' ? i32(values, shape) : i64(BigInt64Array.from(values, BigInt), shape);
}

function valuesOf(fill: GraphInput['fill'], batch: TokenBatch): Int32Array {
  const { rows, length, lengths } = batch;
  if (fill === 'ids') return batch.ids;
  if (fill === 'lengths') return lengths;
  if (fill === 'skip') return new Int32Array(rows).fill(batch.skip ?? 0);
  if (typeof fill === 'number') return new Int32Array(rows).fill(fill);
  const values = new Int32Array(rows * length);
  if (fill === 'zeros') return values;
  for (let i = 0; i < values.length; i++) {
    const column = i % length;
    values[i] = fill === 'positions' ? column : Number(column < lengths[(i - column) / length]);
  }
  return values;
}

function doubled(batch: TokenBatch): TokenBatch {
  const twice = (values: Int32Array): Int32Array => {
    const both = new Int32Array(2 * values.length);
    both.set(values);
    both.set(values, values.length);
    return both;
  };
  return { ...batch, ids: twice(batch.ids), lengths: twice(batch.lengths), rows: 2 };
}
