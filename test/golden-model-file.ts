import { readFileSync } from 'node:fs';
import { sharedPath } from './shared.js';

/** One way of calling `encode`, as shared/models/README.md describes it. */
export interface GoldenSet {
  readonly encode: { readonly name?: string; readonly prompt?: string | null };
  readonly prompt: string;
  readonly promptLength?: number | null;
  /** Places in `texts` of the file. */
  readonly texts: readonly number[];
  /** Rows of golden.npy, the end excluded. */
  readonly rows: readonly [number, number];
  readonly ids: readonly number[][];
  readonly tokens?: readonly string[][];
  readonly words?: readonly string[][];
}

interface TracedState {
  readonly first: readonly number[];
  readonly last: readonly number[];
}

/** `golden.json` of a shared model. */
export interface GoldenModel {
  readonly texts: readonly string[];
  readonly maxSeqLength: number;
  readonly padId: number;
  readonly sets: readonly GoldenSet[];
  readonly trace: { readonly lastHiddenState: TracedState };
  readonly sensitivity?: Readonly<Record<string, number>>;
}

/** Reads `golden.json` of a shared model. */
export function readGoldenModel(folder: string): GoldenModel {
  return JSON.parse(readFileSync(sharedPath('models', folder, 'golden.json'), 'utf8')) as GoldenModel;
}
