import { sortedOrder } from './sorted-order.js';

/**
 * Ranks from 1, where equal values share the mean of the ranks that they take together.
 *
 * @param values shape (n,), no NaN
 * @returns ranks, shape (n,), in 1 .. n, whole or half numbers (exact in a double)
 * @throws RangeError when a value is NaN
 */
export function midranks(values: Float64Array): Float64Array {
  const order = sortedOrder(values);
  const ranks = new Float64Array(values.length);
  for (let start = 0, end = 0; start < order.length; start = end) {
    const value = values[order[start]];
    while (end < order.length && values[order[end]] === value) end++;
    for (let i = start; i < end; i++) ranks[order[i]] = (start + 1 + end) / 2;
  }
  return ranks;
}

/**
 * How many values are equal to at least one other; 0 and -0 are equal.
 *
 * @param values shape (n,)
 * @returns 0 where all differ, else 2 .. n
 */
export function tiedValues(values: Float64Array): number {
  const times = new Map<number, number>();
  for (const value of values) times.set(value, (times.get(value) ?? 0) + 1);
  let tied = 0;
  for (const count of times.values()) if (count > 1) tied += count;
  return tied;
}
