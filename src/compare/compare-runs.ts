import { createHash } from 'node:crypto';
import { throwProblems, UserError } from '../errors.js';
import { holm } from '../metrics/holm.js';
import { mcNemar } from '../metrics/mcnemar.js';
import { bootstrapScores } from '../metrics/paired-draws.js';
import { pairedT } from '../metrics/paired-t.js';
import { RandomState } from '../numeric/random-state.js';
import { inOrder } from '../results/result-order.js';
import type { TaskResult } from '../results/types.js';
import { hasScore, incomparable } from './check-comparable.js';
import { compareAverages, type DrawnTask } from './compare-averages.js';
import { chanceDifferences, describeDraws, type DifferenceDraws } from './pair-draws.js';
import { ENOUGH_SEEDS, seedNoise, withSeedNoise } from './seed-noise.js';
import { settingDifferences } from './setting-differences.js';
import { taskStatistics, type TaskStatistics } from './task-statistics.js';
import type { ComparedTask, CompareOptions, Comparison, LeftOut, RunItems, TaskDifference } from './types.js';

/** 80 % power at 5 %, two-sided: the quantiles 0.975 and 0.8 of the normal distribution. */
const DETECTABLE = 1.959963984540054 + 0.8416212335729143;

const TOO_FEW_SEEDS = `what another seed would give is not in the interval: run with --clustering-seeds ${ENOUGH_SEEDS} or more`;

/**
 * Sets two or more runs beside each other with paired statistics over the same items.
 *
 * Deterministic: every task draws from a generator of its own, by the seed and the task's id, so the other tasks of a run
 * change nothing. Items of different tasks count as independent in averages. Where runs have enough seeds of a clustering,
 * their spread is in its intervals and p; without them the clusters are taken as they are, and `noiseKnown` is false.
 *
 * @throws UserError when protocol, data, limit or task versions differ (every field that does), or nothing is shared
 */
export function compareRuns(runs: readonly RunItems[], options: CompareOptions = {}): Comparison {
  const { resamples = 2000, seed = 0, confidence = 0.95 } = options;
  const settings = { resamples, seed, confidence };
  throwProblems(incomparable(runs));
  const { shared, leftOut } = sharedTasks(runs);
  if (shared.length === 0)
    throw new UserError({
      where: runs.map(({ name }) => name).join(' and '),
      what: 'there is no task that all of them have a score and items for.',
      fix: 'run the same tasks with each model.',
    });
  const names = runs.map(({ name }) => name);
  const pairs = names.flatMap((_, a) => names.slice(a + 1).map((__, at) => [a, a + 1 + at] as const));
  const compared = shared.map((task) => compareTask(task, runs, pairs, settings));
  const holmPs = pairs.map((_, pair) => holm(compared.map(({ differences }) => differences[pair].p)));
  const [{ run: first }, ...others] = runs;
  return {
    schema: 'jmteb/comparison/1',
    runs: runs.map(({ name, trainedOn, run: { record } }) => ({
      name,
      model: record.model.id,
      variant: record.variant,
      trainingKnown: trainedOn !== null,
    })),
    reported: [],
    settingDifferences: others.map(({ name, run }) => ({
      run: name,
      fields: settingDifferences(first.record, run.record),
    })),
    protocol: first.record.protocol.name,
    limit: (first.record.settings.limit as number | null | undefined) ?? null,
    settings,
    tasks: compared.map(({ drawn: _drawn, ...task }, at) => ({
      ...task,
      differences: task.differences.map((difference, pair) => ({ ...difference, holmP: holmPs[pair][at] })),
    })),
    averages: compareAverages(
      compared.map(({ drawn }) => drawn),
      names,
      pairs,
      confidence,
    ),
    leftOut,
    warnings: warningsOf(runs),
  };
}

function sharedTasks(runs: readonly RunItems[]): { shared: TaskResult[]; leftOut: LeftOut[] } {
  const all = new Map(runs.flatMap(({ run }) => [...run.tasks.values()].map((task) => [task.task, task] as const)));
  const leftOut: LeftOut[] = [];
  const shared = inOrder(all.values()).filter(({ task }) => {
    const reasons = runs.flatMap(({ name, run, items }): LeftOut[] => {
      const reason = reasonAgainst(run.tasks.get(task), items.has(task));
      return reason === null ? [] : [{ task, run: name, reason }];
    });
    leftOut.push(...reasons);
    return reasons.length === 0;
  });
  return { shared, leftOut };
}

function reasonAgainst(result: TaskResult | undefined, hasItems: boolean): string | null {
  if (result === undefined) return 'not run';
  if (!hasScore(result))
    return result.state === 'done' ? `"${result.main.metric}" is undefined` : `${result.state}: ${result.reason ?? ''}`;
  return hasItems ? null : 'its item table is not there';
}

function compareTask(
  { task, family, main, state, dataset }: TaskResult,
  runs: readonly RunItems[],
  pairs: readonly (readonly [number, number])[],
  { resamples, seed, confidence }: Comparison['settings'],
): Omit<ComparedTask, 'differences'> & { differences: Omit<TaskDifference, 'holmP'>[]; drawn: DrawnTask } {
  const names = runs.map(({ name }) => name);
  const tables = runs.map(({ items }) => items.get(task)!);
  const statistics = taskStatistics(family, main.metric, tables, names, task);
  const { items, values, scoreOf } = statistics;
  const scores = runs.map(({ run }) => run.tasks.get(task)!.main.value as number);
  const random = new RandomState([seed, createHash('sha256').update(task).digest().readUInt32LE(0)]);
  const resampled = bootstrapScores(values.map(scoreOf), items, resamples, random);
  const noise = family === 'Clustering' ? runs.map(({ run }) => seedNoise(run.tasks.get(task)!)) : [];
  const noiseKnown = noise.every((one) => one !== null);
  const draws = pairs.map(([a, b]): DifferenceDraws => {
    const observed = scores[b] - scores[a];
    const difference = { observed, resampled: resampled[b].map((value, at) => value - resampled[a][at]) };
    const chance = chanceDifferences(statistics, [values[a], values[b]], difference, random);
    const seeds = noiseKnown && noise.length > 0 ? [noise[a], noise[b]] : [];
    return withSeedNoise({ ...difference, chance }, seeds, random);
  });
  const differences = pairs.map(([a, b], pair) => {
    const described = describeDraws(draws[pair], confidence);
    return {
      a: names[a],
      b: names[b],
      ...described,
      detectable: DETECTABLE * described.standardError,
      ...testsOf(statistics, values[a], values[b]),
    };
  });
  const ids = [task, dataset.subset?.of];
  const seenBy = runs.filter(({ trainedOn }) => trainedOn?.some((seen) => ids.includes(seen))).map(({ name }) => name);
  const notes = noiseKnown ? [] : [TOO_FEW_SEEDS];
  const drawn = { task, family, scores, seenBy, noiseKnown, draws };
  return {
    task,
    family,
    metric: main.metric,
    items,
    partial: state === 'partial',
    scores,
    seenBy,
    noiseKnown,
    differences,
    notes,
    drawn,
  };
}

function testsOf(
  { isMean, rightOf }: TaskStatistics,
  a: Float64Array,
  b: Float64Array,
): Pick<TaskDifference, 'mcNemar' | 'pairedT'> {
  return {
    mcNemar: rightOf === null ? null : mcNemar(rightOf(a), rightOf(b)),
    pairedT: isMean ? pairedT(b.map((value, i) => value - a[i])) : null,
  };
}

function warningsOf(runs: readonly RunItems[]): string[] {
  const [first, ...others] = runs;
  const { settings } = first.run.record;
  const limit = settings.limit ?? null;
  const seeds = others.filter(({ run }) => run.record.settings.seed !== settings.seed);
  const unknown = runs.filter(({ trainedOn }) => trainedOn === null).map(({ name }) => name);
  return [
    ...(limit === null ? [] : [`partial runs: each split was limited to ${String(limit)} items, so no score is final`]),
    ...seeds.map(({ name }) => `${name} and ${first.name} have different seeds: clusterings differ by that alone`),
    ...(unknown.length === 0
      ? []
      : [`what these were trained on is not known, so nothing counts as seen by them: ${unknown.join(', ')}`]),
  ];
}
