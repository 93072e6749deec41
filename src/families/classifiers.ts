import { LogisticRegression } from '../estimators/logistic-regression.js';
import { NearestNeighbours } from '../estimators/nearest-neighbours.js';
import type { RowVectors } from '../vectors/types.js';
import type { FamilyOptions } from './types.js';

/** Neighbours that vote. */
export const NEIGHBOURS = 2;

/** Predicted labels of validation (null where there is none) and test, and what is known of the fit. */
export interface Predictions {
  readonly validation: Float64Array | null;
  readonly test: Float64Array;
  /** JSON values. */
  readonly details: Readonly<Record<string, unknown>>;
  readonly warnings: readonly string[];
}

/** Rows to learn from and rows to predict. */
export interface ClassifierInput {
  readonly train: RowVectors;
  readonly labels: Float64Array;
  readonly validation: RowVectors | null;
  readonly test: RowVectors;
}

export type Classifier = (
  input: ClassifierInput,
  options: Pick<FamilyOptions, 'threads' | 'maxMemory' | 'onProgress'>,
) => Promise<Predictions>;

/** `knn_cosine_k_2`: the two nearest training rows by cosine, on a tie of votes the smaller label. */
export const nearestNeighbours: Classifier = async ({ train, labels, validation, test }, options) => {
  const { threads, maxMemory, onProgress } = options;
  const total = (validation?.index.length ?? 0) + test.index.length;
  let before = 0;
  const neighbours = new NearestNeighbours(train, labels, {
    k: NEIGHBOURS,
    threads,
    maxMemory,
    onProgress: (done) => onProgress?.('knn_cosine_k_2', before + done, total),
  });
  const onValidation = validation === null ? null : await neighbours.predict(validation);
  before = validation?.index.length ?? 0;
  return { validation: onValidation, test: await neighbours.predict(test), details: { k: NEIGHBOURS }, warnings: [] };
};

/** `logreg`: logistic regression with scikit-learn's defaults. */
export const logisticRegression: Classifier = async ({ train, labels, validation, test }, options) => {
  const { threads, maxMemory, onProgress } = options;
  const fitted = await LogisticRegression.fit(train, labels, {
    threads,
    maxMemory,
    onIteration: ({ iteration }) => onProgress?.('logreg', iteration, MAX_ITERATIONS),
  });
  onProgress?.('logreg', MAX_ITERATIONS, MAX_ITERATIONS);
  const { nIter, nfev, converged, loss } = fitted;
  return {
    validation: validation === null ? null : await fitted.predict(validation),
    test: await fitted.predict(test),
    details: { nIter, nfev, converged, loss },
    warnings: converged
      ? []
      : [
          `logreg: L-BFGS did not converge in ${nIter} iterations; the weights it had then are used, as in the reference`,
        ],
  };
};

/** The solver's limit. */
const MAX_ITERATIONS = 100;
