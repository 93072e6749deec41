import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { midranks, tiedValues } from '../../src/numeric/midranks.js';
import { RandomState } from '../../src/numeric/random-state.js';
import { goldenPath } from '../shared.js';

interface Case {
  readonly x: readonly (number | 'NaN')[];
  readonly rank_x?: readonly number[];
}
const cases = Object.entries(
  JSON.parse(readFileSync(goldenPath('estimators', 'metrics', 'correlation.json'), 'utf8')) as Record<string, Case>,
).filter(([, { rank_x }]) => rank_x !== undefined);

/** The definition: one more than the smaller values, and half of the other equal ones. */
function slowMidranks(values: Float64Array): number[] {
  return Array.from(values, (value) => {
    const smaller = values.filter((other) => other < value).length;
    const equal = values.filter((other) => other === value).length;
    return smaller + 1 + (equal - 1) / 2;
  });
}

describe('midranks', () => {
  test.each(cases)('of %s equal those of SciPy', (_, { x, rank_x }) => {
    expect([...midranks(Float64Array.from(x as number[]))]).toEqual(rank_x);
  });

  test('agree with their definition, with few ties, with many, and with none', () => {
    for (const levels of [3, 40, 1e9]) {
      const values = Float64Array.from(new RandomState(levels).randomSample(300), (x) => Math.floor(x * levels) - 2);
      expect([...midranks(values)]).toEqual(slowMidranks(values));
    }
  });

  test('the two zeros tie, infinities rank outermost, nothing has no ranks', () => {
    expect([...midranks(Float64Array.of(0, -0, -Infinity, Infinity, Infinity))]).toEqual([2.5, 2.5, 1, 4.5, 4.5]);
    expect(midranks(new Float64Array(0)).length).toBe(0);
  });

  test('the values are not changed, and NaN is refused', () => {
    const values = Float64Array.of(2, 1, 3);
    midranks(values);
    expect([...values]).toEqual([2, 1, 3]);
    expect(() => midranks(Float64Array.of(NaN))).toThrow(RangeError);
  });
});

describe('tiedValues', () => {
  test('counts every value that is not alone', () => {
    expect(tiedValues(Float64Array.of(1, 2, 2, 3, 3, 3))).toBe(5);
    expect(tiedValues(Float64Array.of(0, -0))).toBe(2);
    expect(tiedValues(Float64Array.of(1, 2))).toBe(0);
    expect(tiedValues(new Float64Array(0))).toBe(0);
  });
});
