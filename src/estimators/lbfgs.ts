import { LineSearch } from './line-search.js';

/** A function's value and gradient at one point. */
export interface Evaluation {
  readonly value: number;
  readonly gradient: Float64Array;
}

/** The function to minimise. It must neither keep nor change the point that it is given. */
export type Objective = (point: Float64Array) => Evaluation | Promise<Evaluation>;

export interface LbfgsOptions {
  /** Number of corrections that are remembered. */
  readonly memory?: number;
  readonly maxIterations?: number;
  /** Most trials of one line search. */
  readonly maxTrials?: number;
  /** Stop when no component of the gradient is larger. */
  readonly gradientTolerance?: number;
  /** Stop when the value falls by no more than this share of the larger value (or of 1). */
  readonly decreaseTolerance?: number;
  /** Called after every iteration with the point it ended at (valid during the call). */
  readonly onIteration?: (point: Float64Array, at: Evaluation, evaluations: number) => void;
}

/** Why the iterations ended; `trials` means that no line search found a better point. */
export type LbfgsStop = 'gradient' | 'decrease' | 'iterations' | 'trials';

export interface LbfgsResult extends Evaluation {
  readonly point: Float64Array;
  /** Accepted steps. */
  readonly iterations: number;
  readonly evaluations: number;
  readonly stop: LbfgsStop;
}

/** A remembered step, the change of the gradient along it, and their product. */
interface Correction {
  readonly step: Float64Array;
  readonly change: Float64Array;
  readonly product: number;
}

const EPSILON = 2 ** -52;
const LARGEST_STEP = 1e10;

/**
 * Minimises a smooth function by L-BFGS as SciPy's `minimize(method="L-BFGS-B")` does where nothing is bounded: the
 * same iterates up to rounding, hence the same numbers of iterations and evaluations.
 *
 * Each iteration goes along -H g, where H is the inverse Hessian that the remembered corrections describe (two-loop
 * recursion; L-BFGS-B has the same H in compact form), as far as the line search says. Where the direction does not
 * lead downhill or the line search finds nothing in `maxTrials` trials, the corrections are forgotten and the iteration
 * starts again along -g; if there are none to forget, the search ends at the point it has. A line search that ends with
 * a warning counts as a success.
 *
 * Source: Byrd, Lu, Nocedal and Zhu, "A limited memory algorithm for bound constrained optimization", SIAM J. Sci.
 * Comput. 16 (1995); Nocedal and Wright, "Numerical Optimization", algorithm 7.4.
 *
 * @param start shape (dims,); not changed
 */
export async function minimizeLbfgs(
  objective: Objective,
  start: Float64Array,
  options: LbfgsOptions = {},
): Promise<LbfgsResult> {
  const { memory = 10, maxIterations = 100, maxTrials = 50 } = options;
  const { gradientTolerance = 1e-4, decreaseTolerance = 64 * EPSILON } = options;
  const evaluate = new CountedObjective(objective);

  let point: Float64Array = start.slice();
  let at = await evaluate.at(point);
  let iterations = 0;
  let corrections: Correction[] = [];
  const end = (stop: LbfgsStop): LbfgsResult => ({ ...at, point, iterations, evaluations: evaluate.count, stop });

  if (largestAbs(at.gradient) <= gradientTolerance) return end('gradient');
  for (;;) {
    const direction = descentDirection(at.gradient, corrections);
    const slope = dot(at.gradient, direction);
    const firstStep = iterations === 0 ? Math.min(1 / Math.sqrt(dot(direction, direction)), LARGEST_STEP) : 1;
    const found =
      slope < 0 ? await searchAlong(evaluate, point, at, direction, slope, firstStep, maxTrials) : undefined;
    if (found === undefined) {
      if (corrections.length === 0) return end('trials');
      corrections = [];
      continue;
    }

    const before = at;
    point = found.point;
    at = found.at;
    iterations++;
    options.onIteration?.(point, at, evaluate.count);
    // SciPy looks at the limit first: a 100th iteration that would converge is one that was stopped.
    if (iterations >= maxIterations) return end('iterations');
    if (largestAbs(at.gradient) <= gradientTolerance) return end('gradient');
    const larger = Math.max(Math.abs(before.value), Math.abs(at.value), 1);
    if (before.value - at.value <= decreaseTolerance * larger) return end('decrease');

    const product = (found.slope - slope) * found.step;
    if (product > EPSILON * -slope * found.step) {
      corrections.push({
        step: scaled(direction, found.step),
        change: difference(at.gradient, before.gradient),
        product,
      });
      if (corrections.length > memory) corrections.shift();
    }
  }
}

/** Counts evaluations; the point last evaluated is not evaluated again, which is how SciPy counts them. */
class CountedObjective {
  count = 0;
  private last: { point: Float64Array; at: Evaluation } | undefined;

  constructor(private readonly objective: Objective) {}

  async at(point: Float64Array): Promise<Evaluation> {
    if (this.last !== undefined && isEqual(this.last.point, point)) return this.last.at;
    this.count++;
    this.last = { point, at: await this.objective(point) };
    return this.last.at;
  }
}

interface Found {
  readonly point: Float64Array;
  readonly at: Evaluation;
  readonly step: number;
  readonly slope: number;
}

/** A point along the direction that the line search accepts; undefined after `maxTrials` trials without one. */
async function searchAlong(
  objective: CountedObjective,
  from: Float64Array,
  start: Evaluation,
  direction: Float64Array,
  slope: number,
  firstStep: number,
  maxTrials: number,
): Promise<Found | undefined> {
  const search = new LineSearch(start.value, slope, firstStep, { largestStep: LARGEST_STEP });
  for (let trial = 0; trial < maxTrials; trial++) {
    const { step } = search;
    const point = new Float64Array(from.length);
    for (let i = 0; i < point.length; i++) point[i] = step * direction[i] + from[i];
    const at = await objective.at(point);
    const slopeThere = dot(at.gradient, direction);
    if (search.advance(at.value, slopeThere) !== undefined) return { point, at, step, slope: slopeThere };
  }
  return undefined;
}

/** -H g for the H that the corrections describe, the newest last; -g without corrections. */
function descentDirection(gradient: Float64Array, corrections: readonly Correction[]): Float64Array {
  const direction = scaled(gradient, -1);
  const shares = new Float64Array(corrections.length);
  for (let k = corrections.length - 1; k >= 0; k--) {
    const { step, change, product } = corrections[k];
    shares[k] = dot(step, direction) / product;
    addScaled(direction, -shares[k], change);
  }
  const newest = corrections.at(-1);
  if (newest !== undefined) {
    const scale = newest.product / dot(newest.change, newest.change);
    for (let i = 0; i < direction.length; i++) direction[i] *= scale;
  }
  corrections.forEach(({ step, change, product }, k) => {
    addScaled(direction, shares[k] - dot(change, direction) / product, step);
  });
  return direction;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

function addScaled(target: Float64Array, factor: number, values: Float64Array): void {
  for (let i = 0; i < target.length; i++) target[i] += factor * values[i];
}

function scaled(values: Float64Array, factor: number): Float64Array {
  const result = new Float64Array(values.length);
  for (let i = 0; i < values.length; i++) result[i] = factor * values[i];
  return result;
}

function difference(a: Float64Array, b: Float64Array): Float64Array {
  const result = new Float64Array(a.length);
  for (let i = 0; i < a.length; i++) result[i] = a[i] - b[i];
  return result;
}

function largestAbs(values: Float64Array): number {
  let largest = 0;
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, Math.abs(values[i]));
  return largest;
}

function isEqual(a: Float64Array, b: Float64Array): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
