import { existsSync, readFileSync } from 'node:fs';
import type { Matrix } from '../../src/numeric/matrix.js';
import { readFloat32, readNpy } from '../npy.js';
import { goldenPath, sharedPath } from '../shared.js';

/** What scikit-learn 1.5.0 said of Ward on one input. */
export interface WardCase {
  readonly n: number;
  readonly sizes_by_k: Readonly<Record<string, readonly number[]>>;
}

/** What scikit-learn 1.5.0 said of Birch on one input. */
export interface BirchCase {
  readonly k: number;
  readonly subclusters: number;
  readonly warnings: readonly unknown[];
  readonly subcluster_n_samples: readonly number[];
  readonly squared_radius_first50: readonly number[];
  /** One digit a row after the first: 1 merged, 0 not. */
  readonly merged_sequence: string;
}

/** Cases whose inputs and values are kept in the repository; the others need `shared`. */
const VENDORED = ['grid', 'five', 'five_over', 'small', 'small_under', 'wide', 'two', 'sib200_validation'];

/** Inputs that are the first rows of a file, or a file scaled in float32. */
const DERIVED: Readonly<Record<string, { file: string; rows?: number; scale?: number }>> = {
  two: { file: 'syn_small', rows: 2 },
  five_over: { file: 'syn_five' },
  small_under: { file: 'syn_small', rows: 200, scale: Math.fround(0.2) },
  blobs1000: { file: 'syn_blobs', rows: 1000 },
};

/** Names of the cases, by whether they are kept in the repository. */
export function caseNames(cases: Readonly<Record<string, unknown>>, isVendored: boolean): string[] {
  return Object.keys(cases).filter((name) => VENDORED.includes(name) === isVendored);
}

/** The cases of one algorithm. */
export function clusterCases<T>(file: string): Readonly<Record<string, T>> {
  const json = JSON.parse(readFileSync(goldenPath('estimators', 'cluster', file), 'utf8')) as Record<string, unknown>;
  return (json.cases ?? json) as Record<string, T>;
}

/** The rows of a case; `scale` multiplies them. */
export function caseInput(name: string, scale = 1): Matrix {
  const derived = DERIVED[name] ?? { file: /^(mewsc|sib)/.test(name) ? `emb_${name}` : `syn_${name}` };
  const whole = readFloat32(pathOf('inputs', `${derived.file}.npy`));
  const rows = derived.rows ?? whole.rows;
  const factor = scale * (derived.scale ?? 1);
  return { data: whole.data.subarray(0, rows * whole.dims).map((v) => v * factor), rows, dims: whole.dims };
}

/** The numbers of a golden array. */
export function clusterArray(name: string): number[] {
  return Array.from(readNpy(pathOf('cluster', `${name}.npy`)).data, Number);
}

/** Whether there is such an array. */
export function hasClusterArray(name: string): boolean {
  return existsSync(pathOf('cluster', `${name}.npy`));
}

function pathOf(folder: string, file: string): string {
  const vendored = goldenPath('estimators', folder, file);
  return existsSync(vendored) ? vendored : sharedPath('goldens', 'estimators', folder, file);
}
