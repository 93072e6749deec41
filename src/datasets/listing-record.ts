import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readJsonFile } from '../definitions/read-json-file.js';
import { checkSchema } from '../definitions/schema-check.js';
import { throwProblems } from '../errors.js';
import { writeAtomically } from '../write-atomically.js';
import { leadsDown } from './hub-places.js';
import { repositoryFolder } from './hub-cache.js';
import type { HubFile, HubRepository } from './hub-types.js';

/** What a commit held when it was first asked for. A commit never changes: later downloads are held to it. */
export interface ListingRecord {
  readonly schema: 'jmteb/listing/1';
  readonly kind: HubRepository['kind'];
  readonly repository: string;
  readonly commit: string;
  readonly files: readonly HubFile[];
  /** Files that came otherwise later and were accepted; rows of theirs count as changed for ever. */
  readonly accepted?: readonly HubFile[];
}

/** Larger listings are not kept: they are asked for each time. */
const MAX_FILES = 8000;

/** @param folder of all records */
export function listingPath(folder: string, { kind, id }: HubRepository, commit: string): string {
  return join(repositoryFolder(kind, id, folder), `${commit}.json`);
}

/** The record of a commit; undefined where there is none that can be used. */
export function readListing(folder: string, repository: HubRepository, commit: string): ListingRecord | undefined {
  const path = listingPath(folder, repository, commit);
  const file = readJsonFile(path, path);
  if (!file.ok || checkSchema('listing', file.value, path, 'listing').length > 0) return undefined;
  const record = file.value as ListingRecord;
  const isItsOwn = record.kind === repository.kind && record.repository === repository.id && record.commit === commit;
  return isItsOwn && [...record.files, ...(record.accepted ?? [])].every(({ path }) => leadsDown(path))
    ? record
    : undefined;
}

/** Keeps a record; where the folder cannot be written to there is none. */
export async function writeListing(folder: string, record: ListingRecord): Promise<void> {
  if (record.files.length > MAX_FILES) return;
  const path = listingPath(folder, { kind: record.kind, id: record.repository }, record.commit);
  throwProblems(checkSchema('listing', record, path, 'listing'));
  try {
    mkdirSync(dirname(path), { recursive: true });
    await writeAtomically(path, `${JSON.stringify(record, null, 1)}\n`);
  } catch {
    // It saves requests and notices changes; the files are verified without it, too.
  }
}

/** How a file differs from what a record says; undefined when it does not. */
export function differenceOf(recorded: HubFile, found: HubFile): string | undefined {
  const [was, is] = [recorded.sha256 ?? recorded.blobId, found.sha256 ?? found.blobId];
  const isSame = recorded.size === found.size && (was === undefined || is === undefined || was === is);
  if (isSame) return undefined;
  return `has ${found.size} bytes, checksum ${is ?? 'unknown'}; the first download of this commit had ${recorded.size} bytes, checksum ${was ?? 'unknown'}`;
}

/**
 * How rows that were read differ from the first download of their commit; undefined when they do not, or when nothing is
 * known of it.
 */
export function changeSince(
  record: ListingRecord | undefined,
  path: string,
  found: { readonly bytes: number; readonly sha256: string },
): string | undefined {
  const recorded = record?.files.find((file) => file.path === path);
  if (recorded === undefined) return undefined;
  const { size, sha256 } = recorded;
  const accepted = record?.accepted?.find((file) => file.path === path);
  if (accepted !== undefined && sha256 === undefined) return differenceOf(recorded, accepted);
  return differenceOf({ path, size, sha256 }, { path, size: found.bytes, sha256: found.sha256 });
}
