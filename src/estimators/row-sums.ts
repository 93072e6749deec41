import type { Matrix } from '../numeric/matrix.js';

const { fround } = Math;

/**
 * Adds every row to the sum of its cluster, in float32, row after row.
 *
 * @param sums what is there already, shape (nClusters, dims); not changed
 * @param labels cluster of each row of `x`
 */
export function addRows(sums: Matrix, { data, rows, dims }: Matrix, labels: Int32Array): Matrix {
  const total = sums.data.slice();
  for (let i = 0, at = 0; i < rows; i++) {
    const from = labels[i] * dims;
    for (let to = from; to < from + dims; to++, at++) total[to] += data[at];
  }
  return { ...sums, data: total };
}

/** Sum in float32, one value after the other. */
export function sumInOrder(values: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum = fround(sum + values[i]);
  return sum;
}

/**
 * Sum of the values of each cluster in float32, one after the other.
 *
 * @param values shape (rows,)
 * @param labels shape (rows,)
 * @returns shape (nClusters,)
 */
export function sumsByCluster(values: Float32Array, labels: Int32Array, nClusters: number): Float32Array {
  const sums = new Float32Array(nClusters);
  for (let i = 0; i < values.length; i++) sums[labels[i]] += values[i];
  return sums;
}

/** Rows of each cluster; shape (nClusters,). Float32, as scikit-learn's weights are. */
export function countByCluster(labels: Int32Array, nClusters: number): Float32Array {
  const counts = new Float32Array(nClusters);
  for (let i = 0; i < labels.length; i++) counts[labels[i]]++;
  return counts;
}
