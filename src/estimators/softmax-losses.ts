import type { EngineSession } from '../engine/session.js';
import { openSession } from '../engine/session.js';
import type { Tensor } from '../engine/tensor.js';
import { f64, i64 } from '../engine/tensor.js';
import { ELEMENT_TYPES } from '../onnx/element-type.js';
import { GraphBuilder } from '../onnx/graph-builder.js';
import type { RowVectors } from '../vectors/types.js';
import { IN_DOUBLE, RowBlocks, rowsWithin } from './row-blocks.js';
import type { RowLosses } from './row-losses.js';

/** Bytes of features and scores of one block: it stays in the last level of the cache between the two products. */
const BLOCK_BYTES = 20 * 2 ** 20;

export interface SoftmaxLossesOptions {
  readonly threads: number;
  /** Bytes that the features in double may take; above that they are converted anew each time. */
  readonly maxMemory: number;
}

/**
 * Softmax cross-entropies of rows of several classes. Losses and gradient of a block of rows are one graph on the engine,
 * in float64; blocks are added up here.
 *
 * Always `close`.
 */
export class SoftmaxLosses implements RowLosses {
  private constructor(
    private readonly session: EngineSession,
    private readonly blocks: RowBlocks<Float64Array>,
    private readonly targets: BigInt64Array,
    private readonly nClasses: number,
  ) {}

  /**
   * @param features shape (rows, dims), rows >= 1
   * @param targets class of each row, 0 .. nClasses - 1; shape (rows,)
   */
  static async open(
    features: RowVectors,
    targets: Int32Array,
    nClasses: number,
    { threads, maxMemory }: SoftmaxLossesOptions,
  ): Promise<SoftmaxLosses> {
    const { dims } = features.source;
    const maxRows = rowsWithin(BLOCK_BYTES, 8 * (dims + 2 * nClasses));
    const blocks = new RowBlocks(features, IN_DOUBLE, maxRows, maxMemory);
    const session = await openSession(lossGraph(dims, nClasses), { threads });
    return new SoftmaxLosses(session, blocks, BigInt64Array.from(targets, BigInt), nClasses);
  }

  async add(point: Float64Array, sums: Float64Array): Promise<number> {
    const { blocks, nClasses } = this;
    const { dims } = blocks;
    const weights = f64(point.subarray(0, dims * nClasses), [dims, nClasses]);
    const intercepts = f64(point.subarray(dims * nClasses), [nClasses]);
    let loss = 0;
    for (let i = 0; i < blocks.count; i++) {
      const { start, rows, values } = await blocks.at(i);
      const targets = i64(this.targets.subarray(start, start + rows), [rows, 1]);
      const x = f64(values, [rows, dims]);
      const outputs = await this.session.run({ x, weights, intercepts, targets });
      loss += valuesOf(outputs.loss)[0];
      addTo(sums, valuesOf(outputs.weightGradient), 0);
      addTo(sums, valuesOf(outputs.interceptGradient), dims * nClasses);
    }
    return loss;
  }

  close(): Promise<void> {
    return this.session.close();
  }
}

function valuesOf(tensor: Tensor): Float64Array {
  return tensor.data as Float64Array;
}

function addTo(sums: Float64Array, values: Float64Array, offset: number): void {
  for (let j = 0; j < values.length; j++) sums[offset + j] += values[j];
}

/** Sum of the losses of some rows and its gradient; sums, not means, so that blocks can be added. */
function lossGraph(dims: number, nClasses: number): Uint8Array {
  const g = new GraphBuilder('softmax cross-entropy');
  const x = g.input('x', 'float64', ['rows', dims]);
  const weights = g.input('weights', 'float64', [dims, nClasses]);
  const intercepts = g.input('intercepts', 'float64', [nClasses]);
  const targets = g.input('targets', 'int64', ['rows', 1]);

  const scores = g.node('Gemm', [x, weights, intercepts]);
  const { losses, residuals } = softmax(g, scores, targets, nClasses);
  g.output(g.node('ReduceSum', [losses], { keepdims: 0 }), 'float64', [], 'loss');
  g.output(g.node('Gemm', [x, residuals], { transA: 1 }), 'float64', [dims, nClasses], 'weightGradient');
  const rowAxis = g.constant('int64', [1], [0]);
  g.output(g.node('ReduceSum', [residuals, rowAxis], { keepdims: 0 }), 'float64', [nClasses], 'interceptGradient');
  return g.build();
}

/** log Σ exp(z_k) - z_t and its derivatives by the scores, with the largest score taken off first. */
function softmax(
  g: GraphBuilder,
  scores: string,
  targets: string,
  nClasses: number,
): { losses: string; residuals: string } {
  const classAxis = g.constant('int64', [1], [1]);
  const numbers = g.constant(
    'int64',
    [1, nClasses],
    Array.from({ length: nClasses }, (_, k) => k),
  );
  const target = g.node('Cast', [g.node('Equal', [targets, numbers])], { to: ELEMENT_TYPES.float64.code });
  const shifted = g.node('Sub', [scores, g.node('ReduceMax', [scores, classAxis], { keepdims: 1 })]);
  const powers = g.node('Exp', [shifted]);
  const total = g.node('ReduceSum', [powers, classAxis], { keepdims: 1 });
  const own = g.node('ReduceSum', [g.node('Mul', [shifted, target]), classAxis], { keepdims: 1 });
  const losses = g.node('Sub', [g.node('Log', [total]), own]);
  return { losses, residuals: g.node('Sub', [g.node('Div', [powers, total]), target]) };
}
