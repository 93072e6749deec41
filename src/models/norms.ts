import { float, type GraphBuilder } from '../onnx/graph-builder.js';
import { castTo } from './float-type.js';
import type { GraphWeights } from './graph-weights.js';

/** A normalisation over the last axis. */
export interface Norm {
  /** The tensors are `<name>.weight` and, for a layer norm, `<name>.bias`. */
  readonly name: string;
  readonly size: number;
  readonly epsilon: number;
}

/**
 * Adds (x - mean) / sqrt(variance + epsilon) * weight + bias, in float32 whatever the network is computed in; models
 * without biases leave the last away.
 */
export function addLayerNorm(graph: GraphBuilder, weights: GraphWeights, x: string, norm: Norm, bias = true): string {
  const inputs = [
    castTo(graph, x, weights.type, 'float32'),
    weights.take(`${norm.name}.weight`, [norm.size], 'float32'),
  ];
  if (bias) inputs.push(weights.take(`${norm.name}.bias`, [norm.size], 'float32'));
  const normed = graph.node('LayerNormalization', inputs, { axis: -1, epsilon: float(norm.epsilon) });
  return castTo(graph, normed, 'float32', weights.type);
}

/**
 * Adds x / sqrt(mean of squares + epsilon) * (weight + offset) * factor, in float32 whatever the network is computed in:
 * squares of 16-bit numbers overflow.
 *
 * Source: Zhang and Sennrich 2019, arXiv 1910.07467; an offset of 1 is Gemma's.
 */
export function addRmsNorm(
  graph: GraphBuilder,
  weights: GraphWeights,
  x: string,
  norm: Norm,
  { offset = 0, factor = 1 }: { readonly offset?: number; readonly factor?: number } = {},
): string {
  const scalar = (value: number): string => graph.constant('float32', [], [value]);
  const wide = castTo(graph, x, weights.type, 'float32');
  const squares = graph.node('Pow', [wide, scalar(2)]);
  const mean = graph.node('ReduceMean', [squares, graph.constant('int64', [1], [-1])], { keepdims: 1 });
  const root = graph.node('Sqrt', [graph.node('Add', [mean, scalar(norm.epsilon)])]);
  let weight = weights.take(`${norm.name}.weight`, [norm.size], 'float32');
  if (offset !== 0) weight = graph.node('Add', [weight, scalar(offset)]);
  if (factor !== 1) weight = graph.node('Mul', [weight, scalar(factor)]);
  const normed = graph.node('Mul', [graph.node('Div', [wide, root]), weight]);
  return castTo(graph, normed, 'float32', weights.type);
}
