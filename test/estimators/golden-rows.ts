import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { vectorsInMemory } from '../../src/vectors/in-memory.js';
import type { RowVectors } from '../../src/vectors/types.js';
import { readFloat32, readNpy } from '../npy.js';
import { goldenPath, sharedPath } from '../shared.js';

/** Rows and their labels. */
export interface LabelledRows {
  readonly rows: Float32Array;
  readonly dims: number;
  readonly labels: number[];
}

/** A file of the estimators' goldens: the vendored copy where there is one, else the one in `shared`. */
export function estimatorGolden(...parts: string[]): string {
  const vendored = goldenPath('estimators', ...parts);
  return existsSync(vendored) ? vendored : sharedPath('goldens', 'estimators', ...parts);
}

export function goldenJson(...parts: string[]): unknown {
  return JSON.parse(readFileSync(estimatorGolden(...parts), 'utf8'));
}

/** Numbers of a golden array, whatever its type. */
export function goldenNumbers(...parts: string[]): number[] {
  return Array.from(readNpy(estimatorGolden(...parts)).data, Number);
}

/** `syn_<name>` with `syn_<name>_y`, or `emb_<name>` with `label_<name>`. */
export function goldenInput(kind: 'syn' | 'emb', name: string): LabelledRows {
  const { data, dims } = readFloat32(estimatorGolden('inputs', `${kind}_${name}.npy`));
  const labelFile = join('inputs', kind === 'syn' ? `syn_${name}_y.npy` : `label_${name}.npy`);
  const labels = existsSync(estimatorGolden(labelFile)) ? goldenNumbers(labelFile) : [];
  return { rows: data, dims, labels };
}

/** Rows `from` .. `to - 1`. */
export function slice({ rows, dims, labels }: LabelledRows, from: number, to?: number): LabelledRows {
  const end = to ?? rows.length / dims;
  return { rows: rows.slice(from * dims, end * dims), dims, labels: labels.slice(from, end) };
}

/** As an estimator reads them. */
export function asVectors({ rows, dims }: Pick<LabelledRows, 'rows' | 'dims'>): RowVectors {
  const count = rows.length / dims;
  return {
    source: vectorsInMemory({ data: rows, rows: count, dims }),
    index: Int32Array.from({ length: count }, (_, i) => i),
  };
}
