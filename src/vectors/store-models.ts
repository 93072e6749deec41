import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, readFile, unlink, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { checkSchema } from '../definitions/schema-check.js';
import { clearTemporaryFiles, isLeft, writeAtomically } from '../write-atomically.js';
import { manifestPath } from './manifest.js';

const SCHEMA = 'jmteb/vector-model/1';
const NAME = 'model.json';
/** A process that uses the lists of a model has a file of this name in the model's folder. */
const MARK = /^in-use-(\d+)-[0-9a-f]{12}$/;

/** Folder of all lists of a model. */
export function modelFolder(cacheDir: string, modelKey: string): string {
  return join(cacheDir, 'vectors', modelKey);
}

/**
 * Says that this process uses the lists of a model, so that nobody prunes them, and whose they are.
 *
 * Nothing is locked by it; what killed processes left of it counts no more and is removed. A store that cannot be written
 * to can be read nevertheless.
 *
 * @returns to be called when they are used no more
 */
export async function useModel(
  cacheDir: string,
  model: { readonly key: string; readonly id: string; readonly dtype: string },
): Promise<() => Promise<void>> {
  const folder = modelFolder(cacheDir, model.key);
  const mark = join(folder, `in-use-${process.pid}-${randomBytes(6).toString('hex')}`);
  try {
    await mkdir(folder, { recursive: true });
    await (await open(mark, 'wx')).close();
    await clearTemporaryFiles(folder);
    for (const left of (await marksIn(folder)).left) await unlink(left).catch(() => undefined);
    if ((await readModelName(folder)) === null) {
      const { id, dtype } = model;
      await writeAtomically(join(folder, NAME), `${JSON.stringify({ schema: SCHEMA, model: id, dtype }, null, 2)}\n`);
    }
  } catch {
    // What the marks are for does not happen where nothing can be written or removed.
  }
  return () => unlink(mark).catch(() => undefined);
}

/** Notes that a list is used: pruning by age goes by it. */
export async function markUsed(listFolder: string): Promise<void> {
  const now = new Date();
  await utimes(manifestPath(listFolder), now, now).catch(() => undefined);
}

/** Whether a process that lives uses the lists of a model. */
export async function isInUse(folder: string): Promise<boolean> {
  return (await marksIn(folder)).valid.length > 0;
}

/** Paths of the marks of processes that live, and of those that were left behind. */
async function marksIn(
  folder: string,
): Promise<{ readonly valid: readonly string[]; readonly left: readonly string[] }> {
  const [valid, left]: [string[], string[]] = [[], []];
  for (const name of await readdir(folder).catch(() => [] as string[])) {
    const pid = MARK.exec(name)?.[1];
    if (pid === undefined) continue;
    const path = join(folder, name);
    ((await isLeft(path, Number(pid))) ? left : valid).push(path);
  }
  return { valid, left };
}

/** The id of the model whose lists a folder holds, or null where it does not say. */
export async function readModelName(folder: string): Promise<string | null> {
  const path = join(folder, NAME);
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'));
    return checkSchema('vector-model', value, path, 'model').length === 0 ? (value as { model: string }).model : null;
  } catch {
    return null;
  }
}
