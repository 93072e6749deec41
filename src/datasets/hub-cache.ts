import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/** Files of one commit of a repository, as the Hub's cache keeps them. */
export interface Snapshot {
  readonly folder: string;
  readonly id: string;
  /** Commit, 40 hexadecimal digits. */
  readonly revision: string;
}

export type Environment = Readonly<Record<string, string | undefined>>;

export type RepositoryKind = 'model' | 'dataset';

/** What the cache has of a repository. */
export interface CachedRepository {
  /** The revision that is wanted; undefined where it is not there. */
  readonly snapshot?: Snapshot;
  /** All commits that are there, sorted. */
  readonly commits: readonly string[];
}

const COMMIT = /^[0-9a-f]{40}$/;
const SNAPSHOT_FOLDER = /(?:^|[/\\])models--([^/\\]+?)--([^/\\]+)[/\\]snapshots[/\\]([0-9a-f]{40})$/;

/** The model and commit that a folder of the Hub's cache stands for; undefined for any other folder. */
export function snapshotOf(folder: string): Snapshot | undefined {
  const match = SNAPSHOT_FOLDER.exec(resolve(folder));
  return match === null ? undefined : { folder, id: `${match[1]}/${match[2]}`, revision: match[3] };
}

/** Folder of the Hub's cache, where Python's programs have it, too. */
export function hubCache(environment: Environment = process.env): string {
  const { HF_HUB_CACHE, HUGGINGFACE_HUB_CACHE } = environment;
  const given = HF_HUB_CACHE || HUGGINGFACE_HUB_CACHE;
  return given ? placeOf(given, environment) : join(hubHome(environment), 'hub');
}

/** Folder of everything that the Hub's programs keep: cache, token. */
export function hubHome(environment: Environment): string {
  const { HF_HOME, XDG_CACHE_HOME } = environment;
  return placeOf(HF_HOME || join(XDG_CACHE_HOME || join('~', '.cache'), 'huggingface'), environment);
}

/** A path from the environment: `~` at its beginning is the home folder, `$NAME` and `${NAME}` are variables that are set. */
export function placeOf(path: string, environment: Environment): string {
  const home = /^~(?=$|[/\\])/;
  return path
    .replace(home, () => environment.HOME || homedir())
    .replaceAll(/\$(?:(\w+)|\{([^{}]+)\})/g, (as: string, plain?: string, braced?: string) => {
      return environment[(plain ?? braced) as string] ?? as;
    });
}

/** Folder of a repository in the cache. */
export function repositoryFolder(kind: RepositoryKind, id: string, cache: string): string {
  return join(cache, `${kind}s--${id.replaceAll('/', '--')}`);
}

/**
 * The files of a repository that the Hub's cache has already. A snapshot may lack files that nobody asked for so far.
 *
 * @param id `owner/name`
 * @param revision commit, the beginning of one (7 digits or more), branch or tag
 */
export function cachedRepository(
  kind: RepositoryKind,
  id: string,
  revision: string,
  cache = hubCache(),
): CachedRepository {
  const place = repositoryFolder(kind, id, cache);
  const snapshots = join(place, 'snapshots');
  const commits = existsSync(snapshots)
    ? readdirSync(snapshots)
        .filter((name) => COMMIT.test(name))
        .sort()
    : [];
  const wanted = commitOf(place, revision, commits);
  if (wanted === undefined || !commits.includes(wanted)) return { commits };
  return { commits, snapshot: { folder: join(snapshots, wanted), id, revision: wanted } };
}

function commitOf(place: string, revision: string, commits: readonly string[]): string | undefined {
  if (COMMIT.test(revision)) return revision;
  const ref = join(
    place,
    'refs',
    ...revision.split('/').filter((part) => part !== '' && part !== '..' && part !== '.'),
  );
  if (existsSync(ref) && statSync(ref).isFile()) return readFileSync(ref, 'utf8').trim();
  const begun = /^[0-9a-f]{7,39}$/.test(revision) ? commits.filter((commit) => commit.startsWith(revision)) : [];
  return begun.length === 1 ? begun[0] : undefined;
}
