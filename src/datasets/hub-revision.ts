import { mkdir, readFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { UserError } from '../errors.js';
import { writeAtomically } from '../write-atomically.js';
import { apiAddress } from './hub-address.js';
import { cachedRepository } from './hub-cache.js';
import { askJson } from './hub-json.js';
import { isCommit, leadsDown, type RepositoryPlaces } from './hub-places.js';
import type { HubLine } from './hub-request.js';
import type { HubCallOptions, HubRepository, HubRevision } from './hub-types.js';

/** Asks the Hub what a branch, a tag or the beginning of a hash stands for. */
export async function askRevision(
  line: HubLine,
  repository: HubRepository,
  revision: string,
  options: HubCallOptions,
): Promise<HubRevision> {
  const url = apiAddress(line.settings.endpoint, repository, 'revision', revision);
  return (await askJson(line, url, { repository, revision }, options, readRevision)).value;
}

function readRevision(json: unknown): HubRevision | undefined {
  const { sha, gated } = (json ?? {}) as { sha?: unknown; gated?: unknown };
  if (typeof sha !== 'string' || !isCommit(sha)) return undefined;
  return { commit: sha, ...(gated === undefined ? {} : { gated: gated !== false }) };
}

/** What a name stands for as far as the cache knows. */
export function cachedRevision({ kind, id }: HubRepository, revision: string, cache: string): HubRevision {
  const { snapshot, commits } = cachedRepository(kind, id, revision, cache);
  if (snapshot !== undefined) return { commit: snapshot.revision };
  const what = commits.length === 0 ? 'is not in the cache' : `is in the cache, but not its revision "${revision}"`;
  const others = commits.length === 0 ? '' : `, or name one that is there: ${commits.join(', ')}`;
  throw new UserError({
    where: `${kind} ${id}`,
    what: `${what} (${cache}), and nothing is asked over the network.`,
    fix: `bring it there with jmteb fetch while there is a network, without --offline and HF_HUB_OFFLINE${others}.`,
  });
}

/**
 * Names of commits, written into the cache for programs that ask by name. Written when the commit has files there: a name
 * without them is taken for damage.
 */
export class RevisionNames {
  private readonly waiting = new Map<string, Set<string>>();

  async add(places: RepositoryPlaces, revision: string, commit: string): Promise<void> {
    if (revision === commit || !leadsDown(revision)) return;
    const snapshot = join(places.snapshots, commit);
    this.waiting.set(snapshot, (this.waiting.get(snapshot) ?? new Set()).add(revision));
    if (existsSync(snapshot)) await this.write(places, commit);
  }

  async write({ snapshots, refs }: RepositoryPlaces, commit: string): Promise<void> {
    const snapshot = join(snapshots, commit);
    const names = this.waiting.get(snapshot) ?? [];
    this.waiting.delete(snapshot);
    for (const name of names) await writeName(join(refs, name), commit);
  }
}

async function writeName(path: string, commit: string): Promise<void> {
  if ((await readFile(path, 'utf8').catch(() => '')) === commit) return;
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeAtomically(path, commit);
  } catch {
    // A cache that cannot be written to is still read; the commit is known without the name.
  }
}
