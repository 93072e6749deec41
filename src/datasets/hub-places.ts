import { join } from 'node:path';
import { UserError } from '../errors.js';
import { checkRepository } from './hub-address.js';
import { repositoryFolder } from './hub-cache.js';
import type { HubRepository } from './hub-types.js';

/** Folders of a repository in the cache, as Python's programs have them. */
export interface RepositoryPlaces {
  readonly folder: string;
  readonly blobs: string;
  readonly snapshots: string;
  readonly refs: string;
  readonly locks: string;
  /** Which blobs were verified; only ours. */
  readonly verified: string;
}

const COMMIT = /^[0-9a-f]{40}$/;

export function placesOf(repository: HubRepository, cache: string): RepositoryPlaces {
  checkRepository(repository);
  const folder = repositoryFolder(repository.kind, repository.id, cache);
  return {
    folder,
    blobs: join(folder, 'blobs'),
    snapshots: join(folder, 'snapshots'),
    refs: join(folder, 'refs'),
    locks: repositoryFolder(repository.kind, repository.id, join(cache, '.locks')),
    verified: join(folder, '.verified'),
  };
}

/** The whole hash of a commit. */
export function isCommit(revision: string): boolean {
  return COMMIT.test(revision);
}

/** A commit is named by its whole hash; other names are resolved first. */
export function checkCommit(commit: string): void {
  if (!isCommit(commit)) throw new TypeError(`no commit: ${JSON.stringify(commit)}`);
}

/** A path whose every step leads further down, on every system. */
export function leadsDown(path: string): boolean {
  // eslint-disable-next-line no-control-regex
  const isPlain = !/[\\\x00-\x1f]|^[A-Za-z]:/.test(path);
  return isPlain && path.split('/').every((step) => step !== '' && step !== '.' && step !== '..');
}

/**
 * Refuses paths that lead out of the folder that they are put into.
 *
 * @throws UserError
 */
export function checkPath({ kind, id }: HubRepository, path: string): void {
  if (leadsDown(path)) return;
  throw new UserError({
    where: `${kind} ${id}`,
    what: `lists the path ${JSON.stringify(path)}, which leads out of the folder of the repository.`,
    fix: 'do not use this repository; tell its owner, or check HF_ENDPOINT.',
  });
}
