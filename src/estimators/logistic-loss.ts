import type { RowVectors } from '../vectors/types.js';
import { BinaryLosses } from './binary-losses.js';
import type { Evaluation } from './lbfgs.js';
import type { RowLosses } from './row-losses.js';
import { SoftmaxLosses } from './softmax-losses.js';

export interface LogisticLossOptions {
  /** Inverse strength of the penalty, > 0. */
  readonly c: number;
  readonly threads: number;
  /** Bytes that the features may take in the form that is computed with; above that they are read anew for every evaluation. */
  readonly maxMemory: number;
}

/**
 * The objective of logistic regression in float64: the mean over rows of the logistic loss (two classes) or of the
 * softmax cross-entropy (more), plus |W|² / (2 C n). Intercepts are not penalised.
 *
 * Parameters lie class-fastest, which is row-major (dims + 1, nScores) with the intercepts as the last row; nScores is 1
 * for two classes.
 *
 * Always `close`.
 */
export class LogisticLoss {
  private constructor(
    private readonly losses: RowLosses,
    /** Length of a point. */
    readonly size: number,
    private readonly nWeights: number,
    private readonly rows: number,
    private readonly penalty: number,
  ) {}

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
    const rows = features.index.length;
    const nScores = nClasses === 2 ? 1 : nClasses;
    const losses =
      nClasses === 2
        ? new BinaryLosses(features, targets, options.maxMemory)
        : await SoftmaxLosses.open(features, targets, nClasses, options);
    return new LogisticLoss(losses, (dims + 1) * nScores, dims * nScores, rows, 1 / (options.c * rows));
  }

  /** Value and gradient at a point. */
  async at(point: Float64Array): Promise<Evaluation> {
    const { size, nWeights, rows, penalty } = this;
    const gradient = new Float64Array(size);
    const loss = await this.losses.add(point, gradient);
    let squares = 0;
    for (let j = 0; j < nWeights; j++) {
      squares += point[j] * point[j];
      gradient[j] = gradient[j] / rows + penalty * point[j];
    }
    for (let j = nWeights; j < size; j++) gradient[j] /= rows;
    return { value: loss / rows + 0.5 * penalty * squares, gradient };
  }

  close(): Promise<void> {
    return this.losses.close();
  }
}
