import { pairwiseSumFloat32 } from '../numeric/float32-sums.js';
import type { Matrix } from '../numeric/matrix.js';
import { argpartition } from './argpartition.js';

/**
 * Gives every cluster without rows one of the rows that are farthest from their centres, in place.
 *
 * The row leaves the sum and the count of its old cluster. Nothing happens when every row lies on its centre: there are
 * then fewer distinct rows than clusters.
 *
 * @param centers to which the rows were assigned
 * @param labels cluster of each row
 * @param sums sum of the rows of each cluster, shape (nClusters, dims)
 * @param counts rows of each cluster
 */
export function relocateEmptyClusters(
  x: Matrix,
  centers: Matrix,
  labels: Int32Array,
  sums: Float32Array,
  counts: Float32Array,
): void {
  const { data, dims } = x;
  const empty = Array.from(counts.keys()).filter((c) => counts[c] === 0);
  const distances = squaredDistancesToOwn(x, centers, labels);
  if (distances.every((distance) => distance === 0)) return;
  const farthest = farthestRows(distances, empty.length);
  empty.forEach((cluster, i) => {
    const row = farthest[i];
    const old = labels[row];
    for (let j = 0; j < dims; j++) {
      sums[old * dims + j] -= data[row * dims + j];
      sums[cluster * dims + j] = data[row * dims + j];
    }
    counts[cluster] = 1;
    counts[old]--;
  });
}

function squaredDistancesToOwn(x: Matrix, centers: Matrix, labels: Int32Array): Float32Array {
  const { data, rows, dims } = x;
  const squares = new Float32Array(dims);
  return Float32Array.from({ length: rows }, (_, i) => {
    for (let j = 0; j < dims; j++) squares[j] = data[i * dims + j] - centers.data[labels[i] * dims + j];
    for (let j = 0; j < dims; j++) squares[j] *= squares[j];
    return pairwiseSumFloat32(squares);
  });
}

/** The rows with the largest distances, in the order in which NumPy's `argpartition` leaves them, read from the end. */
function farthestRows(distances: Float32Array, count: number): Int32Array {
  const order = new Int32Array(distances.length);
  argpartition(distances, distances.length - count + 1, order);
  return order.slice(-count).reverse();
}
