import { standardDeviation } from '../metrics/paired-draws.js';
import type { RandomState } from '../numeric/random-state.js';
import type { TaskResult } from '../results/types.js';
import type { DifferenceDraws } from './pair-draws.js';

/** Fewer seeds say too little about the spread of a clustering. */
export const ENOUGH_SEEDS = 5;

/** How far the score of a clustering moves by its seed alone. */
export interface SeedNoise {
  /** A fraction. */
  readonly deviation: number;
  readonly seeds: number;
}

/**
 * The noise of a clustering by its draws (`--clustering-seeds`).
 *
 * The largest standard deviation among the algorithms tried and the choices made: Ward and Birch draw nothing, but a change
 * of the vectors that means nothing moves their clusters as far as a seed moves those of the others.
 *
 * @returns null with fewer than `ENOUGH_SEEDS` seeds
 */
export function seedNoise({ main, details }: Pick<TaskResult, 'main' | 'details'>): SeedNoise | null {
  const chosen = numbersOf(details?.draws);
  const algorithms = isObject(details?.algorithms) ? Object.values(details.algorithms) : [];
  const series = [chosen, ...algorithms.map((algorithm) => numbersOf(field(field(algorithm, 'test'), main.metric)))];
  if (chosen.length < ENOUGH_SEEDS) return null;
  const deviations = series.map((values) => standardDeviation(Float64Array.from(values)));
  return { deviation: Math.max(...deviations), seeds: chosen.length };
}

/**
 * Adds the noise of both runs' seeds to draws of a difference: Student's t with the deviation of each, as few seeds
 * underestimate a spread.
 */
export function withSeedNoise(
  draws: DifferenceDraws,
  runs: readonly SeedNoise[],
  random: RandomState,
): DifferenceDraws {
  const noise = () => runs.reduce((sum, run) => sum + run.deviation * student(run.seeds - 1, random), 0);
  return {
    ...draws,
    resampled: draws.resampled.map((value) => value + noise()),
    chance: draws.chance.map((value) => value + noise()),
  };
}

function student(freedom: number, random: RandomState): number {
  let squares = 0;
  for (let i = 0; i < freedom; i++) squares += random.standardNormal() ** 2;
  return random.standardNormal() / Math.sqrt(squares / freedom);
}

function numbersOf(value: unknown): number[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'number') ? value : [];
}

function field(value: unknown, name: string): unknown {
  return isObject(value) ? value[name] : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
