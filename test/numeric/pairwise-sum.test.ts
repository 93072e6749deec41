import { describe, expect, test } from 'vitest';
import { pairwiseSum } from '../../src/numeric/pairwise-sum.js';

/** 1 / (i + 3), every third from the first on times -1000. */
function values(n: number): Float64Array {
  return Float64Array.from({ length: n }, (_, i) => (1 / (i + 3)) * (i % 3 === 0 ? -1e3 : 1));
}

/** np.sum of the same values, NumPy 1.26.4: lengths around the eight lanes, the block of 128 and its halves. */
const SUMS: readonly [number, number][] = [
  [1, -333.3333333333333],
  [7, -610.3932539682539],
  [8, -610.2932539682539],
  [13, -760.0539932289931],
  [127, -1447.5086407102363],
  [128, -1447.5009484025436],
  [129, -1447.4933148147575],
  [1000, -2126.093455392728],
  [5003, -2660.702116425935],
];

describe('pairwiseSum', () => {
  test.each(SUMS)('%i values have the sum of NumPy, to the bit', (n, sum) => {
    expect(pairwiseSum(values(n))).toBe(sum);
  });

  test('nothing sums to 0, and values are not changed', () => {
    expect(pairwiseSum(new Float64Array(0))).toBe(0);
    const given = values(300);
    pairwiseSum(given);
    expect(given).toEqual(values(300));
  });
});
