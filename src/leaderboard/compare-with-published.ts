import { notesOn, publishedName, publishedScores, verdictOn } from '../definitions/published.js';
import type { PublishedScore, PublishedScores, Verdict } from '../definitions/published.js';
import { scoringHashes } from '../definitions/scoring-hash.js';
import type { Family, TaskDefinition } from '../definitions/types.js';
import { percentileOf } from '../numeric/percentile.js';
import { isScored, meanOverDatasets, meanOverFamilies, scoreOf, type TaskScore } from '../results/averages.js';
import { inOrder } from '../results/result-order.js';
import type { TaskResult } from '../results/types.js';
import { points } from '../results/points.js';

export interface TaskComparison {
  readonly task: string;
  readonly family: Family;
  readonly metric: string;
  /** Fractions. */
  readonly measured: number | null;
  readonly published: number | null;
  /** Measured minus published, in points. */
  readonly difference: number | null;
  /** null: no verdict is possible, `reason` says why. */
  readonly verdict: Verdict | null;
  readonly reason: string | null;
  /** What a reader of the published row has to know. */
  readonly notes: readonly string[];
  /** Where the published figure lies among our draws (clustering with several seeds). */
  readonly draws: { readonly count: number; readonly percentile: number; readonly text: string } | null;
}

export interface AverageComparison {
  readonly average: 'datasets' | 'families';
  /** Over the tasks that both have; fractions, null when there are none. */
  readonly measured: number | null;
  readonly published: number | null;
  readonly difference: number | null;
  /** Tasks that both have, and tasks of the published row. */
  readonly tasks: number;
  readonly of: number;
  /** Never a verdict: an average has no noise class. */
  readonly verdict: null;
}

export interface PublishedComparison {
  /** As it was published. */
  readonly model: string;
  /** Which publication. */
  readonly source: string;
  /** Tasks of the run, in the order of tables. */
  readonly tasks: readonly TaskComparison[];
  /** Tasks of the published row that the run has no result for. */
  readonly missing: readonly string[];
  readonly averages: readonly AverageComparison[];
}

/**
 * Sets a run beside what was published for its model.
 *
 * A difference gets a verdict by the noise class of its task: what the authors' own second run of the same evaluator gave.
 * No verdict under another protocol than `published`, on other data, for tasks without a class, or for averages.
 *
 * @param results of one run
 * @param published scores, noise classes and notes of a publication
 * @param model the run's model id
 * @param definitions what the published tasks are; with them, results of another definition under the same id get no verdict
 * @returns null when nothing was published for this model
 */
export function compareWithPublished(
  results: Iterable<TaskResult>,
  published: PublishedScores,
  model: string,
  definitions: ReadonlyMap<string, TaskDefinition> = new Map(),
): PublishedComparison | null {
  const name = publishedName(published, model);
  if (name === undefined) return null;
  const ordered = inOrder(results);
  const rows = new Map(publishedScores(published, model).map((score) => [score.task, score]));
  const measuredIds = new Set(ordered.map(({ task }) => task));
  return {
    model: name,
    source: published.benchmark,
    tasks: ordered.map((result) => {
      const isOther = isAnother(result, definitions.get(result.task));
      return compareTask(result, rows.get(result.task), published, { name, isOther });
    }),
    missing: inOrder(rows.values()).flatMap(({ task }) => (measuredIds.has(task) ? [] : [task])),
    averages: compareAverages(ordered, [...rows.values()]),
  };
}

function compareTask(
  result: TaskResult,
  row: PublishedScore | undefined,
  published: PublishedScores,
  { name, isOther }: { readonly name: string; readonly isOther: boolean },
): TaskComparison {
  const score = scoreOf(result);
  const measured = isScored(score) ? score.value : null;
  const value = row?.value ?? null;
  const reason = reasonAgainst(result, row, published) ?? (isOther ? 'scored with another definition' : null);
  const verdict = reason === null ? verdictOn(published, result.task, (measured as number) - (value as number)) : null;
  return {
    task: result.task,
    family: result.family,
    metric: result.main.metric,
    measured,
    published: value,
    difference: measured === null || value === null ? null : 100 * (measured - value),
    verdict,
    reason,
    notes: row === undefined ? [] : notesOn(published, name, result.task).map(({ note }) => note),
    draws: value === null || measured === null ? null : amongDraws(value, drawsOf(result)),
  };
}

function isAnother({ scoredBy }: TaskResult, definition: TaskDefinition | undefined): boolean {
  if (definition === undefined || scoredBy === undefined) return false;
  return !scoringHashes(definition).includes(scoredBy.definition);
}

/** Why no verdict is possible, or null. */
function reasonAgainst(
  { task, state, reason, main, protocol, dataset }: TaskResult,
  row: PublishedScore | undefined,
  { noise }: PublishedScores,
): string | null {
  if (row === undefined) return 'not published for this model';
  if (state !== 'done') return reason === undefined ? state : `${state}: ${reason}`;
  if (main.value === null) return `"${main.metric}" is undefined`;
  if (row.metric !== main.metric) return `published is ${row.metric}, measured ${main.metric}`;
  if (protocol !== 'published') return `measured under the protocol ${protocol}`;
  if (dataset.changed === true) return 'the data differs from what the definition expects';
  if (!Object.hasOwn(noise.classes, task))
    return Object.hasOwn(noise.without, task) ? noise.without[task] : 'no noise class is known for this task';
  return null;
}

function compareAverages(results: readonly TaskResult[], rows: readonly PublishedScore[]): AverageComparison[] {
  const measured = new Map(
    results
      .map(scoreOf)
      .filter(isScored)
      .map((score) => [score.task, score]),
  );
  const common = rows.filter(({ task }) => measured.has(task));
  const ours = common.map(({ task }) => measured.get(task) as TaskScore);
  const theirs = common.map(({ task, family, value }): TaskScore => ({ task, family, state: 'done', value }));
  return (['datasets', 'families'] as const).map((average) => {
    const mean = average === 'datasets' ? meanOverDatasets : meanOverFamilies;
    const [a, b] = [mean(ours), mean(theirs)];
    return {
      average,
      measured: a,
      published: b,
      difference: a === null || b === null ? null : 100 * (a - b),
      tasks: common.length,
      of: rows.length,
      verdict: null,
    };
  });
}

/** Main scores of a clustering under several seeds; none for a single draw. */
export function drawsOf({ details }: Pick<TaskResult, 'details'>): number[] {
  const draws: unknown = details?.draws;
  if (!Array.isArray(draws) || draws.length < 2) return [];
  return draws.every((draw): draw is number => typeof draw === 'number') ? draws : [];
}

/** Where a figure lies among draws, in words: "published 56.42 lies at the 63rd percentile of 50 draws". */
export function amongDraws(value: number, draws: readonly number[]): TaskComparison['draws'] {
  const percentile = percentileOf(value, draws);
  if (percentile === null) return null;
  const count = draws.length;
  const place =
    value < Math.min(...draws)
      ? `below all ${count} draws`
      : value > Math.max(...draws)
        ? `above all ${count} draws`
        : `at the ${ordinal(Math.round(percentile))} percentile of ${count} draws`;
  return { count, percentile, text: `published ${points(value)} lies ${place}` };
}

/** 1st, 2nd, 3rd, 4th, 11th, 21st ... */
export function ordinal(n: number): string {
  const teens = n % 100 >= 11 && n % 100 <= 13;
  const ending = teens ? 'th' : ({ 1: 'st', 2: 'nd', 3: 'rd' }[n % 10] ?? 'th');
  return `${n}${ending}`;
}
