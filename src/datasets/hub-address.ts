import { UserError } from '../errors.js';
import type { HubRepository } from './hub-types.js';

const ID = /^(?:[A-Za-z0-9_][\w.-]*\/)?[A-Za-z0-9_][\w.-]*$/;

/** Refuses ids that the Hub cannot have, some of which would lead outside the cache. */
export function checkRepository({ kind, id }: HubRepository): void {
  if (ID.test(id) && !/\.\.|--/.test(id)) return;
  const what = 'is no id of a repository.';
  throw new UserError({ where: `${kind} ${JSON.stringify(id)}`, what, fix: 'give it as "owner/name".' });
}

/** Where the programs' interface tells of a repository. */
export function apiAddress(endpoint: string, { kind, id }: HubRepository, ...rest: readonly string[]): string {
  return [`${endpoint}/api/${kind}s/${id}`, ...rest.map(escaped)].join('/');
}

/** Where a file of a commit is had. */
export function fileAddress(endpoint: string, repository: HubRepository, commit: string, path: string): string {
  return `${pageAddress(endpoint, repository)}/resolve/${commit}/${path.split('/').map(escaped).join('/')}`;
}

/** The page of a repository, for people. */
export function pageAddress(endpoint: string, { kind, id }: HubRepository): string {
  return `${endpoint}/${kind === 'dataset' ? 'datasets/' : ''}${id}`;
}

/** An address as it may be shown: without a query, which may be a signature, and without a password. */
export function shownAddress(address: string | URL): string {
  const { origin, pathname } = new URL(address);
  return `${origin}${pathname}`;
}

function escaped(step: string): string {
  return encodeURIComponent(step);
}
