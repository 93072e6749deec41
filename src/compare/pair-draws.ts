import { chanceOf, quantiles, standardDeviation } from '../metrics/paired-draws.js';
import type { RandomState } from '../numeric/random-state.js';
import type { TaskStatistics } from './task-statistics.js';
import type { Difference } from './types.js';

/** Draws of a difference, as fractions; those of several tasks can be averaged draw by draw. */
export interface DifferenceDraws {
  readonly observed: number;
  /** Of resampled items. */
  readonly resampled: Float64Array;
  /** Where the two runs do not differ. */
  readonly chance: Float64Array;
}

/**
 * Differences that chance gives between two runs.
 *
 * Where a run is as good as the other, which of the two gave which answer to an item is chance: answers are swapped at
 * random, item by item, and the score is computed again (exact at any number of items). Clusters of two runs have no common
 * names, so there the resampled differences are moved to a mean of zero instead.
 */
export function chanceDifferences(
  { items, scoreOf, swappable }: TaskStatistics,
  [a, b]: readonly [Float64Array, Float64Array],
  { observed, resampled }: Pick<DifferenceDraws, 'observed' | 'resampled'>,
  random: RandomState,
): Float64Array {
  if (!swappable) return resampled.map((value) => value - observed);
  const once = new Float64Array(items).fill(1);
  const differing = [...a.keys()].filter((i) => a[i] !== b[i]);
  const [left, right] = [a.slice(), b.slice()];
  const [scoreLeft, scoreRight] = [scoreOf(left), scoreOf(right)];
  return resampled.map(() => {
    for (const i of differing) {
      const swap = (random.nextUint32() & 1) === 1;
      left[i] = swap ? b[i] : a[i];
      right[i] = swap ? a[i] : b[i];
    }
    return scoreRight(once) - scoreLeft(once);
  });
}

/** What draws say of a difference, in points. */
export function describeDraws({ observed, resampled, chance }: DifferenceDraws, confidence: number): Difference {
  const tail = (1 - confidence) / 2;
  const [low, high, bound] = quantiles(resampled, [tail, 1 - tail, 1 - confidence]);
  return {
    difference: 100 * observed,
    interval: [100 * low, 100 * high],
    lowerBound: 100 * bound,
    standardError: 100 * standardDeviation(resampled),
    p: chanceOf(observed, chance, 'both'),
    lossP: chanceOf(observed, chance, 'loss'),
  };
}

/** Draws of a weighted sum of independent differences. */
export function combineDraws(draws: readonly DifferenceDraws[], shares: readonly number[]): DifferenceDraws {
  const sum = (pick: (draw: DifferenceDraws) => Float64Array) =>
    pick(draws[0]).map((_, at) => draws.reduce((total, draw, i) => total + shares[i] * pick(draw)[at], 0));
  return {
    observed: draws.reduce((total, draw, i) => total + shares[i] * draw.observed, 0),
    resampled: sum((draw) => draw.resampled),
    chance: sum((draw) => draw.chance),
  };
}
