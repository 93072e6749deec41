import { pairwiseSumFloat32, squaredDistanceFloat32 } from '../numeric/float32-sums.js';
import type { Matrix } from '../numeric/matrix.js';
import type { KMeansEngine } from './k-means-engine.js';
import { squaredDistancesToOwn } from './own-distances.js';
import { relocateEmptyClusters } from './relocate-empty-clusters.js';
import { countByCluster, sumInOrder, sumsByCluster } from './row-sums.js';

const { fround } = Math;

export interface LloydIteration {
  readonly labels: Int32Array;
  /** Rows whose label changed in this iteration. */
  readonly changed: number;
  /** Sum over the centres of the squared distance that each moved; float32. */
  readonly shift: number;
  /** Rows of each cluster. */
  readonly counts: Float32Array;
}

export interface LloydOptions {
  /** Stop when the centres' squared shifts together are at most this. */
  readonly tolerance: number;
  /** >= 1 */
  readonly maxIterations: number;
  /** Squared norm of each row of `x`. */
  readonly norms: Float32Array;
  readonly engine: KMeansEngine;
  readonly onIteration?: (iteration: LloydIteration) => void;
}

export interface LloydResult {
  /** Cluster of each row; shape (rows,) */
  readonly labels: Int32Array;
  readonly centers: Matrix;
  /** Sum of squared distances of the rows of each cluster to its centre; shape (nClusters,) */
  readonly inertias: Float32Array;
  /** The same over all rows. */
  readonly inertia: number;
  readonly iterations: number;
}

/**
 * Lloyd's algorithm: every row to its nearest centre, every centre to the mean of its rows, until no label changes or the
 * centres hardly move; in the latter case the rows are assigned once more, so labels always fit the centres.
 *
 * @param x shape (rows, dims)
 * @param initial centres to start from, shape (nClusters, dims); not changed
 * Source: Lloyd, "Least squares quantization in PCM", IEEE Transactions on Information Theory 28 (1982); stops as in scikit-learn 1.5.0.
 */
export async function lloyd(x: Matrix, initial: Matrix, options: LloydOptions): Promise<LloydResult> {
  const { engine, norms, maxIterations, tolerance, onIteration } = options;
  let centers = initial;
  let labels: Int32Array = new Int32Array(x.rows).fill(-1);
  for (let iterations = 1; ; iterations++) {
    const assignment = await engine.nearestCenters(x, centers);
    const changed = countDifferences(assignment.labels, labels);
    labels = assignment.labels;
    const counts = countByCluster(labels, centers.rows);
    const isSettled = changed === 0;
    // The same rows have the same means; only an empty cluster may still be moved.
    const isDone = isSettled && !counts.includes(0);
    const moved = isDone ? centers : await meansOf(x, centers, labels, counts, engine);
    const shift = squaredShift(centers, moved);
    onIteration?.({ labels, changed, shift, counts });
    if (isSettled || shift <= tolerance || iterations === maxIterations) {
      const last = !isSettled ? await engine.nearestCenters(x, moved) : shift === 0 ? assignment : { labels };
      const squares = squaredDistancesToOwn(x, moved, last, norms);
      const inertias = sumsByCluster(squares, last.labels, moved.rows);
      return { labels: last.labels, centers: moved, inertias, inertia: sumInOrder(squares), iterations };
    }
    centers = moved;
  }
}

/** The means of the clusters; an empty one gets the row farthest from its centre (`counts` follows), or the place of the largest. */
async function meansOf(
  x: Matrix,
  centers: Matrix,
  labels: Int32Array,
  counts: Float32Array,
  engine: KMeansEngine,
): Promise<Matrix> {
  const { rows: nClusters, dims } = centers;
  const nothing = { data: new Float32Array(nClusters * dims), rows: nClusters, dims };
  const moved = await engine.addRows(nothing, x, labels);
  if (counts.includes(0)) relocateEmptyClusters(x, centers, labels, moved.data, counts);
  const largest = counts.indexOf(counts.reduce((most, count) => Math.max(most, count)));
  for (let c = 0; c < nClusters; c++) {
    const [from, to] = [c * dims, (c + 1) * dims];
    const factor = fround(1 / counts[c]);
    if (counts[c] > 0) for (let at = from; at < to; at++) moved.data[at] *= factor;
    // The largest may come later and not be divided yet: its sum is copied, as in the reference.
    else moved.data.copyWithin(from, largest * dims, (largest + 1) * dims);
  }
  return moved;
}

function squaredShift(before: Matrix, after: Matrix): number {
  const { rows, dims } = before;
  const squares = Float32Array.from({ length: rows }, (_, c) => {
    const distance = fround(Math.sqrt(squaredDistanceFloat32(after.data, c * dims, before.data, c * dims, dims)));
    return distance * distance;
  });
  return pairwiseSumFloat32(squares);
}

function countDifferences(a: Int32Array, b: Int32Array): number {
  let count = 0;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) count++;
  return count;
}
