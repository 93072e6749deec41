import type { GraphBuilder } from '../onnx/graph-builder.js';
import { activate, type ActivationName } from './activations.js';
import type { EncoderInputs } from './architecture.js';
import { addAttention, addReach } from './attention.js';
import type { GraphWeights } from './graph-weights.js';
import { addLinear } from './linear.js';
import { addLayerNorm } from './norms.js';

/** Sizes of layers as BERT has them. */
export interface PostNormSizes {
  readonly hidden: number;
  readonly layers: number;
  readonly heads: number;
  readonly inner: number;
  readonly epsilon: number;
  readonly activation: ActivationName;
}

/** What the tensors of a layer are called. */
export interface LayerNames {
  readonly layers: string;
  readonly query: string;
  readonly key: string;
  readonly value: string;
  readonly attended: string;
  readonly attendedNorm: string;
  readonly wide: string;
  readonly narrow: string;
  readonly norm: string;
}

/** The names that most models have. */
export const BERT_NAMES: LayerNames = {
  layers: 'encoder.layer',
  query: 'attention.self.query',
  key: 'attention.self.key',
  value: 'attention.self.value',
  attended: 'attention.output.dense',
  attendedNorm: 'attention.output.LayerNorm',
  wide: 'intermediate.dense',
  narrow: 'output.dense',
  norm: 'output.LayerNorm',
};

/** Changes queries, keys or values by their position; shape (rows * length, hidden). */
export type Turn = (x: string) => string;

/** How the layers of one architecture differ from BERT's. */
export interface LayerVariant {
  readonly names?: LayerNames;
  /** For queries and keys. */
  readonly turn?: Turn;
  /** For values. */
  readonly turnValue?: Turn;
}

/**
 * Adds layers of attention and a wide layer, each followed by the sum with what went in and a layer norm; every token looks
 * at every token. The factor 1/sqrt(head size) is applied in the product that makes the queries.
 *
 * @param embedded shape (rows, length, hidden)
 * @returns the last hidden states, shape (rows, length, hidden)
 * Source: Vaswani et al. 2017, arXiv 1706.03762; Devlin et al. 2019, arXiv 1810.04805.
 */
export function addPostNormLayers(
  graph: GraphBuilder,
  weights: GraphWeights,
  inputs: EncoderInputs,
  embedded: string,
  sizes: PostNormSizes,
  { names = BERT_NAMES, turn, turnValue }: LayerVariant = {},
): string {
  const { hidden, heads, inner, epsilon } = sizes;
  const size = hidden / heads;
  const bias = addReach(graph, inputs, { causal: false, window: null }, weights.type);
  const ints = (...values: number[]): string => graph.constant('int64', [values.length], values);
  let x = graph.node('Reshape', [embedded, ints(-1, hidden)]);
  for (let layer = 0; layer < sizes.layers; layer++) {
    if (weights.problems.length > 0 && layer > 1) break; // Every further layer would repeat the same fault.
    const at = (name: string): string => `${names.layers}.${layer}.${name}`;
    const linear = (from: string, name: string, widths: readonly [number, number], factor?: number): string =>
      addLinear(graph, weights, from, { name: at(name), from: widths[0], to: widths[1], bias: true, factor });
    const norm = (sum: string, name: string): string =>
      addLayerNorm(graph, weights, sum, { name: at(name), size: hidden, epsilon });
    const query = linear(x, names.query, [hidden, hidden], 1 / Math.sqrt(size));
    const key = linear(x, names.key, [hidden, hidden]);
    const value = linear(x, names.value, [hidden, hidden]);
    const turned = {
      query: turn?.(query) ?? query,
      key: turn?.(key) ?? key,
      value: turnValue?.(value) ?? value,
    };
    const context = addAttention(graph, inputs, turned, { heads, keyHeads: heads, size }, bias);
    const attended = linear(context, names.attended, [hidden, hidden]);
    x = norm(graph.node('Add', [attended, x]), names.attendedNorm);
    const wide = linear(x, names.wide, [hidden, inner]);
    const narrow = linear(activate(graph, sizes.activation, wide, weights.type), names.narrow, [inner, hidden]);
    x = norm(graph.node('Add', [narrow, x]), names.norm);
  }
  return graph.node('Reshape', [x, graph.node('Concat', [inputs.shape, ints(hidden)], { axis: 0 })]);
}
