import { describe, expect, test } from 'vitest';
import { RandomState } from '../../src/numeric/random-state.js';
import { sortedOrder } from '../../src/numeric/sorted-order.js';

const order = (values: number[], direction?: 'ascending' | 'descending') => [
  ...sortedOrder(Float64Array.from(values), direction),
];

describe('sortedOrder', () => {
  test('sorts either way', () => {
    expect(order([3, 1, 2])).toEqual([1, 2, 0]);
    expect(order([3, 1, 2], 'descending')).toEqual([0, 2, 1]);
    expect(order([])).toEqual([]);
  });

  test('equal values stay in input order in both directions, the two zeros included', () => {
    expect(order([1, 0, 1, -0, 1])).toEqual([1, 3, 0, 2, 4]);
    expect(order([1, 0, 1, -0, 1], 'descending')).toEqual([0, 2, 4, 1, 3]);
    expect(order([Infinity, -Infinity, Infinity, 5, -Infinity])).toEqual([1, 4, 3, 0, 2]);
  });

  test('agrees with a stable sort of a plain array', () => {
    const values = Float64Array.from(new RandomState(5).randomSample(2000), (x) => Math.floor(x * 50));
    const plain = [...values.keys()];
    expect([...sortedOrder(values)]).toEqual(plain.toSorted((i, j) => values[i] - values[j]));
    expect([...sortedOrder(values, 'descending')]).toEqual(plain.toSorted((i, j) => values[j] - values[i]));
  });

  test('NaN has no place', () => {
    expect(() => order([1, NaN])).toThrow(new RangeError('value 1 is NaN'));
  });
});
