import { FAMILIES, type Family } from '../definitions/types.js';
import { combineDraws, describeDraws, type DifferenceDraws } from './pair-draws.js';
import type { AverageKind, ComparedAverage, PairDifference } from './types.js';

/** A compared task with its draws, one a pair of runs. */
export interface DrawnTask {
  readonly task: string;
  readonly family: Family;
  readonly scores: readonly number[];
  readonly seenBy: readonly string[];
  readonly noiseKnown: boolean;
  readonly draws: readonly DifferenceDraws[];
}

/**
 * Averages of the runs and their differences: over datasets, over families, and, where that leaves some out, over datasets
 * that no run's model is known to have been trained on, and over those whose noise is known.
 *
 * @param pairs indices into `names`, in the order of each task's draws
 */
export function compareAverages(
  tasks: readonly DrawnTask[],
  names: readonly string[],
  pairs: readonly (readonly [number, number])[],
  confidence: number,
): ComparedAverage[] {
  if (tasks.length === 0) return [];
  const families = FAMILIES.filter((family) => tasks.some((task) => task.family === family));
  const familySize = (family: Family) => tasks.filter((task) => task.family === family).length;
  const even = (chosen: readonly DrawnTask[]) => chosen.map(() => 1 / chosen.length);
  const average = (kind: AverageKind, name: string, chosen: readonly DrawnTask[], shares: readonly number[]) => {
    const scores = names.map((_, run) => chosen.reduce((sum, task, i) => sum + shares[i] * task.scores[run], 0));
    const differences = pairs.map(([a, b], pair): PairDifference => {
      const drawn = combineDraws(
        chosen.map(({ draws }) => draws[pair]),
        shares,
      );
      return { a: names[a], b: names[b], ...describeDraws(drawn, confidence) };
    });
    const tieGroups = groupTies(names, scores, differences, 1 - confidence);
    return { average: kind, name, tasks: chosen.map(({ task }) => task), scores, differences, tieGroups };
  };
  const part = (kind: AverageKind, words: string, belongs: (task: DrawnTask) => boolean) => {
    const chosen = tasks.filter(belongs);
    if (chosen.length === 0 || chosen.length === tasks.length) return [];
    return [average(kind, `mean over datasets ${words} (${chosen.length})`, chosen, even(chosen))];
  };
  const byFamily = tasks.map(({ family }) => 1 / families.length / familySize(family));
  return [
    average('datasets', `mean over datasets (${tasks.length})`, tasks, even(tasks)),
    average('families', `mean over families (${families.length})`, tasks, byFamily),
    ...part('unseen', 'not known to be trained on', ({ seenBy }) => seenBy.length === 0),
    ...part('stable', 'whose noise is known', ({ noiseKnown }) => noiseKnown),
  ];
}

/** Best first; a group holds what its first run is not shown to differ from. */
function groupTies(
  names: readonly string[],
  scores: readonly number[],
  differences: readonly PairDifference[],
  level: number,
): string[][] {
  const order = names.map((_, run) => run).sort((a, b) => scores[b] - scores[a] || a - b);
  const groups: string[][] = [];
  for (const run of order) {
    const name = names[run];
    const group = groups.at(-1);
    const p = group === undefined ? 0 : pOf(differences, group[0], name);
    if (group === undefined || p < level) groups.push([name]);
    else group.push(name);
  }
  return groups;
}

function pOf(differences: readonly PairDifference[], one: string, other: string): number {
  const found = differences.find(({ a, b }) => (a === one && b === other) || (a === other && b === one));
  return found?.p ?? 1;
}
