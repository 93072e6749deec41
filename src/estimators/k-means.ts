import { pairwiseSumFloat32 } from '../numeric/float32-sums.js';
import type { Matrix } from '../numeric/matrix.js';
import { RandomState } from '../numeric/random-state.js';
import { centred, rowsAt, uncentred } from './centred.js';
import { checkClusterCount, checkNorms } from './check-cluster-count.js';
import { withKMeansEngine } from './k-means-engine.js';
import type { EngineOptions } from './k-means-engine.js';
import { kMeansPlusPlus } from './k-means-plus-plus.js';
import { lloyd } from './lloyd.js';
import type { LloydIteration } from './lloyd.js';

export interface KMeansOptions extends EngineOptions {
  /** A generator, which moves on, or a seed, 0 to 2^32 - 1. */
  readonly random: RandomState | number;
  readonly onIteration?: (iteration: LloydIteration) => void;
}

export interface KMeansResult {
  /** Cluster of each row; shape (rows,) */
  readonly labels: Int32Array;
  /** Shape (nClusters, dims) */
  readonly centers: Matrix;
  /** Sum of squared distances of the rows to their centres. */
  readonly inertia: number;
  readonly iterations: number;
}

const { fround } = Math;
const MAX_ITERATIONS = 300;
const RELATIVE_TOLERANCE = 1e-4;

/**
 * k-means: one start by k-means++, then Lloyd's algorithm on the rows less their mean.
 *
 * It stops when no label changes, when the summed squared shift of the centres is at most 1e-4 of the mean variance of the
 * columns, or after 300 iterations.
 *
 * @param x shape (rows, dims)
 * @param nClusters 1 <= nClusters <= rows
 * @returns clusters numbered as their first centres were chosen; fewer than asked for only when fewer rows are distinct
 * @throws UserError when there are fewer rows than clusters, or a vector is not finite
 * Source: scikit-learn 1.5.0, https://scikit-learn.org/1.5/modules/clustering.html#k-means (n_init 1).
 */
export async function kMeans(x: Matrix, nClusters: number, options: KMeansOptions): Promise<KMeansResult> {
  checkClusterCount('KMeans', x, nClusters);
  const random = typeof options.random === 'number' ? new RandomState(options.random) : options.random;
  return withKMeansEngine(options, async (engine) => {
    const { matrix, means } = await centred(x, engine);
    const norms = await engine.squaredNorms(matrix);
    checkNorms('KMeans', norms, x);
    const tolerance = meanVariance(matrix) * RELATIVE_TOLERANCE;
    const initial = rowsAt(matrix, await kMeansPlusPlus(matrix, nClusters, { random, engine }));
    const { labels, centers, inertia, iterations } = await lloyd(matrix, initial, {
      tolerance,
      maxIterations: MAX_ITERATIONS,
      engine,
      norms,
      onIteration: options.onIteration,
    });
    return { labels, centers: uncentred(centers, means), inertia, iterations };
  });
}

/** Mean over the columns of their variance, summed in float32, row after row. */
function meanVariance({ data, rows, dims }: Matrix): number {
  const squares = new Float32Array(dims);
  for (let i = 0, at = 0; i < rows; i++) for (let j = 0; j < dims; j++, at++) squares[j] += fround(data[at] * data[at]);
  return fround(pairwiseSumFloat32(squares.map((sum) => sum / rows)) / dims);
}
