import { statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { nearestName } from '../definitions/nearest-name.js';
import { globExpression, isGlob } from '../definitions/safe-path.js';
import { MachineError, UserError, type Problem } from '../errors.js';
import type { FetchContext, PlannedFile, WantedFiles } from './fetch-types.js';
import { placesOf } from './hub-places.js';
import type { HubFile, HubRepository } from './hub-types.js';
import { differenceOf, readListing, writeListing, type ListingRecord } from './listing-record.js';

export interface FetchPlan {
  readonly files: readonly PlannedFile[];
  readonly problems: readonly Problem[];
  /** Whose files are missing, or wrong, or unknown: `wantedBy` of those. */
  readonly lacking: readonly string[];
  /** Offline: what is not in the cache, and whose it is. */
  readonly missing: readonly { readonly path: string; readonly repository: HubRepository; readonly wantedBy: string }[];
}

/**
 * Which files have to be there, and which of them are.
 *
 * The files of a commit are asked for once, and remembered. What is in the cache already needs no network; before anything
 * is downloaded, the Hub is asked whether its files are still those that were remembered.
 *
 * @throws MachineError when the Hub cannot be reached
 */
export async function planFiles(wanted: readonly WantedFiles[], context: FetchContext): Promise<FetchPlan> {
  const plans: FetchPlan[] = [];
  for (const group of groupsOf(wanted)) {
    const plan = (within: FetchContext): Promise<FetchPlan> => planRepository(group, within);
    plans.push(await orFromCache(plan, ({ missing }) => missing.length === 0, context));
  }
  const files = new Map<string, PlannedFile>();
  for (const planned of plans.flatMap((plan) => plan.files))
    files.set(
      JSON.stringify([planned.repository.kind, planned.repository.id, planned.commit, planned.file.path]),
      planned,
    );
  return {
    files: [...files.values()],
    problems: plans.flatMap(({ problems }) => problems),
    lacking: plans.flatMap(({ lacking }) => lacking),
    missing: plans.flatMap(({ missing }) => missing),
  };
}

/**
 * Makes a plan; when the Hub cannot be reached and the cache has everything, by the cache alone.
 *
 * @param isWhole whether the cache has everything that a plan asks for
 */
export async function orFromCache<Plan>(
  plan: (context: FetchContext) => Promise<Plan>,
  isWhole: (made: Plan) => boolean,
  context: FetchContext,
): Promise<Plan> {
  try {
    return await plan(context);
  } catch (thrown) {
    if (!(thrown instanceof MachineError) || context.isOffline) throw thrown;
    const made = await plan({ ...context, hub: context.cachedHub, isOffline: true }).catch(() => undefined);
    if (made === undefined || !isWhole(made)) throw thrown;
    const message = `the Hub cannot be reached; everything that is needed is in the cache (${thrown.problem.what})`;
    context.onEvent?.({ event: 'warning', message });
    return made;
  }
}

function groupsOf(wanted: readonly WantedFiles[]): WantedFiles[][] {
  const groups = new Map<string, WantedFiles[]>();
  for (const one of wanted) {
    const key = JSON.stringify([one.repository.kind, one.repository.id, one.revision]);
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  return [...groups.values()];
}

async function planRepository(group: readonly WantedFiles[], context: FetchContext): Promise<FetchPlan> {
  const [{ repository, revision }] = group;
  try {
    const commit = await commitOf(repository, revision, context);
    const { files: listed, isFresh } = await filesOf(repository, commit, context);
    const files = matching(group, listed);
    const planned = files.map((file) => ({
      repository,
      commit,
      file,
      isCached: isCached(context.cache, repository, commit, file),
    }));
    if (context.isOffline) return offlinePlan(group, planned);
    const unmatched = group.flatMap((one) => unmatchedOf(one, commit, listed));
    const plan = { files: planned, problems: unmatched, lacking: unmatched.map(({ where }) => where), missing: [] };
    if (isFresh || planned.every((file) => file.isCached)) return plan;
    const changes = await changesOf(repository, commit, files, context);
    return {
      ...plan,
      files: planned.map((one) => ({ ...one, file: changes.files.get(one.file.path) ?? one.file })),
      problems: [...unmatched, ...changes.problems],
      lacking: changes.problems.length > 0 ? ownersOf(group) : plan.lacking,
    };
  } catch (thrown) {
    if (!(thrown instanceof UserError)) throw thrown;
    if (context.isOffline) return offlinePlan(group, []);
    return { files: [], problems: thrown.problems, lacking: ownersOf(group), missing: [] };
  }
}

function ownersOf(group: readonly WantedFiles[]): string[] {
  return group.map(({ wantedBy }) => wantedBy);
}

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

/** Ways of a Hub's call to tell why it waits, and what it found. */
export function tellingOf(onEvent: FetchContext['onEvent']) {
  return {
    onWait: ({
      reason,
      waitMs,
      attempt,
      attempts,
    }: {
      reason: string;
      waitMs: number;
      attempt: number;
      attempts: number;
    }) =>
      onEvent?.({
        event: 'warning',
        message: `${reason}; attempt ${attempt + 1} of ${attempts} in ${(waitMs / 1000).toFixed(1)} s`,
      }),
    onNotice: (message: string) => onEvent?.({ event: 'warning', message }),
  };
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

/** Wanted files that the Hub has otherwise now: problems, or, where they are accepted, the files to take in their place. */
async function changesOf(
  repository: HubRepository,
  commit: string,
  wanted: readonly HubFile[],
  context: FetchContext,
): Promise<{ files: ReadonlyMap<string, HubFile>; problems: readonly Problem[] }> {
  const { hub, listings, acceptDataChanges, signal, onEvent } = context;
  const record = readListing(listings, repository, commit);
  if (record === undefined) return { files: new Map(), problems: [] };
  const now = new Map(
    (await hub.listFiles(repository, commit, { signal, ...tellingOf(onEvent) })).map((file) => [file.path, file]),
  );
  const files = new Map<string, HubFile>();
  const problems: Problem[] = [];
  for (const file of wanted) {
    const found = now.get(file.path);
    const what = found === undefined ? 'is not there any more' : differenceOf(file, found);
    if (what === undefined) continue;
    if (found !== undefined && acceptDataChanges === true) files.set(file.path, found);
    else
      problems.push({
        where: `${repository.kind} ${repository.id}, "${file.path}"`,
        what: `${what}.`,
        fix: changedFix(repository),
      });
  }
  if (files.size > 0) {
    const accepted = new Map((record.accepted ?? []).map((file) => [file.path, file]));
    for (const [path, file] of files) accepted.set(path, file);
    await writeListing(listings, { ...record, accepted: [...accepted.values()] });
  }
  return { files, problems };
}

function changedFix({ kind }: HubRepository): string {
  const why = 'the files of a commit do not change by themselves: check HF_ENDPOINT';
  if (kind === 'model') return `${why}.`;
  return `${why}, or use these with --accept-data-changes; the result is then not ranked beside others.`;
}

/** The files among those listed that are wanted. */
function matching(group: readonly WantedFiles[], listed: readonly HubFile[]): readonly HubFile[] {
  const fits = group.flatMap(({ paths }) => paths.map(fitting));
  return listed.filter(({ path }) => fits.some((fit) => fit(path)));
}

function fitting(pattern: string): (path: string) => boolean {
  if (!isGlob(pattern)) return (path) => path === pattern;
  const expression = globExpression(pattern);
  return (path) => expression.test(path);
}

const NAMES_SHOWN = 6;

function unmatchedOf(
  { paths, repository, wantedBy }: WantedFiles,
  commit: string,
  listed: readonly HubFile[],
): Problem[] {
  const names = listed.map(({ path }) => path);
  return paths
    .filter((pattern) => !names.some(fitting(pattern)))
    .map((pattern) => {
      const near = nearestName(pattern, names) ?? nearestName(basename(pattern), siblings(pattern, names));
      const there = nearby(pattern, names);
      const more = there.length > NAMES_SHOWN ? ` and ${there.length - NAMES_SHOWN} more` : '';
      return {
        where: wantedBy,
        what: `"${pattern}" is not in ${repository.id} at ${commit}; there is ${there.slice(0, NAMES_SHOWN).join(', ') || 'nothing'}${more}.`,
        fix: near === undefined ? 'correct the path in the definition.' : `did you mean "${near}"?`,
      };
    });
}

function siblings(pattern: string, names: readonly string[]): string[] {
  return names.filter((name) => dirname(name) === dirname(pattern)).map((name) => basename(name));
}

/** What the deepest folder of a path that is there has in it. */
function nearby(pattern: string, names: readonly string[]): readonly string[] {
  for (let folder = dirname(pattern); folder !== '.'; folder = dirname(folder)) {
    const inside = names.filter((name) => name.startsWith(`${folder}/`));
    if (inside.length > 0) return inside;
  }
  return names;
}

/** Whether the cache has a file of this path and size; whether it is right is found out when it is fetched. */
export function isCached(cache: string, repository: HubRepository, commit: string, { path, size }: HubFile): boolean {
  const place = join(placesOf(repository, cache).snapshots, commit, path);
  const stats = statSync(place, { throwIfNoEntry: false });
  return stats?.isFile() === true && stats.size === size;
}

function offlinePlan(group: readonly WantedFiles[], planned: readonly PlannedFile[]): FetchPlan {
  const there = planned.filter((file) => file.isCached);
  const absent = planned.filter((file) => !file.isCached).map(({ file }) => file.path);
  const missing = group.flatMap(({ repository, paths, wantedBy }) =>
    paths.flatMap((pattern) => {
      const fits = fitting(pattern);
      const lacking = absent.filter(fits);
      const isNowhere = lacking.length === 0 && !there.some(({ file }) => fits(file.path));
      return (isNowhere ? [pattern] : lacking).map((path) => ({ path, repository, wantedBy }));
    }),
  );
  return { files: there, problems: [], lacking: missing.map(({ wantedBy }) => wantedBy), missing };
}
