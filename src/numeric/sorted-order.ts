/**
 * Positions of the values in sorted order; equal values stay in input order in both directions, as Python's `sorted` keeps
 * them.
 *
 * @param values shape (n,), no NaN
 * @param direction `ascending`: smallest first
 * @returns shape (n,), a permutation of 0 .. n-1
 * @throws RangeError when a value is NaN, which has no place in an order
 */
export function sortedOrder(values: Float64Array, direction: 'ascending' | 'descending' = 'ascending'): Uint32Array {
  const order = new Uint32Array(values.length);
  for (let i = 0; i < values.length; i++) {
    if (Number.isNaN(values[i])) throw new RangeError(`value ${i} is NaN`);
    order[i] = i;
  }
  // Compared, not subtracted: the difference of two infinities is NaN.
  if (direction === 'ascending') {
    order.sort((i, j) => (values[i] < values[j] ? -1 : values[i] > values[j] ? 1 : i - j));
  } else {
    order.sort((i, j) => (values[i] > values[j] ? -1 : values[i] < values[j] ? 1 : i - j));
  }
  return order;
}
