import { describe, expect, it } from 'vitest';
import { floatsToHalf, halfTable, halfToFloat } from '../../src/numeric/float16.js';
import { congruential } from '../pseudo-random.js';

/** The nearest half by looking at all of them; of two equally near ones that with the even bits. */
function slowNearest(value: number): number {
  let best = 0;
  for (let bits = 0; bits < 0x7c00; bits++) {
    const near = Math.abs(halfToFloat(bits) - Math.abs(value));
    const nearest = Math.abs(halfToFloat(best) - Math.abs(value));
    if (near < nearest || (near === nearest && (bits & 1) === 0)) best = bits;
  }
  return (value < 0 || Object.is(value, -0) ? 0x8000 : 0) | best;
}

describe('half precision', () => {
  it('has the numbers of IEEE 754', () => {
    const known: [number, number][] = [
      [0x3c00, 1],
      [0xc000, -2],
      [0x7bff, 65504],
      [0x0400, 2 ** -14],
      [0x03ff, 1023 * 2 ** -24],
      [0x0001, 2 ** -24],
      [0x3555, 0.333251953125],
      [0x7c00, Infinity],
      [0xfc00, -Infinity],
    ];
    for (const [bits, value] of known) expect(halfToFloat(bits)).toBe(value);
    expect(Object.is(halfToFloat(0x8000), -0)).toBe(true);
    expect(halfToFloat(0x7e00)).toBeNaN();
  });

  it('comes back from float32 bit by bit', () => {
    const back = floatsToHalf(halfTable());
    const finite = Array.from({ length: 65536 }, (_, bits) => bits).filter((bits) => (bits & 0x7fff) <= 0x7c00);
    expect(finite.filter((bits) => back[bits] !== bits)).toEqual([]);
    expect(halfToFloat(back[0x7e01])).toBeNaN();
  });

  it('is the nearest, ties to even', () => {
    const next = congruential(3);
    const values: number[] = [0, -0, 65504, 65519.99, 2 ** -25, 2 ** -25 * 1.0001, 3 * 2 ** -25, 2 ** -14 - 2 ** -26];
    for (let i = 0; i < 40; i++) {
      const bits = next() % 0x7bff;
      const low = halfToFloat(bits);
      const high = halfToFloat(bits + 1);
      const middle = (low + high) / 2;
      values.push(middle, -middle, Math.fround(middle * (1 + 2 ** -22)), Math.fround(middle * (1 - 2 ** -22)));
    }
    const halves = floatsToHalf(Float32Array.from(values));
    for (const [i, value] of values.entries()) expect(halves[i], String(value)).toBe(slowNearest(Math.fround(value)));
    expect([...floatsToHalf(Float32Array.of(65520, -1e30, Infinity))]).toEqual([0x7c00, 0xfc00, 0x7c00]);
  });
});
