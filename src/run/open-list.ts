import type { ResolvedModel } from '../embedding/types.js';
import { openStoredList, type StoredList } from '../vectors/store.js';
import { markUsed } from '../vectors/store-models.js';
import type { UniqueList } from './unique-list.js';

/** What the store has of a list for a model; every shard that is there is verified. The list counts as used now. */
export async function openListOf(model: ResolvedModel, list: UniqueList, cacheDir: string): Promise<StoredList> {
  const { key: modelKey, dims } = model;
  const stored = await openStoredList(cacheDir, {
    modelKey,
    listKey: list.key,
    rows: list.size,
    dims,
    type: 'float32',
  });
  await markUsed(stored.folder);
  return stored;
}
