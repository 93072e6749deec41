import type { EngineSession } from '../engine/session.js';
import { openSession } from '../engine/session.js';
import type { Tensor } from '../engine/tensor.js';
import { f64, i64 } from '../engine/tensor.js';
import { ELEMENT_TYPES } from '../onnx/element-type.js';
import { GraphBuilder } from '../onnx/graph-builder.js';
import type { RowVectors } from '../vectors/types.js';
import type { Evaluation } from './lbfgs.js';
import { IN_DOUBLE, RowBlocks, rowsWithin } from './row-blocks.js';

/** Bytes of features and scores of one block: it stays in the last level of the cache between the two products. */
const BLOCK_BYTES = 20 * 2 ** 20;

export interface LogisticLossOptions {
  /** Inverse strength of the penalty, > 0. */
  readonly c: number;
  readonly threads: number;
  /** Bytes that the features in double may take; above that they are converted anew for every evaluation. */
  readonly maxMemory: number;
}

/**
 * The objective of logistic regression in float64: the mean over rows of the logistic loss (two classes) or of the
 * softmax cross-entropy (more), plus |W|² / (2 C n). Intercepts are not penalised.
 *
 * Parameters lie class-fastest, which is row-major (dims + 1, nScores) with the intercepts as the last row; nScores is 1
 * for two classes. Loss and gradient of a block of rows are one graph on the engine; blocks are added up here.
 *
 * Always `close`.
 */
export class LogisticLoss {
  /** Length of a point. */
  readonly size: number;
  private readonly penalty: number;
  private readonly gradientOfRows: Float64Array;

  private constructor(
    private readonly session: EngineSession,
    private readonly blocks: RowBlocks<Float64Array>,
    private readonly targets: BigInt64Array,
    private readonly nScores: number,
    c: number,
  ) {
    this.size = (blocks.dims + 1) * nScores;
    this.penalty = 1 / (c * blocks.rows);
    this.gradientOfRows = new Float64Array(this.size);
  }

  /**
   * @param features shape (rows, dims), rows >= 1
   * @param targets class of each row, 0 .. nClasses - 1; shape (rows,)
   * @param nClasses >= 2
   */
  static async open(
    features: RowVectors,
    targets: Int32Array,
    nClasses: number,
    options: LogisticLossOptions,
  ): Promise<LogisticLoss> {
    const { dims } = features.source;
    const nScores = nClasses === 2 ? 1 : nClasses;
    const maxRows = rowsWithin(BLOCK_BYTES, 8 * (dims + 2 * nScores));
    const blocks = new RowBlocks(features, IN_DOUBLE, maxRows, options.maxMemory);
    const session = await openSession(lossGraph(dims, nScores), { threads: options.threads });
    return new LogisticLoss(session, blocks, BigInt64Array.from(targets, BigInt), nScores, options.c);
  }

  /** Value and gradient at a point. */
  async at(point: Float64Array): Promise<Evaluation> {
    const { dims, rows } = this.blocks;
    const nWeights = dims * this.nScores;
    const weights = f64(point.subarray(0, nWeights), [dims, this.nScores]);
    const intercepts = f64(point.subarray(nWeights), [this.nScores]);
    const sums = this.gradientOfRows.fill(0);
    let loss = 0;
    for (let i = 0; i < this.blocks.count; i++) {
      const { start, rows: count, values } = await this.blocks.at(i);
      const targets = i64(this.targets.subarray(start, start + count), [count, 1]);
      const x = f64(values, [count, dims]);
      const outputs = await this.session.run({ x, weights, intercepts, targets });
      loss += valuesOf(outputs.loss)[0];
      addTo(sums, valuesOf(outputs.weightGradient), 0);
      addTo(sums, valuesOf(outputs.interceptGradient), nWeights);
    }

    const gradient = new Float64Array(this.size);
    let squares = 0;
    for (let j = 0; j < nWeights; j++) {
      squares += point[j] * point[j];
      gradient[j] = sums[j] / rows + this.penalty * point[j];
    }
    for (let j = nWeights; j < this.size; j++) gradient[j] = sums[j] / rows;
    return { value: loss / rows + 0.5 * this.penalty * squares, gradient };
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
function lossGraph(dims: number, nScores: number): Uint8Array {
  const g = new GraphBuilder(nScores === 1 ? 'logistic loss' : 'softmax cross-entropy');
  const x = g.input('x', 'float64', ['rows', dims]);
  const weights = g.input('weights', 'float64', [dims, nScores]);
  const intercepts = g.input('intercepts', 'float64', [nScores]);
  const targets = g.input('targets', 'int64', ['rows', 1]);

  const scores = g.node('Gemm', [x, weights, intercepts]);
  const { losses, residuals } = nScores === 1 ? logistic(g, scores, targets) : softmax(g, scores, targets, nScores);
  g.output(g.node('ReduceSum', [losses], { keepdims: 0 }), 'float64', [], 'loss');
  g.output(g.node('Gemm', [x, residuals], { transA: 1 }), 'float64', [dims, nScores], 'weightGradient');
  const rowAxis = g.constant('int64', [1], [0]);
  g.output(g.node('ReduceSum', [residuals, rowAxis], { keepdims: 0 }), 'float64', [nScores], 'interceptGradient');
  return g.build();
}

/** Losses of rows, and their derivatives by the scores. */
interface RowLosses {
  readonly losses: string;
  readonly residuals: string;
}

/** log(1 + exp(z)) - t z = max(z, 0) - t z + log(1 + exp(-|z|)): no score is too large. */
function logistic(g: GraphBuilder, scores: string, targets: string): RowLosses {
  const zero = g.constant('float64', [1, 1], [0]);
  const one = g.constant('float64', [1, 1], [1]);
  const target = g.node('Cast', [targets], { to: ELEMENT_TYPES.float64.code });
  const decay = g.node('Exp', [g.node('Neg', [g.node('Abs', [scores])])]);
  const onePlus = g.node('Add', [one, decay]);
  const linear = g.node('Sub', [g.node('Max', [scores, zero]), g.node('Mul', [target, scores])]);
  const losses = g.node('Add', [linear, g.node('Log', [onePlus])]);
  const isPositive = g.node('GreaterOrEqual', [scores, zero]);
  const probability = g.node('Div', [g.node('Where', [isPositive, one, decay]), onePlus]);
  return { losses, residuals: g.node('Sub', [probability, target]) };
}

/** log Σ exp(z_k) - z_t, with the largest score taken off first. */
function softmax(g: GraphBuilder, scores: string, targets: string, nScores: number): RowLosses {
  const classAxis = g.constant('int64', [1], [1]);
  const numbers = g.constant(
    'int64',
    [1, nScores],
    Array.from({ length: nScores }, (_, k) => k),
  );
  const target = g.node('Cast', [g.node('Equal', [targets, numbers])], { to: ELEMENT_TYPES.float64.code });
  const shifted = g.node('Sub', [scores, g.node('ReduceMax', [scores, classAxis], { keepdims: 1 })]);
  const powers = g.node('Exp', [shifted]);
  const total = g.node('ReduceSum', [powers, classAxis], { keepdims: 1 });
  const own = g.node('ReduceSum', [g.node('Mul', [shifted, target]), classAxis], { keepdims: 1 });
  const losses = g.node('Sub', [g.node('Log', [total]), own]);
  return { losses, residuals: g.node('Sub', [g.node('Div', [powers, total]), target]) };
}
