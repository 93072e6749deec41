import type { Family } from '../definitions/types.js';
import { holm } from '../metrics/holm.js';
import { meanOverDatasets, meanOverFamilies, scoreOf } from '../results/averages.js';
import { points, signedPoints } from '../results/points.js';
import type { TaskResult } from '../results/types.js';
import type { AverageKind, Comparison, Difference } from './types.js';

export type CheckVerdict = 'passed' | 'failed' | 'incomplete' | 'none';

export interface GateCheck {
  /** A task, or an average. */
  readonly name: string;
  readonly verdict: CheckVerdict;
  readonly text: string;
  /** To what the run is held, in points; absent where there is none. */
  readonly difference?: number;
}

export interface GateReport {
  readonly schema: 'jmteb/check/1';
  readonly run: string;
  readonly against: string;
  /** When the judged run ended, as its record says; null where it does not. */
  readonly runFinished: string | null;
  readonly verdict: 'passed' | 'failed' | 'incomplete';
  /** Of the comparison with a baseline; null without one. */
  readonly settings: Comparison['settings'] | null;
  /** In what the run differs from the baseline beside scores, the likeliest causes of a loss first. */
  readonly differs: readonly string[];
  readonly checks: readonly GateCheck[];
}

/** In points. */
export interface LimitRule {
  readonly maxDrop?: number;
  readonly minimum?: number;
}

/** `limits.json`. */
export interface Limits {
  readonly schema: 'jmteb/limits/1';
  readonly confidence?: number;
  readonly default?: LimitRule;
  readonly families?: Readonly<Partial<Record<Family, LimitRule>>>;
  readonly tasks?: Readonly<Record<string, LimitRule>>;
  readonly averages?: Readonly<Partial<Record<LimitedAverage, LimitRule>>>;
}

/** Averages over all tasks of the run. */
export type LimitedAverage = 'datasets' | 'families';

/** What holds for a task: its own rule, its family's and the default, field by field. */
export function ruleOf({ default: all, families, tasks }: Limits, task: string, family: Family): LimitRule {
  const own = tasks !== undefined && Object.hasOwn(tasks, task) ? tasks[task] : {};
  return { ...all, ...families?.[family], ...own };
}

/**
 * Fails where a loss against the baseline is beyond noise: one-sided, by random swaps of answers, Holm over the tasks and
 * the mean over datasets, so that all of them together give a false alarm in at most 1 - confidence of equal runs.
 *
 * A clustering without seeds enough is judged by nothing but its direction: no loss passes, a loss is shown without a
 * verdict, as another seed may give it too. It stays out of the mean that is judged.
 *
 * @param comparison of the baseline (first) and the run
 */
export function checkLosses({ tasks, averages, settings }: Comparison): GateCheck[] {
  const known = tasks.filter(({ noiseKnown }) => noiseKnown);
  const unknown = tasks.filter(({ noiseKnown }) => !noiseKnown);
  // The mean of one task says what the task says.
  const judged = averages.filter(({ average }) => average === (unknown.length > 0 ? 'stable' : 'datasets'));
  const rows = [
    ...known.map(({ task, differences: [difference] }) => ({ name: task, difference })),
    ...(known.length < 2 ? [] : judged).map(({ name, differences: [difference] }) => ({ name, difference })),
  ];
  const adjusted = holm(rows.map(({ difference }) => difference.lossP));
  return [
    ...rows.map(({ name, difference }, at): GateCheck => {
      const isLoss = adjusted[at] <= 1 - settings.confidence;
      const text = `${shownDifference(difference)}, chance of such a loss ${adjusted[at].toFixed(4)} (Holm)`;
      const verdict = isLoss ? 'failed' : 'passed';
      return {
        name,
        verdict,
        text: `${isLoss ? 'a loss beyond noise: ' : ''}${text}`,
        difference: difference.difference,
      };
    }),
    ...unknown.map(({ task, notes, differences: [difference] }): GateCheck => {
      const isLoss = difference.difference < 0;
      const text = isLoss ? `, no verdict: ${notes.join('; ')}` : ', no loss';
      return {
        name: task,
        verdict: isLoss ? 'none' : 'passed',
        text: `${shownDifference(difference)}${text}`,
        difference: difference.difference,
      };
    }),
  ];
}

function shownDifference({ difference, interval: [low, high] }: Difference): string {
  return `${signedPoints(difference)} points (${signedPoints(low)} to ${signedPoints(high)})`;
}

/** Non-inferiority: passes where the lower bound of the difference is not further below 0 than the limit. */
export function checkDrops({ tasks, averages, settings }: Comparison, limits: Limits): GateCheck[] {
  const ofTasks = tasks.map(({ task, family, notes, differences: [difference] }) => {
    return { name: task, rule: ruleOf(limits, task, family), difference, notes };
  });
  const ofAverages = averages.map(({ average, name, differences: [difference] }) => {
    return { name, rule: averageRule(limits, average), difference, notes: [] };
  });
  return [...ofTasks, ...ofAverages].flatMap(({ name, rule: { maxDrop }, notes, difference: found }): GateCheck[] => {
    if (maxDrop === undefined) return [];
    const { difference, lowerBound } = found;
    const holds = lowerBound >= -maxDrop;
    const bound = `lower bound ${signedPoints(lowerBound)} at ${100 * settings.confidence} %`;
    const text = [`${signedPoints(difference)} points, ${bound}, limit ${signedPoints(-maxDrop)}`, ...notes].join('; ');
    const shown = holds ? '' : difference < -maxDrop ? 'dropped too far: ' : 'not shown to be within the limit: ';
    return [{ name, verdict: holds ? 'passed' : 'failed', text: `${shown}${text}`, difference }];
  });
}

function averageRule({ averages }: Limits, average: AverageKind): LimitRule {
  return (average === 'datasets' || average === 'families' ? averages?.[average] : undefined) ?? {};
}

/** Scores that have to be reached, by tasks and by averages over the tasks that have one. */
export function checkMinimums(results: readonly TaskResult[], limits: Limits): GateCheck[] {
  const scores = results.map(scoreOf);
  const ofTasks = results.map(({ task, family, main }) => {
    return { name: task, minimum: ruleOf(limits, task, family).minimum, value: main.value };
  });
  const ofAverages = AVERAGES.map(({ average, name, mean }) => {
    return { name, minimum: limits.averages?.[average]?.minimum, value: mean(scores) };
  });
  return [...ofTasks, ...ofAverages].flatMap(({ name, minimum, value }): GateCheck[] => {
    if (minimum === undefined || value === null) return [];
    const verdict = 100 * value >= minimum ? 'passed' : 'failed';
    return [{ name, verdict, text: `${points(value)}, at least ${minimum} asked for` }];
  });
}

const AVERAGES = [
  { average: 'datasets', name: 'mean over datasets', mean: meanOverDatasets },
  { average: 'families', name: 'mean over families', mean: meanOverFamilies },
] as const;

/** What is not there to be judged: tasks failed, skipped, partial, or expected and not run. */
export function checkComplete(results: ReadonlyMap<string, TaskResult>, expected: Iterable<string>): GateCheck[] {
  const faults = [...results.values()].flatMap(({ task, state, reason, main }): GateCheck[] => {
    if (state === 'done' && main.value !== null) return [];
    const text = state === 'done' ? `"${main.metric}" is undefined` : `${state}: ${reason ?? ''}`;
    return [{ name: task, verdict: 'incomplete', text }];
  });
  const missing = [...new Set(expected)].filter((task) => !results.has(task));
  return [...faults, ...missing.map((name): GateCheck => ({ name, verdict: 'incomplete', text: 'not run' }))];
}

/** How many differences a failed check names beside its numbers. */
const NAMED = 3;

/** The checks with the likeliest causes of those that failed. */
export function withCauses(checks: readonly GateCheck[], causesOf: (task: string) => readonly string[]): GateCheck[] {
  return checks.map((check) => {
    const causes = check.verdict === 'failed' ? causesOf(check.name) : [];
    if (causes.length === 0) return check;
    const more = causes.length > NAMED ? '; ...' : '';
    return { ...check, text: `${check.text}; the runs differ in: ${causes.slice(0, NAMED).join('; ')}${more}` };
  });
}

/** The verdict of all checks; nothing that was judged is no pass. */
export function gateReport({ checks, ...about }: Omit<GateReport, 'schema' | 'verdict'>): GateReport {
  const has = (verdict: CheckVerdict) => checks.some((check) => check.verdict === verdict);
  const verdict = has('failed') ? 'failed' : has('incomplete') || !has('passed') ? 'incomplete' : 'passed';
  return { schema: 'jmteb/check/1', ...about, verdict, checks };
}
