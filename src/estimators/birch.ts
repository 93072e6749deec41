import { UserError } from '../errors.js';
import type { Matrix } from '../numeric/matrix.js';
import { rowOf } from '../numeric/matrix.js';
import { buildCfTree } from './cf-tree.js';
import { nearestRows } from './nearest-rows.js';
import { pairwiseDistances } from './pairwise-distances.js';
import type { Subcluster } from './subcluster.js';
import type { WardOptions } from './ward.js';
import { checkFinite, checkRows, wardOfDistances } from './ward.js';

/** Far above the rounding error of |c|² - 2 c·x in float64, relative to the largest |c|². */
const ROUNDING = 1e-9;

export interface BirchOptions extends WardOptions {
  /** Largest radius of a subcluster; 0.5 unless given. */
  readonly threshold?: number;
  /** Most entries of a node; 50 unless given. */
  readonly branchingFactor?: number;
}

export interface BirchResult {
  /** Clusters of the rows; shape (rows,) */
  readonly labels: Int32Array;
  readonly subclusters: number;
  /** float32; shape (subclusters, dims) */
  readonly subclusterCenters: Float32Array;
  /** Clusters of the subclusters; shape (subclusters,) */
  readonly subclusterLabels: Int32Array;
  /** Said when there are fewer subclusters than clusters: each is then a cluster of its own. */
  readonly warning?: string;
}

/**
 * Birch as scikit-learn 1.5.0's `Birch(n_clusters)` with its defaults.
 *
 * Rows gather in the subclusters of a tree, the centres of the subclusters are clustered by Ward's linkage without
 * weights, and each row takes the cluster of the subcluster whose centre lies nearest at the end.
 *
 * @param x shape (rows, dims), rows >= 1, finite; the order of rows matters
 * @param nClusters >= 1
 * @throws UserError when there are no rows, when a value is not finite, when the only subcluster should make the only cluster (the reference
 *   refuses it too), or when the distances of the subclusters do not fit into `maxMemory`
 * Source: Zhang, Ramakrishnan and Livny 1996, doi 10.1145/235968.233324; behaviour of scikit-learn 1.5.0.
 */
export async function birch(x: Matrix, nClusters: number, options: BirchOptions): Promise<BirchResult> {
  const { threshold = 0.5, branchingFactor = 50, onProgress } = options;
  if (!Number.isInteger(nClusters) || nClusters < 1) throw new RangeError(`${nClusters} is no number of clusters`);
  if (x.rows === 0) throw new UserError({ where: 'Birch', what: 'there are no rows; at least 1 is needed' });
  checkFinite('Birch', x);
  const subclusters = buildCfTree(x, { threshold, branchingFactor }, onProgress);
  const centres = centresOf(subclusters, x.dims);
  const found = { subclusters: centres.rows, subclusterCenters: centres.data };
  if (centres.rows < nClusters) {
    const labels = await nearestRows(x, centres, options.threads);
    const subclusterLabels = Int32Array.from(subclusters, (_, i) => i);
    return { ...found, labels, subclusterLabels, warning: tooFew(centres.rows, nClusters) };
  }
  checkRows('Birch', centres, nClusters);
  const distances = await pairwiseDistances(centres, options);
  const nearest = await nearestSubclusters(x, subclusters, centres, distances, options.threads);
  const subclusterLabels = wardOfDistances(distances, centres.rows, nClusters).labels;
  return { ...found, labels: nearest.map((subcluster) => subclusterLabels[subcluster]), subclusterLabels };
}

/**
 * The number of the subcluster with the nearest centre for every row.
 *
 * A row that is alone in its subcluster is its centre: where no other centre is so near that rounding could matter, there
 * is nothing to look for. On vectors that hardly merge this saves most of a product of all rows with all centres.
 */
async function nearestSubclusters(
  x: Matrix,
  subclusters: readonly Subcluster[],
  centres: Matrix,
  distances: Float64Array,
  threads: number,
): Promise<Int32Array> {
  const nearest = new Int32Array(x.rows).fill(-1);
  const largest = subclusters.reduce((norm, { squaredNorm }) => Math.max(norm, squaredNorm), 0);
  subclusters.forEach(({ row }, i) => {
    if (row === undefined) return;
    const others = distances.subarray(i * centres.rows, (i + 1) * centres.rows);
    if (smallest(others) ** 2 > ROUNDING * largest) nearest[row] = i;
  });
  const open = Array.from(nearest.keys()).filter((row) => nearest[row] < 0);
  const found = await nearestRows(selectRows(x, open), centres, threads);
  open.forEach((row, i) => (nearest[row] = found[i]));
  return nearest;
}

function smallest(values: Float64Array): number {
  let least = Infinity;
  for (let i = 0; i < values.length; i++) if (values[i] < least) least = values[i];
  return least;
}

function selectRows(x: Matrix, rows: readonly number[]): Matrix {
  const data = new Float32Array(rows.length * x.dims);
  rows.forEach((row, i) => data.set(rowOf(x, row), i * x.dims));
  return { data, rows: rows.length, dims: x.dims };
}

function centresOf(subclusters: readonly Subcluster[], dims: number): Matrix {
  const data = new Float32Array(subclusters.length * dims);
  subclusters.forEach(({ centre }, i) => data.set(centre, i * dims));
  return { data, rows: subclusters.length, dims };
}

function tooFew(subclusters: number, nClusters: number): string {
  return `Birch found ${subclusters} subclusters, fewer than the ${nClusters} clusters asked for: each is a cluster of its own`;
}
