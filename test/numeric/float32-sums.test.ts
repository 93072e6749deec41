import { describe, expect, it } from 'vitest';
import { pairwiseSumFloat32, squaredDistanceFloat32, squaredNormFloat32 } from '../../src/numeric/float32-sums.js';
import { RandomState } from '../../src/numeric/random-state.js';

/** Relative rounding of float32 sums of up to a thousand terms in eight or four lanes. */
const ROUNDING = 1e-5;

describe('sums in float32', () => {
  it.each([0, 1, 3, 7, 8, 9, 100, 128, 129, 1000])('of %i values are sums of all of them', (n) => {
    const a = Float32Array.from(new RandomState(n).uniform(0, 1, n));
    const b = Float32Array.from(new RandomState(n + 1).uniform(0, 1, n));
    const total = (of: (i: number) => number): number => a.reduce((sum, _, i) => sum + of(i), 0);
    const near = (value: number, expected: number): void =>
      expect(Math.abs(value - expected)).toBeLessThanOrEqual(ROUNDING * expected);
    near(
      pairwiseSumFloat32(a),
      total((i) => a[i]),
    );
    near(
      squaredNormFloat32(a, 0, n),
      total((i) => a[i] ** 2),
    );
    near(
      squaredDistanceFloat32(a, 0, b, 0, n),
      total((i) => (a[i] - b[i]) ** 2),
    );
    expect(Math.fround(pairwiseSumFloat32(a))).toBe(pairwiseSumFloat32(a));
  });

  it('round after every addition, in the order of NumPy', () => {
    // 2^24 + 1 is no float32: the ones are lost one by one, but not when they are added up first.
    expect(pairwiseSumFloat32(Float32Array.of(2 ** 24, 1, 1, 1))).toBe(2 ** 24);
    const lanes = Float32Array.of(2 ** 24, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1);
    expect(pairwiseSumFloat32(lanes)).toBe(2 ** 24 + 6);
    expect(squaredNormFloat32(Float32Array.of(2 ** 12, 1, 1, 1), 0, 4)).toBe(2 ** 24 + 2);
    expect(squaredDistanceFloat32(Float32Array.of(2 ** 12, 1, 1, 1), 0, new Float32Array(4), 0, 4)).toBe(2 ** 24);
  });

  it('of a part of a list leave the rest alone', () => {
    const values = Float32Array.of(9, 3, 4, 9);
    expect(squaredNormFloat32(values, 1, 2)).toBe(25);
    expect(squaredDistanceFloat32(values, 1, values, 0, 2)).toBe(37);
  });
});
