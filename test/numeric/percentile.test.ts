import { describe, expect, it } from 'vitest';
import { percentileOf } from '../../src/numeric/percentile.js';

describe('percentileOf', () => {
  it('is the share of draws below, equal ones counted half', () => {
    expect(percentileOf(3, [1, 2, 3, 4])).toBe(62.5);
    expect(percentileOf(2.5, [4, 1, 3, 2])).toBe(50);
    expect(percentileOf(0, [1, 2])).toBe(0);
    expect(percentileOf(9, Float64Array.of(1, 2))).toBe(100);
    expect(percentileOf(1, [1, 1, 1])).toBe(50);
  });

  it('is null without draws', () => {
    expect(percentileOf(1, [])).toBeNull();
  });

  it('mirrors when values change their sign', () => {
    const draws = [0.3, 0.1, 0.1, 0.9, 0.5];
    for (const value of [...draws, 0, 0.2, 1])
      expect(
        percentileOf(
          -value,
          draws.map((draw) => -draw),
        ),
      ).toBeCloseTo(100 - (percentileOf(value, draws) as number), 12);
  });
});
