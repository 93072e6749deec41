import { FAMILIES, type Family } from '../definitions/types.js';
import { inOrder } from './result-order.js';
import type { TaskResult, TaskState } from './types.js';

/** What an average needs of a task. `value` is a fraction, null when undefined. */
export interface TaskScore {
  readonly task: string;
  readonly family: Family;
  readonly state: TaskState;
  readonly value: number | null;
}

/** The score of a result. */
export function scoreOf({ task, family, state, main }: TaskResult): TaskScore {
  return { task, family, state, value: main.value };
}

/** Whether a task enters averages: done, with a defined score. Failed, skipped and partial tasks never do. */
export function isScored(score: TaskScore): score is TaskScore & { readonly value: number } {
  return score.state === 'done' && score.value !== null && Number.isFinite(score.value);
}

/**
 * Mean over datasets: every task counts the same, whatever its family. The leaderboard's "Avg.".
 *
 * @returns fraction; null when no task is scored
 * @see meanOverFamilies for the leaderboard's average until September 2024
 */
export function meanOverDatasets(scores: Iterable<TaskScore>): number | null {
  return mean(scoredInOrder(scores).map(({ value }) => value));
}

/**
 * Mean over families: the mean of the families' means, so that a family with one task counts as much as one with six.
 *
 * @returns fraction; null when no task is scored
 */
export function meanOverFamilies(scores: Iterable<TaskScore>): number | null {
  return mean([...familyMeans(scores).values()].map((family) => family.mean));
}

export interface FamilyMean {
  readonly mean: number;
  /** Tasks that the mean is over. */
  readonly tasks: number;
}

/** Mean of each family that has a scored task, in the order of the families. */
export function familyMeans(scores: Iterable<TaskScore>): Map<Family, FamilyMean> {
  const scored = scoredInOrder(scores);
  const means = new Map<Family, FamilyMean>();
  for (const family of FAMILIES) {
    const values = scored.filter((score) => score.family === family).map(({ value }) => value);
    const average = mean(values);
    if (average !== null) means.set(family, { mean: average, tasks: values.length });
  }
  return means;
}

/** In one order, so that the last digit does not depend on who came first. */
function scoredInOrder(scores: Iterable<TaskScore>): (TaskScore & { readonly value: number })[] {
  return inOrder([...scores].filter(isScored));
}

function mean(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}
