import type { ResolvedModel } from '../embedding/types.js';
import type { StoredType } from '../vectors/list-spec.js';
import { markUsed } from '../vectors/store-models.js';
import { openStoredList, type StoredList } from '../vectors/store.js';
import type { StoreDtype } from './score-settings.js';
import { nameOf, type UniqueList } from './unique-list.js';

/** Lists from here on are stored in half precision unless said: 7 million vectors of 1,792 components are 50 GB in single. */
const LARGE = 1_000_000;

/** Number type in which the vectors of a list are stored, and scored. */
export function storedTypeOf(list: Pick<UniqueList, 'size'>, storeDtype: StoreDtype | undefined): StoredType {
  if (storeDtype !== undefined) return storeDtype === 'fp16' ? 'float16' : 'float32';
  return list.size >= LARGE ? 'float16' : 'float32';
}

/** What the store has of a list for a model; every shard that is there is verified. The list counts as used now. */
export async function openListOf(
  model: ResolvedModel,
  list: UniqueList,
  cacheDir: string,
  storeDtype: StoreDtype | undefined,
): Promise<StoredList> {
  const type = storedTypeOf(list, storeDtype);
  // Both may be there, each in a folder of its own.
  const listKey = type === 'float16' ? `${list.key}.fp16` : list.key;
  const stored = await openStoredList(cacheDir, {
    modelKey: model.key,
    listKey,
    rows: list.size,
    dims: model.dims,
    type,
  });
  await markUsed(stored.folder);
  return stored;
}

/** What a result says of lists in half precision. */
export function storeWarnings(lists: readonly UniqueList[], storeDtype: StoreDtype | undefined): string[] {
  const halves = lists.filter((list) => storedTypeOf(list, storeDtype) === 'float16');
  return halves.map(
    (list) =>
      `${nameOf(list)}: ${list.size} vectors were stored, and scored, in half precision` +
      (storeDtype === undefined ? `, as are all lists of ${LARGE} or more (not with --store-dtype fp32)` : ''),
  );
}
