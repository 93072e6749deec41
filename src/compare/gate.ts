import type { Family } from '../definitions/types.js';
import { holm } from '../metrics/holm.js';
import { points, signedPoints } from '../results/points.js';
import type { TaskResult } from '../results/types.js';
import type { Comparison } from './types.js';

export type CheckVerdict = 'passed' | 'failed' | 'incomplete' | 'none';

export interface GateCheck {
  /** A task, or an average. */
  readonly name: string;
  readonly verdict: CheckVerdict;
  readonly text: string;
}

export interface GateReport {
  readonly schema: 'jmteb/check/1';
  readonly run: string;
  readonly against: string;
  readonly verdict: 'passed' | 'failed' | 'incomplete';
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
}

/** What holds for a task: its own rule, its family's and the default, field by field. */
export function ruleOf({ default: all, families, tasks }: Limits, task: string, family: Family): LimitRule {
  const own = tasks !== undefined && Object.hasOwn(tasks, task) ? tasks[task] : {};
  return { ...all, ...families?.[family], ...own };
}

/**
 * Fails where a loss against the baseline is beyond noise: one-sided, by random swaps of answers, Holm over the tasks and
 * the mean over datasets, so that all of them together give a false alarm in at most 1 - confidence of equal runs.
 *
 * @param comparison of the baseline (first) and the run
 */
export function checkLosses({ tasks, averages, settings }: Comparison): GateCheck[] {
  const rows = [
    ...tasks.map(({ task, differences: [difference] }) => ({ name: task, difference })),
    ...averages
      .filter(({ average }) => average === 'datasets')
      .map(({ name, differences: [difference] }) => ({ name, difference })),
  ];
  const adjusted = holm(rows.map(({ difference }) => difference.lossP));
  return rows.map(({ name, difference: { difference, interval } }, at): GateCheck => {
    const isLoss = adjusted[at] <= 1 - settings.confidence;
    const range = `${signedPoints(interval[0])} to ${signedPoints(interval[1])}`;
    const text = `${signedPoints(difference)} points (${range}), chance of such a loss ${adjusted[at].toFixed(4)} (Holm)`;
    return { name, verdict: isLoss ? 'failed' : 'passed', text: `${isLoss ? 'a loss beyond noise: ' : ''}${text}` };
  });
}

/** Non-inferiority: passes where the lower bound of the difference is not further below 0 than the limit. */
export function checkDrops({ tasks, settings }: Comparison, limits: Limits): GateCheck[] {
  return tasks.flatMap(({ task, family, differences: [{ difference, lowerBound }] }): GateCheck[] => {
    const { maxDrop } = ruleOf(limits, task, family);
    if (maxDrop === undefined) return [];
    const holds = lowerBound >= -maxDrop;
    const bound = `lower bound ${signedPoints(lowerBound)} at ${100 * settings.confidence} %`;
    const text = `${signedPoints(difference)} points, ${bound}, limit ${signedPoints(-maxDrop)}`;
    const shown = holds ? '' : difference < -maxDrop ? 'dropped too far: ' : 'not shown to be within the limit: ';
    return [{ name: task, verdict: holds ? 'passed' : 'failed', text: `${shown}${text}` }];
  });
}

/** Scores that have to be reached. */
export function checkMinimums(results: Iterable<TaskResult>, limits: Limits): GateCheck[] {
  return [...results].flatMap(({ task, family, main }): GateCheck[] => {
    const { minimum } = ruleOf(limits, task, family);
    if (minimum === undefined || main.value === null) return [];
    const holds = 100 * main.value >= minimum;
    return [
      {
        name: task,
        verdict: holds ? 'passed' : 'failed',
        text: `${points(main.value)}, at least ${minimum} asked for`,
      },
    ];
  });
}

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

/** The verdict of all checks; nothing that was judged is no pass. */
export function gateReport(run: string, against: string, checks: readonly GateCheck[]): GateReport {
  const has = (verdict: CheckVerdict) => checks.some((check) => check.verdict === verdict);
  const verdict = has('failed') ? 'failed' : has('incomplete') || !has('passed') ? 'incomplete' : 'passed';
  return { schema: 'jmteb/check/1', run, against, verdict, checks };
}
