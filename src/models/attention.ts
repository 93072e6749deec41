import type { GraphBuilder } from '../onnx/graph-builder.js';
import type { EncoderInputs } from './architecture.js';
import { HIDDEN_SCORE, type FloatType } from './float-type.js';

/** Which tokens a token looks at. */
export interface Reach {
  /** Only itself and those before it. */
  readonly causal: boolean;
  /** Only those fewer than so many places away; null for any distance. */
  readonly window: number | null;
}

/** How a row is cut into heads; several heads of queries may share one of keys and values. */
export interface Heads {
  readonly heads: number;
  /** Heads of keys and values, a divisor of `heads`. */
  readonly keyHeads: number;
  /** Numbers in one head. */
  readonly size: number;
}

/** Values of the graph, token after token: queries (rows * length * heads * size), keys and values with `keyHeads`. */
export interface AttentionInputs {
  readonly query: string;
  readonly key: string;
  readonly value: string;
}

/**
 * What is added to the scores: 0 for tokens that are looked at, and for others what leaves nothing of them behind the
 * softmax; shape (rows, 1, 1, length) or, where it depends on the token that looks, (rows or 1, 1, length, length).
 *
 * Padding is on the right: where tokens look back only, none looks at it.
 *
 * @param type the type of the scores
 */
export function addReach(
  graph: GraphBuilder,
  inputs: EncoderInputs,
  { causal, window }: Reach,
  type: FloatType,
): string {
  const axes = (...values: number[]): string => graph.constant('int64', [values.length], values);
  const scalar = (value: number): string => graph.constant('int32', [], [value]);
  const conditions: string[] = [];
  if (!causal) conditions.push(graph.node('Unsqueeze', [inputs.mask, axes(1, 2)]));
  if (causal || window !== null) {
    const looking = graph.node('Transpose', [inputs.positions], { perm: [1, 0] });
    const distance = graph.node('Unsqueeze', [graph.node('Sub', [looking, inputs.positions]), axes(0, 1)]);
    if (causal) conditions.push(graph.node('GreaterOrEqual', [distance, scalar(0)]));
    if (window !== null) {
      const size = causal ? distance : graph.node('Abs', [distance]);
      conditions.push(graph.node('Less', [size, scalar(window)]));
    }
  }
  const seen = conditions.reduce((all, condition) => graph.node('And', [all, condition]));
  const value = (number: number): string => graph.constant(type, [], [number]);
  return graph.node('Where', [seen, value(0), value(HIDDEN_SCORE[type])]);
}

/**
 * Adds softmax(query key' + bias) value for every head, written out: on the CPU this is faster than the fused operator. The
 * factor of the scores is left to the caller, who has a product to put it in.
 *
 * @param bias from `addReach`
 * @returns shape (rows * length, heads * size)
 */
export function addAttention(
  graph: GraphBuilder,
  inputs: EncoderInputs,
  { query, key, value }: AttentionInputs,
  { heads, keyHeads, size }: Heads,
  bias: string,
): string {
  const ints = (...values: number[]): string => graph.constant('int64', [values.length], values);
  const reshape = (x: string, ...shape: number[]): string => graph.node('Reshape', [x, ints(...shape)]);
  const split = (x: string, count: number, perm: readonly number[]): string => {
    const shape = graph.node('Concat', [inputs.shape, ints(count, size)], { axis: 0 });
    return graph.node('Transpose', [graph.node('Reshape', [x, shape])], { perm });
  };
  const isShared = keyHeads !== heads;
  let queries = split(query, heads, [0, 2, 1, 3]);
  // Heads that share a key follow each other: below one another they are one product.
  if (isShared) queries = reshape(queries, 0, keyHeads, -1, size);
  let scores = graph.node('MatMul', [queries, split(key, keyHeads, [0, 2, 3, 1])]);
  if (isShared) scores = reshape(scores, 0, heads, -1, 0);
  let parts = graph.node('Softmax', [graph.node('Add', [scores, bias])], { axis: -1 });
  if (isShared) parts = reshape(parts, 0, keyHeads, -1, 0);
  let context = graph.node('MatMul', [parts, split(value, keyHeads, [0, 2, 1, 3])]);
  if (isShared) context = reshape(context, 0, heads, -1, size);
  return reshape(graph.node('Transpose', [context], { perm: [0, 2, 1, 3] }), -1, heads * size);
}
