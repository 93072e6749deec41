import { midranks } from '../numeric/midranks.js';
import { pairwiseSum } from '../numeric/pairwise-sum.js';

/**
 * Pearson's product-moment correlation.
 *
 * The values may have any size: they are scaled by a power of two first, which is exact. Deviations are taken from the
 * rounded mean, as SciPy takes them, which shows where values differ in their last digits only.
 *
 * @param x finite values, shape (n,), n >= 2
 * @param y finite values, shape (n,)
 * @returns in [-1, 1]; null when all values of a side are equal, for then it is not defined
 * @throws RangeError when the lengths differ, there are fewer than two values, or a value is not finite
 */
export function pearson(x: Float64Array, y: Float64Array): number | null {
  if (x.length !== y.length) throw new RangeError(`${x.length} values cannot be correlated with ${y.length}`);
  if (x.length < 2) throw new RangeError(`a correlation needs at least two pairs of values, not ${x.length}`);
  const [unitX, unitY] = [unitDeviations(x), unitDeviations(y)];
  if (unitX === null || unitY === null) return null;
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += unitX[i] * unitY[i];
  return Math.max(-1, Math.min(1, sum));
}

/**
 * Spearman's rank correlation: Pearson's of the ranks, where equal values share their mean rank.
 *
 * @param x finite values, shape (n,), n >= 2
 * @param y finite values, shape (n,)
 * @returns in [-1, 1]; null when all values of a side are equal, for then it is not defined
 * @throws RangeError when the lengths differ, there are fewer than two values, or a value is NaN
 */
export function spearman(x: Float64Array, y: Float64Array): number | null {
  return pearson(midranks(x), midranks(y));
}

/** Whether all values are equal. */
export function isConstant(values: Float64Array): boolean {
  return values.every((value) => value === values[0]);
}

/** Deviations from the mean, divided by their norm; null where there are none. */
function unitDeviations(values: Float64Array): Float64Array | null {
  const scale = powerOfTwo(values);
  if (isConstant(values)) return null;
  const deviations = values.map((value) => value / scale);
  const mean = pairwiseSum(deviations) / deviations.length;
  let squares = 0;
  for (let i = 0; i < deviations.length; i++) {
    deviations[i] -= mean;
    squares += deviations[i] * deviations[i];
  }
  const norm = Math.sqrt(squares);
  return deviations.map((value) => value / norm);
}

/** The largest power of two that is not above the largest absolute value; 1 where all are zero. */
function powerOfTwo(values: Float64Array): number {
  let largest = 0;
  for (const value of values) {
    if (!Number.isFinite(value)) throw new RangeError(`${value} cannot be correlated`);
    largest = Math.max(largest, Math.abs(value));
  }
  // The logarithm may round up to the next exponent: just below a power of two, and at the very top to 2^1024.
  return largest === 0 ? 1 : 2 ** Math.min(1023, Math.floor(Math.log2(largest)));
}
