import { statSync } from 'node:fs';
import { join } from 'node:path';
import { tellingOf } from './fetch-telling.js';
import type { FetchContext } from './fetch-types.js';
import { placesOf } from './hub-places.js';
import type { HubFile, HubRepository } from './hub-types.js';
import { readListing, writeListing, type ListingRecord } from './listing-record.js';

/**
 * The commit of a revision.
 *
 * @throws UserError when there is none, MachineError when the Hub cannot be reached
 */
export async function commitOf(
  repository: HubRepository,
  revision: string,
  { hub, signal, onEvent }: FetchContext,
): Promise<string> {
  return (await hub.resolveRevision(repository, revision, { signal, ...tellingOf(onEvent) })).commit;
}

/** The files of a commit, as they were recorded, or, fresh, as the Hub says now. */
export async function filesOf(
  repository: HubRepository,
  commit: string,
  { hub, listings, acceptDataChanges, isOffline, signal, onEvent }: FetchContext,
): Promise<{ readonly files: readonly HubFile[]; readonly isFresh: boolean }> {
  const record = readListing(listings, repository, commit);
  if (record !== undefined) {
    return { files: acceptDataChanges === true ? withAccepted(record) : record.files, isFresh: false };
  }
  const files = await hub.listFiles(repository, commit, { signal, ...tellingOf(onEvent) });
  const { kind, id } = repository;
  if (!isOffline) await writeListing(listings, { schema: 'jmteb/listing/1', kind, repository: id, commit, files });
  return { files, isFresh: true };
}

function withAccepted({ files, accepted = [] }: ListingRecord): readonly HubFile[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  for (const file of accepted) byPath.set(file.path, file);
  return [...byPath.values()];
}

/** Whether the cache has a file of this path and size; whether it is right is found out when it is fetched. */
export function isCached(cache: string, repository: HubRepository, commit: string, { path, size }: HubFile): boolean {
  const place = join(placesOf(repository, cache).snapshots, commit, path);
  try {
    const stats = statSync(place, { throwIfNoEntry: false });
    return stats?.isFile() === true && stats.size === size;
  } catch {
    // A cache that cannot be read has nothing; why is told when the file is to be put there.
    return false;
  }
}
