import { openSession } from '../engine/session.js';
import { f64 } from '../engine/tensor.js';
import { UserError } from '../errors.js';
import { GraphBuilder } from '../onnx/graph-builder.js';
import type { RowVectors } from '../vectors/types.js';
import { checkTraining } from './check-training.js';
import { numberClasses } from './class-numbers.js';
import { minimizeLbfgs } from './lbfgs.js';
import { LogisticLoss } from './logistic-loss.js';
import { notFinite } from './not-finite.js';
import { IN_DOUBLE, RowBlocks, rowsWithin } from './row-blocks.js';

export interface LogisticRegressionOptions {
  /** Threads inside one operator, >= 1; results do not depend on them. */
  readonly threads: number;
  /** Bytes that the features in double may take; slower, with equal results, where they do not fit. */
  readonly maxMemory: number;
  /** Inverse strength of the L2 penalty, > 0. */
  readonly c?: number;
  readonly maxIterations?: number;
  /** Called after every iteration. */
  readonly onIteration?: (step: FitStep) => void;
}

/** The state after one iteration. */
export interface FitStep {
  readonly iteration: number;
  /** Evaluations of loss and gradient so far. */
  readonly evaluations: number;
  readonly loss: number;
  /** Class-fastest, intercepts last; valid during the call. */
  readonly parameters: Float64Array;
  readonly gradient: Float64Array;
}

/** How a fit ended. */
export interface FitSummary {
  /** Accepted steps. */
  readonly nIter: number;
  /** Evaluations of loss and gradient. */
  readonly nfev: number;
  /** False when the limit of iterations was reached, or no line search found a better point. */
  readonly converged: boolean;
  /** The objective at the end, penalty included. */
  readonly loss: number;
}

/** What is learned. */
export interface LinearClassifier {
  /** Distinct labels, ascending. */
  readonly classes: Float64Array;
  readonly dims: number;
  /** Row-major, shape (nScores, dims); one row for two classes, else one a class. */
  readonly coef: Float64Array;
  /** Shape (nScores,). */
  readonly intercept: Float64Array;
}

/** Bytes of one block of features when rows are scored. */
const BLOCK_BYTES = 20 * 2 ** 20;

/**
 * Logistic regression with scikit-learn's defaults: L2 penalty with C = 1, intercept, softmax loss (for two classes the
 * logistic loss of one row of weights), L-BFGS from zero with at most 100 iterations.
 *
 * The solver stops when no component of the gradient exceeds 1e-4, which is far from the optimum, so the path is part of
 * the answer: float32 features are solved in float64 and the steps are those of SciPy's L-BFGS-B.
 *
 * Source: scikit-learn 1.5.0, `LogisticRegression`; the numbers of iterations and evaluations are equal.
 */
export class LogisticRegression implements LinearClassifier, FitSummary {
  readonly classes: Float64Array;
  readonly dims: number;
  readonly coef: Float64Array;
  readonly intercept: Float64Array;
  readonly nIter: number;
  readonly nfev: number;
  readonly converged: boolean;
  readonly loss: number;

  /** A classifier with these weights; most are made by `fit`. */
  constructor(
    learned: LinearClassifier,
    summary: FitSummary,
    private readonly options: Pick<LogisticRegressionOptions, 'threads'>,
  ) {
    ({ classes: this.classes, dims: this.dims, coef: this.coef, intercept: this.intercept } = learned);
    ({ nIter: this.nIter, nfev: this.nfev, converged: this.converged, loss: this.loss } = summary);
  }

  /**
   * Learns weights.
   *
   * @param features shape (rows, dims), finite
   * @param labels any whole numbers; shape (rows,)
   * @throws RangeError when the number of labels is not that of the rows
   * @throws UserError when the labels have fewer than two classes, or a feature is not finite
   */
  static async fit(
    features: RowVectors,
    labels: ArrayLike<number>,
    options: LogisticRegressionOptions,
  ): Promise<LogisticRegression> {
    checkTraining(features, labels);
    const { classes, numbers } = numberClasses(labels);
    if (classes.length < 2) {
      throw new UserError({
        where: 'labels of the training rows',
        what: `all ${labels.length} are ${classes[0]}; logistic regression needs at least two classes.`,
        fix: 'train on rows of at least two classes.',
      });
    }
    const { c = 1, threads, maxMemory, maxIterations, onIteration } = options;
    const loss = await LogisticLoss.open(features, numbers, classes.length, { c, threads, maxMemory });
    try {
      let iteration = 0;
      const start = new Float64Array(loss.size);
      const fitted = await minimizeLbfgs((point) => evaluated(loss, point), start, {
        maxIterations,
        onIteration: (parameters, at, evaluations) =>
          onIteration?.({ iteration: ++iteration, evaluations, loss: at.value, parameters, gradient: at.gradient }),
      });
      const summary = {
        nIter: fitted.iterations,
        nfev: fitted.evaluations,
        converged: fitted.stop === 'gradient' || fitted.stop === 'decrease',
        loss: fitted.value,
      };
      return new LogisticRegression(learnedFrom(fitted.point, classes, features.source.dims), summary, options);
    } finally {
      await loss.close();
    }
  }

  /**
   * Scores of rows, in float64.
   *
   * @param features shape (rows, dims)
   * @returns row-major, shape (rows, nScores); for two classes one score a row, positive for the larger label
   */
  async decisionFunction(features: RowVectors): Promise<Float64Array> {
    const { dims, coef, intercept } = this;
    if (features.source.dims !== dims) {
      throw new RangeError(`rows of ${features.source.dims} components, the weights have ${dims}`);
    }
    const nScores = intercept.length;
    const blocks = new RowBlocks(features, IN_DOUBLE, rowsWithin(BLOCK_BYTES, 8 * (dims + nScores)), 0);
    const scores = new Float64Array(blocks.rows * nScores);
    const session = await openSession(scoreGraph(dims, nScores), { threads: this.options.threads });
    try {
      for (let i = 0; i < blocks.count; i++) {
        const { start, rows, values } = await blocks.at(i);
        const feeds = {
          x: f64(values, [rows, dims]),
          coef: f64(coef, [nScores, dims]),
          intercept: f64(intercept, [nScores]),
        };
        scores.set((await session.run(feeds)).scores.data as Float64Array, start * nScores);
      }
    } finally {
      await session.close();
    }
    return scores;
  }

  /**
   * Probabilities of the classes: the softmax of the scores, for two classes the logistic function.
   *
   * @returns row-major, shape (rows, nClasses), in [0, 1]; rows sum to 1
   */
  async predictProba(features: RowVectors): Promise<Float64Array> {
    const scores = await this.decisionFunction(features);
    return this.intercept.length === 1 ? twoProbabilities(scores) : softmaxRows(scores, this.classes.length);
  }

  /** The label of the highest score, of equal scores the smallest label; shape (rows,). */
  async predict(features: RowVectors): Promise<Float64Array> {
    const scores = await this.decisionFunction(features);
    const { classes } = this;
    if (this.intercept.length === 1) return scores.map((score) => classes[score > 0 ? 1 : 0]);
    return Float64Array.from({ length: features.index.length }, (_, i) => classes[bestOf(scores, i, classes.length)]);
  }
}

/** A feature that is not finite shows in the gradient: at the zero weights of the start no residual is zero. */
async function evaluated(loss: LogisticLoss, point: Float64Array): ReturnType<LogisticLoss['at']> {
  const at = await loss.at(point);
  if (point.every((value) => value === 0) && !at.gradient.every(Number.isFinite)) {
    throw notFinite('vectors of the training rows');
  }
  return at;
}

/** Class-fastest parameters as weights by class. */
function learnedFrom(point: Float64Array, classes: Float64Array, dims: number): LinearClassifier {
  const nScores = point.length / (dims + 1);
  const coef = new Float64Array(nScores * dims);
  for (let j = 0; j < dims; j++) for (let k = 0; k < nScores; k++) coef[k * dims + j] = point[j * nScores + k];
  return { classes, dims, coef, intercept: point.slice(dims * nScores) };
}

function scoreGraph(dims: number, nScores: number): Uint8Array {
  const g = new GraphBuilder('linear scores');
  const x = g.input('x', 'float64', ['rows', dims]);
  const coef = g.input('coef', 'float64', [nScores, dims]);
  const intercept = g.input('intercept', 'float64', [nScores]);
  g.output(g.node('Gemm', [x, coef, intercept], { transB: 1 }), 'float64', ['rows', nScores], 'scores');
  return g.build();
}

function bestOf(scores: Float64Array, row: number, nScores: number): number {
  let best = 0;
  for (let k = 1; k < nScores; k++) if (scores[row * nScores + k] > scores[row * nScores + best]) best = k;
  return best;
}

function twoProbabilities(scores: Float64Array): Float64Array {
  const probabilities = new Float64Array(2 * scores.length);
  scores.forEach((score, i) => {
    const positive = 1 / (1 + Math.exp(-score));
    probabilities[2 * i] = 1 - positive;
    probabilities[2 * i + 1] = positive;
  });
  return probabilities;
}

function softmaxRows(scores: Float64Array, nScores: number): Float64Array {
  const probabilities = new Float64Array(scores.length);
  for (let start = 0; start < scores.length; start += nScores) {
    const largest = scores.subarray(start, start + nScores).reduce((a, b) => Math.max(a, b));
    let total = 0;
    for (let k = start; k < start + nScores; k++) total += probabilities[k] = Math.exp(scores[k] - largest);
    for (let k = start; k < start + nScores; k++) probabilities[k] /= total;
  }
  return probabilities;
}
