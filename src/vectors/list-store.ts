import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { shardOf, type StoredType } from './list-spec.js';
import { readManifest } from './manifest.js';
import { readModelName } from './store-models.js';

/** A list of vectors in the store; sizes are null where its manifest cannot be read. */
export interface StoreEntry {
  /** Id of the model; null where its folder does not say. */
  readonly model: string | null;
  readonly modelKey: string;
  readonly listKey: string;
  readonly rows: number | null;
  readonly dims: number | null;
  readonly type: StoredType | null;
  /** Of all files in the folder. */
  readonly bytes: number;
  /** Whether every shard is there; not verified. */
  readonly complete: boolean;
  /** Last change or use, ISO 8601. */
  readonly modified: string;
}

/** All lists of vectors in the store, by model key and list key; values are not read. */
export async function listStore(cacheDir: string): Promise<StoreEntry[]> {
  const entries: StoreEntry[] = [];
  const root = join(cacheDir, 'vectors');
  for (const modelKey of await foldersIn(root)) {
    const model = await readModelName(join(root, modelKey));
    for (const listKey of await foldersIn(join(root, modelKey)))
      entries.push({ model, ...(await entryOf(join(root, modelKey, listKey), modelKey, listKey)) });
  }
  return entries;
}

async function entryOf(folder: string, modelKey: string, listKey: string): Promise<Omit<StoreEntry, 'model'>> {
  let bytes = 0;
  let modified = 0;
  let shards = 0;
  for (const name of await readdir(folder).catch(() => [])) {
    const found = await stat(join(folder, name)).catch(() => undefined);
    bytes += found?.size ?? 0;
    modified = Math.max(modified, found?.mtimeMs ?? 0);
    if (shardOf(name) !== undefined) shards++;
  }
  const manifest = await readManifest(folder);
  const { rows = null, dims = null, type = null } = manifest ?? {};
  const complete = manifest?.complete === true && shards === manifest.shards.length;
  return { modelKey, listKey, rows, dims, type, bytes, complete, modified: new Date(modified).toISOString() };
}

async function foldersIn(folder: string): Promise<string[]> {
  const found = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return found
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map((entry) => entry.name)
    .sort();
}
