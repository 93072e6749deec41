import type { RandomState } from '../numeric/random-state.js';

/** A score of a list of items as a function of how often each item is drawn. */
export type WeightedScore = (weights: Float64Array) => number;

/**
 * Scores of bootstrap resamples: each draws as many items as there are, with replacement, the same ones for every score.
 *
 * @param scores of the same `items` items, one function a system
 * @param random draws as NumPy's `RandomState.randint(0, items, (resamples, items))`, row by row
 * @returns one array of `resamples` values a system
 */
export function bootstrapScores(
  scores: readonly WeightedScore[],
  items: number,
  resamples: number,
  random: RandomState,
): Float64Array[] {
  const drawn = scores.map(() => new Float64Array(resamples));
  const weights = new Float64Array(items);
  for (let b = 0; b < resamples; b++) {
    weights.fill(0);
    for (let i = 0; i < items; i++) weights[random.randint(0, items)]++;
    for (let s = 0; s < scores.length; s++) drawn[s][b] = scores[s](weights);
  }
  return drawn;
}

/**
 * Quantiles with linear interpolation, as NumPy's `percentile`.
 *
 * @param values at least one, any order
 * @param shares in [0, 1]
 */
export function quantiles(values: Float64Array, shares: readonly number[]): number[] {
  const sorted = values.slice().sort();
  return shares.map((share) => {
    const place = share * (sorted.length - 1);
    const below = Math.floor(place);
    const above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (sorted[above] - sorted[below]) * (place - below);
  });
}

/** Standard deviation with n - 1 in the denominator; 0 for a single value. */
export function standardDeviation(values: Float64Array): number {
  if (values.length < 2) return 0;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1));
}

/** Sums of the same numbers in another order differ by less. */
const SAME = 1e-12;

/**
 * How often chance alone is as extreme as what was observed: (1 + draws as extreme) / (1 + draws).
 *
 * Counting the observation itself keeps the test at its level however few the draws are.
 *
 * @param observed a difference
 * @param chance differences where the systems do not differ
 * @param side `both`, or `loss`: as low as observed
 */
export function chanceOf(observed: number, chance: Float64Array, side: 'both' | 'loss'): number {
  let extreme = 1;
  for (const value of chance)
    if (side === 'loss' ? value <= observed + SAME : Math.abs(value) >= Math.abs(observed) - SAME) extreme++;
  return extreme / (chance.length + 1);
}
