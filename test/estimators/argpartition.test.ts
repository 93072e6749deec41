import { describe, expect, test } from 'vitest';
import { argpartition } from '../../src/estimators/argpartition.js';
import { RandomState } from '../../src/numeric/random-state.js';
import { goldenJson } from './golden-rows.js';

interface Row {
  readonly k: number;
  readonly values: number[];
  readonly first_k: number[];
}
const golden = goldenJson('knn', 'argpartition.json') as Row[];

describe('argpartition', () => {
  test("takes NumPy's positions in NumPy's order, whatever is equal", () => {
    expect(golden.length).toBe(309);
    for (const { values, k, first_k: expected } of golden) {
      expect([...argpartition(Float32Array.from(values), k)]).toEqual(expected);
    }
  });

  test('a value that a smaller one displaces loses its tie: [3, 5, 3, 1] gives rows 3 and 2', () => {
    expect([...argpartition(Float32Array.of(3, 5, 3, 1), 2)]).toEqual([3, 2]);
  });

  test('the answer holds k of the smallest values, each position once', () => {
    const random = new RandomState(11);
    for (let round = 0; round < 200; round++) {
      const n = 1 + Number(random.randint(0, 60));
      const k = 1 + Number(random.randint(0, n));
      const values = Float32Array.from({ length: n }, () => Number(random.randint(0, 12)));
      const positions = argpartition(values, k);
      expect(new Set(positions).size).toBe(k);
      const found = Array.from(positions, (i) => values[i]).sort((a, b) => a - b);
      expect(found).toEqual([...values].sort((a, b) => a - b).slice(0, k));
    }
  });

  test('values that defeat the median of three still end: the median of medians takes over', () => {
    // Pairs that bring the pivot next to the smallest value again and again.
    for (const n of [1000, 4097]) {
      const values = Float32Array.from({ length: n }, (_, i) => (i % 2 === 0 ? i : n - i));
      for (let round = 0; round < 2; round++) values.set(killer(n));
      const k = n >> 1;
      const found = Array.from(argpartition(values, k), (i) => values[i]).sort((a, b) => a - b);
      expect(found).toEqual([...values].sort((a, b) => a - b).slice(0, k));
    }
  });

  test('leaves the values as they are, uses the room it is given, and refuses a k that does not fit', () => {
    const values = Float32Array.of(4, 2, 3, 1);
    const room = new Int32Array(4);
    expect(argpartition(values, 2, room).buffer).toBe(room.buffer);
    expect([...values]).toEqual([4, 2, 3, 1]);
    for (const k of [0, 5, 1.5]) expect(() => argpartition(values, k)).toThrow(RangeError);
  });
});

/** Musser's sequence: quickselect around the median of three takes a number of steps that grows with n squared. */
function killer(n: number): number[] {
  const half = n >> 1;
  return Array.from({ length: n }, (_, i) => {
    if (i < half) return i % 2 === 0 ? i + 1 : half + i + (half % 2 === 0 ? 1 : 0);
    return 2 * (i - half + 1);
  });
}
