import type { Matrix } from '../numeric/matrix.js';
import type { RandomState } from '../numeric/random-state.js';
import type { KMeansEngine } from './k-means-engine.js';

const { fround } = Math;
/** Below this many multiplications a round is faster in TypeScript than by a call of the engine. */
const WORTH_A_CALL = 2 ** 16;

/** One greedy choice of k-means++. */
export interface SeedingStep {
  /** Draws in [0, 1). */
  readonly uniforms: Float64Array;
  /** Rows tried as the next centre. */
  readonly candidates: readonly number[];
  /** What the sum of squared distances to the nearest centre would become with each. */
  readonly potentials: Float32Array;
  /** The row that became a centre. */
  readonly chosen: number;
}

export interface SeedingOptions {
  /** Moves on by 1 + (nClusters - 1) (2 + floor(ln nClusters)) doubles. */
  readonly random: RandomState;
  readonly engine: KMeansEngine;
  /** Called after every centre but the first. */
  readonly onStep?: (step: SeedingStep) => void;
}

/**
 * Rows to start k-means from, by greedy k-means++.
 *
 * The first is any row. Each of the others is the best of 2 + floor(ln nClusters) candidates, drawn with probability
 * proportional to the squared distance to the nearest centre so far: the one that leaves the smallest potential, the sum of
 * these distances. Distances are computed in float64 and rounded to float32, the cumulative sum of the draw is float64.
 *
 * @param x shape (rows, dims), rows >= nClusters >= 1
 * @param nClusters number of centres
 * @returns a row for each centre, in order of choice; repeats only when fewer rows than that are distinct
 * Source: Arthur and Vassilvitskii, "k-means++: the advantages of careful seeding", SODA 2007; greedy as in scikit-learn 1.5.0.
 */
export async function kMeansPlusPlus(x: Matrix, nClusters: number, options: SeedingOptions): Promise<Int32Array> {
  const { random, engine, onStep } = options;
  const trials = 2 + Math.floor(Math.log(nClusters));
  const distancesTo = distanceRows(x, trials, engine);
  const chosen = new Int32Array(nClusters);
  chosen[0] = random.choice(x.rows, undefined, { p: new Float32Array(x.rows).fill(1 / x.rows) });
  let closest = await distancesTo([chosen[0]]);
  let potential = sumOf(closest);
  for (let c = 1; c < nClusters; c++) {
    const uniforms = random.uniform(0, 1, trials);
    const candidates = drawByDistance(closest, uniforms, potential);
    const distances = await distancesTo(candidates);
    const reduced = candidates.map((_, t) => minimum(closest, distances.subarray(t * x.rows, (t + 1) * x.rows)));
    const potentials = Float32Array.from(reduced, sumOf);
    const best = potentials.indexOf(Math.min(...potentials));
    closest = reduced[best];
    potential = potentials[best];
    chosen[c] = candidates[best];
    onStep?.({ uniforms, candidates, potentials, chosen: chosen[c] });
  }
  return chosen;
}

/** Squared distances of some rows to all rows, one list after the other. */
function distanceRows(x: Matrix, trials: number, engine: KMeansEngine): (rows: number[]) => Promise<Float32Array> {
  const values = new Float64Array(x.data);
  const norms = Float64Array.from({ length: x.rows }, (_, i) => dotOfRows(values, x.dims, i, i));
  if (x.data.length * trials >= WORTH_A_CALL) return (rows) => engine.squaredDistances(values, norms, rows);
  return async (rows) => {
    const distances = new Float32Array(rows.length * x.rows);
    rows.forEach((row, t) => {
      for (let i = 0; i < x.rows; i++) {
        const squared = -2 * dotOfRows(values, x.dims, row, i) + norms[row] + norms[i];
        distances[t * x.rows + i] = Math.max(squared, 0);
      }
    });
    return distances;
  };
}

function dotOfRows(values: Float64Array, dims: number, a: number, b: number): number {
  const [atA, atB] = [a * dims, b * dims];
  let sum = 0;
  for (let j = 0; j < dims; j++) sum += values[atA + j] * values[atB + j];
  return sum;
}

/** For each draw the first row at which the cumulative sum of distances reaches that share of the potential. */
function drawByDistance(closest: Float32Array, uniforms: Float64Array, potential: number): number[] {
  const cumulative = new Float64Array(closest.length);
  let sum = 0;
  for (let i = 0; i < closest.length; i++) cumulative[i] = sum += closest[i];
  return Array.from(uniforms, (u) => Math.min(firstNotBelow(cumulative, u * potential), closest.length - 1));
}

/** Index of the first value that is not below `bound`; the values ascend. */
function firstNotBelow(values: Float64Array, bound: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (values[middle] < bound) low = middle + 1;
    else high = middle;
  }
  return low;
}

function minimum(a: Float32Array, b: Float32Array): Float32Array {
  const smaller = new Float32Array(a.length);
  for (let i = 0; i < a.length; i++) smaller[i] = a[i] < b[i] ? a[i] : b[i];
  return smaller;
}

function sumOf(values: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return fround(sum);
}
