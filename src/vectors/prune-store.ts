import { randomBytes } from 'node:crypto';
import { readdir, rename, rm, rmdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { MachineError, messageOf } from '../errors.js';
import { listStore, type StoreEntry } from './list-store.js';
import { clearTemporaryFiles } from '../write-atomically.js';
import { isInUse, modelFolder } from './store-models.js';

/** Which lists go; what is not given excludes none. */
export interface PruneRules {
  /** Only lists that were neither changed nor used since then, milliseconds. */
  readonly unusedSince?: number;
  /** Only lists of these models, by id or by the beginning of the key. */
  readonly models?: readonly string[];
  /** Only as many, the longest unused first, as it takes to bring the whole store to so many bytes. */
  readonly keepBelow?: number;
}

export interface Pruned {
  /** Removed, or what would be. */
  readonly removed: readonly StoreEntry[];
  /** Chosen by the rules, but a process uses lists of the same model. */
  readonly inUse: readonly StoreEntry[];
  /** Bytes of the whole store before and after. */
  readonly bytesBefore: number;
  readonly bytesAfter: number;
}

/**
 * Removes lists of vectors from the store.
 *
 * Lists of a model that a living process uses stay. A list is renamed before it is removed, so nobody finds half of one.
 *
 * @param dryRun tells what would go, and removes nothing
 * @throws MachineError that names a list which cannot be removed
 */
export async function pruneStore(cacheDir: string, rules: PruneRules, dryRun: boolean): Promise<Pruned> {
  const entries = await listStore(cacheDir);
  const bytesBefore = entries.reduce((sum, { bytes }) => sum + bytes, 0);
  const removed: StoreEntry[] = [];
  const inUse: StoreEntry[] = [];
  let bytesAfter = bytesBefore;
  for (const entry of chosen(entries, rules)) {
    if (rules.keepBelow !== undefined && bytesAfter <= rules.keepBelow) break;
    const folder = modelFolder(cacheDir, entry.modelKey);
    if (await isInUse(folder)) {
      inUse.push(entry);
      continue;
    }
    if (!dryRun) await removeList(folder, entry.listKey);
    removed.push(entry);
    bytesAfter -= entry.bytes;
  }
  if (!dryRun) await removeLeftovers(cacheDir);
  return { removed, inUse, bytesBefore, bytesAfter };
}

/** What the rules name, the longest unused first. */
function chosen(entries: readonly StoreEntry[], { unusedSince = Infinity, models }: PruneRules): StoreEntry[] {
  const isOf = ({ model, modelKey }: StoreEntry): boolean =>
    models === undefined || models.some((name) => name === model || (name.length >= 6 && modelKey.startsWith(name)));
  const old = entries.filter((entry) => Date.parse(entry.modified) <= unusedSince && isOf(entry));
  return old.sort((a, b) => Date.parse(a.modified) - Date.parse(b.modified));
}

const REMOVING = /^\.removing-[0-9a-f]{12}$/;

async function removeList(folder: string, listKey: string): Promise<void> {
  const path = join(folder, listKey);
  const aside = join(folder, `.removing-${randomBytes(6).toString('hex')}`);
  try {
    await rename(path, aside);
    await rm(aside, { recursive: true, force: true });
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return;
    const fix = 'give this user the right to remove it';
    throw new MachineError({ where: path, what: `cannot be removed (${messageOf(thrown)})`, fix }, { cause: thrown });
  }
}

/** What a killed pruning left, and folders of models that have no lists any more. */
async function removeLeftovers(cacheDir: string): Promise<void> {
  const root = join(cacheDir, 'vectors');
  for (const modelKey of await readdir(root).catch(() => [] as string[])) {
    const folder = modelFolder(cacheDir, modelKey);
    await clearTemporaryFiles(folder);
    const names = await readdir(folder).catch(() => [] as string[]);
    const gone = names.filter((name) => REMOVING.test(name));
    for (const name of gone) await rm(join(folder, name), { recursive: true, force: true }).catch(() => undefined);
    const rest = names.filter((name) => !REMOVING.test(name));
    if (!rest.every((name) => name === 'model.json' || name.startsWith('in-use-')) || (await isInUse(folder))) continue;
    for (const name of rest) await unlink(join(folder, name)).catch(() => undefined);
    await rmdir(folder).catch(() => undefined);
  }
}
