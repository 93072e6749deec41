import { describe, expect, it } from 'vitest';
import { floatsToBfloat16 } from '../../src/numeric/bfloat16.js';
import { mulberry32 } from '../pseudo-random.js';

/** The value of bits as the format defines it: a sign, 8 bits of exponent, 7 of fraction. */
function valueOf(bits: number): number {
  const exponent = (bits >>> 7) & 0xff;
  const fraction = (bits & 0x7f) / 128;
  const size = exponent === 0 ? fraction * 2 ** -126 : (1 + fraction) * 2 ** (exponent - 127);
  return bits & 0x8000 ? -size : size;
}

/** The nearest by comparing with both neighbours; of two equally near ones that with the even bits. */
function slowNearest(value: number): number {
  let low = 0;
  let high = 0x7f80;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (valueOf(middle) <= Math.abs(value)) low = middle;
    else high = middle;
  }
  const below = Math.abs(value) - valueOf(low);
  // The neighbour of the largest number is infinity, which stands where the next number would be.
  const above = (high === 0x7f80 ? 2 ** 128 : valueOf(high)) - Math.abs(value);
  const nearest = below < above || (below === above && low % 2 === 0) ? low : high;
  return (value < 0 ? 0x8000 : 0) | nearest;
}

describe('bfloat16', () => {
  it('has the numbers of its definition', () => {
    const known: [number, number][] = [
      [1, 0x3f80],
      [-2, 0xc000],
      [3.140625, 0x4049],
      [2 ** -126, 0x0080],
      [2 ** -133, 0x0001],
      [3.3895313892515355e38, 0x7f7f],
      [3.4028234663852886e38, 0x7f80],
      [Infinity, 0x7f80],
      [-Infinity, 0xff80],
    ];
    for (const [value, bits] of known) expect(floatsToBfloat16(Float32Array.of(value))[0], String(value)).toBe(bits);
    const [nan] = floatsToBfloat16(Float32Array.of(NaN));
    expect((nan & 0x7f80) === 0x7f80 && (nan & 0x7f) !== 0).toBe(true);
  });

  it('is the nearest, ties to even', () => {
    const next = mulberry32(5);
    const values: number[] = [0, 1e-45, 2 ** -134, 3 * 2 ** -134];
    for (let i = 0; i < 2000; i++) {
      const bits = Math.floor(next() * 0x7f7f);
      const middle = (valueOf(bits) + valueOf(bits + 1)) / 2;
      values.push(
        middle,
        -middle,
        middle * (1 + 2 ** -20),
        middle * (1 - 2 ** -20),
        (next() - 0.5) * 10 ** (next() * 70 - 35),
      );
    }
    const floats = Float32Array.from(values);
    const actual = floatsToBfloat16(floats);
    const wrong = [...floats].filter((value, i) => actual[i] !== slowNearest(value));
    expect(wrong).toEqual([]);
  });
});
