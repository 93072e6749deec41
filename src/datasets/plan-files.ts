import { UserError, type Problem } from '../errors.js';
import { changesOf } from './commit-changes.js';
import { commitOf, filesOf, isCached } from './commit-files.js';
import type { FetchContext, PlannedFile, WantedFiles } from './fetch-types.js';
import type { HubRepository } from './hub-types.js';
import { orFromCache } from './or-from-cache.js';
import { fitting, matching, unmatchedOf } from './wanted-paths.js';

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
