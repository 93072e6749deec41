import { join } from 'node:path';
import { checkSchema } from '../definitions/schema-check.js';
import { throwProblems, type Problem } from '../errors.js';
import { writeAtomically } from '../write-atomically.js';
import { canonicalJson } from './canonical-json.js';
import { readChecked } from './result-file.js';
import type { Summary } from './types.js';

/** `imported.json`: scores that others reported for a model. Numbers only: nothing of them can be tested item by item. */
export interface Imported {
  readonly schema: 'jmteb/imported/1';
  readonly model: string;
  readonly protocol: 'published' | 'jmteb-v2';
  readonly source: { readonly format: 'jmteb-v1' | 'jmteb-v2'; readonly file: string; readonly sha256: string };
  /** Fractions. */
  readonly scores: Summary;
}

/** Name of the file in its folder, which is where a run's `run.json` would stand. */
export const IMPORTED_FILE = 'imported.json';

/**
 * Writes `imported.json`.
 *
 * @returns path of the file
 * @throws UserError with every fault of the scores (nothing is written), MachineError when writing fails
 */
export async function writeImported(folder: string, imported: Imported): Promise<string> {
  const path = join(folder, IMPORTED_FILE);
  throwProblems(checkImported(imported, path));
  await writeAtomically(path, canonicalJson(imported, path));
  return path;
}

/** Reads the `imported.json` of a folder. @throws UserError with every fault of the file, whatever its bytes are */
export function readImported(folder: string): Imported {
  return readChecked(join(folder, IMPORTED_FILE), checkImported) as Imported;
}

export function checkImported(value: unknown, where: string): Problem[] {
  return checkSchema('imported', value, where, 'imported scores');
}
