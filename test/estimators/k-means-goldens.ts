import { existsSync, readFileSync } from 'node:fs';
import { expect } from 'vitest';
import type { Matrix } from '../../src/numeric/matrix.js';
import { readFloat32, readNpy } from '../npy.js';
import { goldenPath, sharedPath } from '../shared.js';

/** One estimator on one input, seed by seed. */
export interface Fits {
  readonly seeds: readonly number[];
  readonly inertia: readonly number[];
  readonly n_iter: readonly number[];
  readonly n_steps: readonly number[];
  readonly counts: readonly (readonly number[])[];
}
export interface KMeansCase {
  readonly k: number;
  readonly kmeans_plusplus_float32: readonly (readonly number[])[];
  readonly kmeans: Fits;
  readonly minibatch: Fits;
  readonly bisecting: Fits;
}

/** Inputs whose rows are no texts: they are vendored. */
export const SYNTHETIC = ['blobs', 'outliers', 'grid', 'five', 'five_over'] as const;
/** Embeddings of real texts: only in `shared`. */
export const REAL = ['mewsc_validation', 'mewsc_test', 'sib200_validation', 'sib200_test'] as const;

/** Float32 sums of squares differ by their order. */
export const INERTIA = 1e-5;
/** Float32 sums of other orders differ by less than this. */
const CENTERS = 5e-5;
/** Of an inertia that is rounding and nothing else: all rows lie on their centres. */
export const NO_INERTIA = 1e-11;

/** A golden of the estimators: the vendored copy, or the one in `shared`. */
export function estimatorGolden(...parts: string[]): string {
  const vendored = goldenPath('estimators', ...parts);
  return existsSync(vendored) ? vendored : sharedPath('goldens', 'estimators', ...parts);
}

export function goldenJson<T>(file: string): T {
  return JSON.parse(readFileSync(estimatorGolden('cluster', file), 'utf8')) as T;
}

export function kMeansCase(name: string): KMeansCase {
  return goldenJson<{ cases: Record<string, KMeansCase> }>('kmeans_cases.json').cases[name];
}

export function inputOf(name: string): Matrix {
  const synthetic = name === 'five_over' ? 'five' : name;
  const file = (REAL as readonly string[]).includes(name) ? `emb_${name}.npy` : `syn_${synthetic}.npy`;
  return readFloat32(estimatorGolden('inputs', file));
}

/** Labels of every seed. */
export function goldenLabels(name: string, estimator: string): number[][] {
  const { shape, data } = readNpy(estimatorGolden('cluster', `${name}_${estimator}_labels.npy`));
  const [seeds, rows] = shape;
  return Array.from({ length: seeds }, (_, s) => Array.from(data.subarray(s * rows, (s + 1) * rows), Number));
}

/** Centres of the first seeds. */
export function goldenCenters(name: string, estimator: string): Float32Array[] {
  const { shape, data } = readNpy(estimatorGolden('cluster', `${name}_${estimator}_centers.npy`));
  const [seeds, clusters, dims] = shape;
  const size = clusters * dims;
  return Array.from({ length: seeds }, (_, s) => data.subarray(s * size, (s + 1) * size) as Float32Array);
}

export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Array.from(a).reduce((largest, value, i) => Math.max(largest, Math.abs(value - b[i])), 0);
}

interface Clustering {
  readonly labels: Int32Array;
  readonly inertia: number;
  readonly centers: Matrix;
}

/**
 * Holds the clusters of an estimator on an input to scikit-learn's for every golden seed: labels, inertia, centres.
 *
 * @param more compares what only this estimator has with the golden of a seed
 */
export async function expectFits<Result extends Clustering>(
  name: string,
  estimator: 'kmeans' | 'minibatch' | 'bisecting',
  fit: (x: Matrix, nClusters: number, seed: number) => Promise<Result>,
  more: (result: Result, golden: Fits, i: number) => void = () => undefined,
): Promise<void> {
  const x = inputOf(name);
  const { k, [estimator]: golden } = kMeansCase(name);
  const labels = goldenLabels(name, estimator);
  const centers = goldenCenters(name, estimator);
  for (const [i, seed] of golden.seeds.entries()) {
    const result = await fit(x, k, seed);
    expect(Array.from(result.labels), `${name}, seed ${seed}`).toEqual(labels[i]);
    more(result, golden, i);
    const expected = golden.inertia[i];
    expect(Math.abs(result.inertia - expected)).toBeLessThanOrEqual(INERTIA * expected + NO_INERTIA);
    if (i < centers.length) expect(largestDifference(result.centers.data, centers[i])).toBeLessThan(CENTERS);
  }
}
