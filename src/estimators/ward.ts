import { UserError } from '../errors.js';
import type { Matrix } from '../numeric/matrix.js';
import { cutTree } from './cut-tree.js';
import type { MergeTree } from './merge-tree.js';
import { mergeTree } from './merge-tree.js';
import { pairwiseDistances } from './pairwise-distances.js';
import { wardChain } from './ward-chain.js';

export interface WardOptions {
  /** Threads of the engine, >= 1. */
  readonly threads: number;
  /** Bytes that the distance matrix may take: 8 for each pair of rows, each pair twice. */
  readonly maxMemory: number;
  readonly onProgress?: (done: number, total: number) => void;
}

export interface WardResult extends MergeTree {
  /** 0 .. nClusters - 1, numbered as scikit-learn 1.5.0 does; shape (rows,) */
  readonly labels: Int32Array;
}

/**
 * Agglomerative clustering with Ward's linkage, as scikit-learn's `AgglomerativeClustering(n_clusters)` with its defaults.
 *
 * Works on float64 distances whatever `x` holds; merges, their order and the numbers of the labels are the reference's,
 * also where distances tie.
 *
 * @param x shape (rows, dims), rows >= 2, finite
 * @param nClusters 1 .. rows
 * @throws UserError when there are fewer than 2 rows, too few for the clusters, or too many for `maxMemory`, or when a value is not finite
 * Source: Ward 1963, doi 10.1080/01621459.1963.10500845; behaviour of scikit-learn 1.5.0 and SciPy 1.13.1.
 */
export async function ward(x: Matrix, nClusters: number, options: WardOptions): Promise<WardResult> {
  checkRows('Ward', x, nClusters);
  checkFinite('Ward', x);
  const distances = await pairwiseDistances(x, options);
  return wardOfDistances(distances, x.rows, nClusters, options.onProgress);
}

/** The same from distances of all pairs, shape (rows, rows), which are used up. */
export function wardOfDistances(
  distances: Float64Array,
  rows: number,
  nClusters: number,
  onProgress?: (done: number, total: number) => void,
): WardResult {
  const tree = mergeTree(wardChain(distances, rows, onProgress));
  return { ...tree, labels: cutTree(tree.children, nClusters) };
}

/** @throws UserError when `nClusters` clusters cannot be made of the rows */
export function checkRows(where: string, { rows }: Matrix, nClusters: number): void {
  if (!Number.isInteger(nClusters) || nClusters < 1) throw new RangeError(`${nClusters} is no number of clusters`);
  const fix = 'use more rows, or fewer clusters';
  if (rows < 2) throw new UserError({ where, what: `${rows} rows, at least 2 are needed`, fix });
  if (nClusters > rows) throw new UserError({ where, what: `${rows} rows cannot make ${nClusters} clusters`, fix });
}

/** @throws UserError when a value is NaN or infinite */
export function checkFinite(where: string, x: Matrix): void {
  const at = x.data.findIndex((value) => !Number.isFinite(value));
  if (at < 0) return;
  const [row, component] = [Math.floor(at / x.dims), at % x.dims];
  throw new UserError({
    where,
    what: `component ${component} of vector ${row} is ${x.data[at]}; vectors must be finite`,
  });
}
