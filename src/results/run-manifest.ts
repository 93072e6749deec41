import { existsSync } from 'node:fs';
import { readJsonFile } from '../definitions/read-json-file.js';
import { checkSchema } from '../definitions/schema-check.js';
import { throwProblems } from '../errors.js';
import { writeAtomically } from '../write-atomically.js';
import { canonicalJson } from './canonical-json.js';
import { byCodePoint } from './result-order.js';
import { runFiles } from './run-folder.js';

/** A file that a run used. */
export interface UsedFile {
  /** In its repository, in a local mirror, or beside the definition. */
  readonly path: string;
  /** `owner/name` on the Hub; null for a file of this machine. */
  readonly repository: string | null;
  /** Commit. */
  readonly revision: string | null;
  /** Bytes; null where only the checksum is known. */
  readonly size: number | null;
  readonly sha256: string;
  readonly rows?: number;
}

/** `manifest.json` of a run: every file that its results come from. */
export interface RunManifest {
  readonly schema: 'jmteb/manifest/1';
  readonly model: readonly UsedFile[];
  /** By task. */
  readonly tasks: Readonly<Record<string, readonly UsedFile[]>>;
}

/**
 * Writes `manifest.json`. Tasks of earlier runs in the same folder keep their entries.
 *
 * @throws UserError when a file there is broken, MachineError when writing fails
 */
export async function writeManifest(folder: string, manifest: Omit<RunManifest, 'schema'>): Promise<void> {
  const path = runFiles.manifest(folder);
  const earlier = readManifest(folder);
  const tasks = { ...earlier?.tasks, ...manifest.tasks };
  const all: RunManifest = {
    schema: 'jmteb/manifest/1',
    model: manifest.model,
    tasks: Object.fromEntries(Object.entries(tasks).sort(([a], [b]) => byCodePoint(a, b))),
  };
  const text = canonicalJson(all, path);
  throwProblems(checkSchema('manifest', JSON.parse(text), path, 'manifest of a run'));
  await writeAtomically(path, text);
}

/**
 * Reads the `manifest.json` of a run folder; undefined where there is none, as in runs of earlier versions.
 *
 * @throws UserError with every fault of the file
 */
export function readManifest(folder: string): RunManifest | undefined {
  const path = runFiles.manifest(folder);
  if (!existsSync(path)) return undefined;
  const file = readJsonFile(path, path);
  if (!file.ok) throwProblems([file.problem]);
  const { value } = file as { value: unknown };
  throwProblems(checkSchema('manifest', value, path, 'manifest of a run'));
  return value as RunManifest;
}
