import { scoringHashes } from '../definitions/scoring-hash.js';
import { FAMILIES, type Family } from '../definitions/types.js';
import { familyMeans, meanOverDatasets, meanOverFamilies, type TaskScore } from '../results/averages.js';
import { byCodePoint } from '../results/result-order.js';
import { isDefined, tasksByFamily, type SuiteTasks } from './suite-tasks.js';

/** Run by this harness; published with the benchmark; taken over from a file that somebody had. */
export type RowSource = 'measured' | 'published' | 'imported';

/** One run, one model of a published table, or imported scores. */
export interface LeaderboardRow {
  readonly model: string;
  /** null for published and imported rows. */
  readonly variant: string | null;
  readonly source: RowSource;
  readonly protocol: string;
  /** Where the row comes from: its folder below the results, or the publication. */
  readonly from: string;
  /** Main scores of the tasks that are done, by task; fractions. */
  readonly scores: ReadonlyMap<string, number>;
  /** Why other tasks have no score. */
  readonly reasons?: ReadonlyMap<string, string>;
  /** Tasks whose data differ from what their definition expects. */
  readonly changed?: readonly string[];
  /** What each task was scored with: the version of its definition, and the hash over what that says of rows and scores. */
  readonly definitions?: ReadonlyMap<string, { readonly version: number; readonly hash?: string }>;
}

export interface FamilyScore {
  readonly family: Family;
  /** Mean over the tasks that are done; null when there are none. */
  readonly mean: number | null;
  readonly done: number;
  readonly of: number;
}

export interface BoardRow {
  readonly model: string;
  readonly variant: string | null;
  readonly source: RowSource;
  readonly protocol: string;
  readonly from: string;
  /** By task of the suite, in its order of families. */
  readonly scores: Readonly<Record<string, number | null>>;
  readonly families: readonly FamilyScore[];
  /** Over the tasks that are done; comparable only in ranked rows. */
  readonly meanOverDatasets: number | null;
  readonly meanOverFamilies: number | null;
}

export interface RankedRow extends BoardRow {
  /** From 1; rows with equal means share a rank. */
  readonly rank: number;
}

export interface UnrankedRow extends BoardRow {
  readonly done: number;
  readonly of: number;
  /** Tasks of the suite without a score. */
  readonly missing: readonly string[];
  /** Why the row has no rank, one sentence each. */
  readonly reasons: readonly string[];
}

export interface Leaderboard {
  readonly suite: { readonly id: string; readonly title: string };
  /** The average that ranks. */
  readonly headline: 'datasets' | 'families';
  readonly families: readonly { readonly family: Family; readonly tasks: readonly string[] }[];
  /** One ranking a protocol: scores of two protocols are not compared. */
  readonly rankings: readonly { readonly protocol: string; readonly rows: readonly RankedRow[] }[];
  readonly unranked: readonly UnrankedRow[];
}

/**
 * Ranks rows by the headline average of a suite.
 *
 * Only complete rows have a rank: every task of the suite done, on data as the definitions expect it, with the
 * definitions of the suite. The others stand apart, with what they lack. Rows without any task of the suite are left
 * out.
 *
 * @param rows measured and published rows in any order
 * @param suite tasks and averages; the first average ranks
 */
export function leaderboard(rows: readonly LeaderboardRow[], suite: SuiteTasks): Leaderboard {
  const families = tasksByFamily(suite, FAMILIES);
  const headline = suite.averages[0] ?? 'datasets';
  const ranked = new Map<string, BoardRow[]>();
  const unranked: UnrankedRow[] = [];
  for (const row of rows) {
    const reasons = reasonsAgainst(row, suite);
    if (reasons === null) continue;
    const board = boardRow(row, suite, families);
    if (reasons.length === 0) ranked.set(row.protocol, [...(ranked.get(row.protocol) ?? []), board]);
    else {
      const missing = Object.keys(board.scores).filter((task) => board.scores[task] === null);
      const of = suite.tasks.length;
      unranked.push({ ...board, done: of - missing.length, of, missing, reasons });
    }
  }
  const rankings = [...ranked]
    .sort(([a], [b]) => protocolOrder(a) - protocolOrder(b) || byCodePoint(a, b))
    .map(([protocol, board]) => ({ protocol, rows: rank(board, headline) }));
  unranked.sort((a, b) => b.done - a.done || byName(a, b));
  return { suite: { id: suite.id, title: suite.title }, headline, families, rankings, unranked };
}

function scoreOf(row: LeaderboardRow, task: string): number | null {
  const score = row.scores.get(task);
  return score === undefined || !Number.isFinite(score) ? null : score;
}

/** null when the row has nothing to do with the suite; an empty list when it may be ranked. */
function reasonsAgainst(row: LeaderboardRow, suite: SuiteTasks): string[] | null {
  const ids = suite.tasks.map(({ id }) => id);
  const touched = ids.some((id) => row.scores.has(id) || row.reasons?.has(id) === true);
  if (!touched) return null;
  const reasons: string[] = [];
  const silent: string[] = [];
  for (const id of ids) {
    if (scoreOf(row, id) !== null) continue;
    const reason = row.reasons?.get(id);
    if (reason === undefined) silent.push(id);
    else reasons.push(`${id}: ${reason}`);
  }
  if (silent.length > 0) reasons.push(`no score: ${silent.join(', ')}`);
  const changed = ids.filter((id) => row.changed?.includes(id) === true);
  if (changed.length > 0) reasons.push(`the data differs from what the definition expects: ${changed.join(', ')}`);
  for (const task of suite.tasks) {
    const scoredWith = row.definitions?.get(task.id);
    if (!isDefined(task) || scoredWith === undefined) continue;
    const { id, version } = task;
    if (scoredWith.version !== version)
      reasons.push(`${id}: scored with version ${scoredWith.version} of its definition, which now is ${version}`);
    else if (scoredWith.hash !== undefined && !scoringHashes(task).includes(scoredWith.hash))
      reasons.push(`${id}: scored with another definition of that name`);
  }
  return reasons;
}

function boardRow(row: LeaderboardRow, suite: SuiteTasks, families: Leaderboard['families']): BoardRow {
  const values: TaskScore[] = suite.tasks.map(({ id, family }) => ({
    task: id,
    family,
    state: 'done',
    value: scoreOf(row, id),
  }));
  const means = familyMeans(values);
  return {
    model: row.model,
    variant: row.variant,
    source: row.source,
    protocol: row.protocol,
    from: row.from,
    scores: Object.fromEntries(families.flatMap(({ tasks }) => tasks.map((task) => [task, scoreOf(row, task)]))),
    families: families.map(({ family, tasks }) => {
      const found = means.get(family);
      return { family, mean: found?.mean ?? null, done: found?.tasks ?? 0, of: tasks.length };
    }),
    meanOverDatasets: meanOverDatasets(values),
    meanOverFamilies: meanOverFamilies(values),
  };
}

/** The average that ranks, of one row. */
export function headlineOf(row: BoardRow, headline: Leaderboard['headline']): number | null {
  return headline === 'datasets' ? row.meanOverDatasets : row.meanOverFamilies;
}

function rank(rows: readonly BoardRow[], headline: Leaderboard['headline']): RankedRow[] {
  const value = (row: BoardRow) => headlineOf(row, headline) ?? -Infinity;
  const sorted = [...rows].sort((a, b) => value(b) - value(a) || byName(a, b));
  let place = 0;
  return sorted.map((row, i) => {
    if (i === 0 || value(row) !== value(sorted[i - 1])) place = i + 1;
    return { rank: place, ...row };
  });
}

function byName(a: BoardRow, b: BoardRow): number {
  return (
    byCodePoint(a.model, b.model) ||
    byCodePoint(a.source, b.source) ||
    byCodePoint(a.variant ?? '', b.variant ?? '') ||
    byCodePoint(a.from, b.from)
  );
}

/** The protocol behind the published figures comes first. */
function protocolOrder(protocol: string): number {
  return protocol === 'published' ? 0 : protocol === 'corrected' ? 1 : 2;
}
