import type { Matrix } from '../numeric/matrix.js';
import { rowOf } from '../numeric/matrix.js';
import { checkClusterCount } from './check-cluster-count.js';

/**
 * k-means as the package ml-kmeans does it, in float64: k-means++ of its own, at most 100 iterations, tolerance 1e-6.
 *
 * Another implementation, to see beside the others; `kMeans` is scikit-learn's. The package is loaded on first use.
 *
 * @param x shape (rows, dims), finite
 * @param nClusters 1 <= nClusters <= rows
 * @param seed 0 to 2^32 - 1
 * @returns cluster of each row; shape (rows,)
 * @throws UserError when there are fewer rows than clusters
 * @throws Error of the package: it cannot start when fewer rows are distinct than there are clusters
 * Source: https://github.com/mljs/kmeans, version 7
 */
export async function mlKMeans(x: Matrix, nClusters: number, seed: number): Promise<Int32Array> {
  checkClusterCount('k-means', x, nClusters);
  const { kmeans } = await import('ml-kmeans');
  const rows = Array.from({ length: x.rows }, (_, i) => Array.from(rowOf(x, i)));
  return Int32Array.from(kmeans(rows, nClusters, { seed }).clusters);
}
