import { describe, expect, test } from 'vitest';
import type { Matrix } from '../../src/numeric/matrix.js';
import { matrix } from '../../src/numeric/matrix.js';
import { RandomState } from '../../src/numeric/random-state.js';
import {
  rowCosines,
  rowCosinesByDistance,
  rowDots,
  rowEuclideanDistances,
  rowManhattanDistances,
} from '../../src/numeric/row-similarities.js';
import { readFloat32, readNpy } from '../npy.js';
import { goldenPath } from '../shared.js';

/** scikit-learn and torch compute these in float32: relative to the largest value of the set. */
const FLOAT32 = 1e-6;
/** Two ways to the same double. */
const DOUBLE = 1e-14;

function golden(file: string) {
  return readNpy(goldenPath('estimators', 'similarity', `${file}.npy`));
}
function pairOf(set: string): [Matrix, Matrix] {
  const [a, b] = ['a', 'b'].map((side) => readFloat32(goldenPath('estimators', 'similarity', `${set}_${side}.npy`)));
  const rows = Math.min(a.rows, b.rows);
  return [a, b].map(({ data, dims }) => matrix(data.slice(0, rows * dims), rows, dims)) as [Matrix, Matrix];
}
function expectNear(got: Float64Array, file: string, tolerance: number): void {
  const expected = Array.from(golden(file).data as Float32Array);
  const largest = Math.max(1, ...expected.map(Math.abs));
  expect(got.length).toBe(expected.length);
  const worst = Math.max(...expected.map((value, i) => Math.abs(got[i] - value)));
  expect(worst, file).toBeLessThanOrEqual(tolerance * largest);
}
function rows(...values: number[][]): Matrix {
  return matrix(Float32Array.from(values.flat()), values.length, values[0].length);
}
function random(seed: number, count: number, dims: number): Matrix {
  return matrix(Float32Array.from(new RandomState(seed).standardNormal(count * dims)), count, dims);
}

describe('similarities of paired rows', () => {
  test.each(['real', 'small', 'near', 'zeros'])('of the set %s are those of scikit-learn and torch', (set) => {
    const [a, b] = pairOf(set);
    expectNear(rowCosinesByDistance(a, b), `${set}_paired_sklearn_cosine_similarity`, FLOAT32);
    expectNear(rowManhattanDistances(a, b), `${set}_paired_sklearn_manhattan`, FLOAT32);
    expectNear(rowEuclideanDistances(a, b), `${set}_paired_sklearn_euclidean`, FLOAT32);
    expectNear(rowCosines(a, b), `${set}_paired_torch_normalize_dot`, FLOAT32);
    const negated = (values: Float64Array) => values.map((value) => -value);
    expectNear(negated(rowManhattanDistances(a, b)), `${set}_paired_torch_manhattan`, FLOAT32);
    expectNear(negated(rowEuclideanDistances(a, b)), `${set}_paired_torch_euclidean`, FLOAT32);
  });

  test('by hand', () => {
    const [a, b] = [rows([3, 4], [1, 0], [1, 2]), rows([4, 3], [-2, 0], [1, 2])];
    expect([...rowDots(a, b)]).toEqual([24, -2, 5]);
    expect([...rowManhattanDistances(a, b)]).toEqual([2, 3, 0]);
    expect([...rowEuclideanDistances(a, b)]).toEqual([Math.SQRT2, 3, 0]);
    expect([...rowCosines(a, b)]).toEqual([24 / 25, -1, 1]);
    expect([...rowCosinesByDistance(a, b)].map((x) => Number(x.toFixed(14)))).toEqual([24 / 25, -1, 1]);
  });

  test('equal rows have a cosine of exactly 1, whatever they hold', () => {
    const a = random(7, 500, 37);
    expect(rowCosines(a, a).every((value) => value === 1)).toBe(true);
    expect(rowCosinesByDistance(a, a).every((value) => value === 1)).toBe(true);
  });

  test('a zero row: cosine 0; by distance 0.5, and two give 1; rows too short to be scaled count as zero', () => {
    const a = rows([0, 0], [0, 0], [1e-9, 0], [1e-9, 0], [1e-5, 0]);
    const b = rows([1, 2], [0, 0], [1, 0], [1e-9, 1e-9], [1, 0]);
    expect([...rowCosines(a, b)].slice(0, 2)).toEqual([0, 0]);
    const byDistance = [0.5, 1, 0.5, 1, 1];
    rowCosinesByDistance(a, b).forEach((value, i) => expect(value).toBeCloseTo(byDistance[i], 8));
    expect(rowCosinesByDistance(a, b).slice(0, 2)).toEqual(Float64Array.of(0.5, 1));
  });

  test('the two cosines are one number, and the law of cosines joins the others', () => {
    const [a, b] = [random(1, 200, 24), random(2, 200, 24)];
    const [cosines, byDistance, dots] = [rowCosines(a, b), rowCosinesByDistance(a, b), rowDots(a, b)];
    const [euclidean, aa, bb] = [rowEuclideanDistances(a, b), rowDots(a, a), rowDots(b, b)];
    for (let i = 0; i < 200; i++) {
      expect(Math.abs(cosines[i] - byDistance[i])).toBeLessThan(DOUBLE);
      expect(Math.abs(euclidean[i] ** 2 - (aa[i] + bb[i] - 2 * dots[i]))).toBeLessThan(DOUBLE * 100);
    }
  });

  test('are symmetric; scaling a side by a power of two moves no bit of a cosine', () => {
    const [a, b] = [random(3, 100, 16), random(4, 100, 16)];
    const scaled = matrix(
      a.data.map((x) => x * 8),
      100,
      16,
    );
    for (const of of [rowDots, rowManhattanDistances, rowEuclideanDistances, rowCosines, rowCosinesByDistance])
      expect(of(a, b)).toEqual(of(b, a));
    expect(rowCosines(scaled, b)).toEqual(rowCosines(a, b));
    expect(rowCosinesByDistance(scaled, b)).toEqual(rowCosinesByDistance(a, b));
  });

  test('the largest and smallest float32 neither overflow nor vanish', () => {
    const [huge, tiny] = [3.4028234663852886e38, 1.401298464324817e-45];
    const a = rows([huge, huge], [tiny, 0]);
    const b = rows([-huge, -huge], [0, tiny]);
    for (const of of [rowDots, rowManhattanDistances, rowEuclideanDistances, rowCosines, rowCosinesByDistance])
      expect(of(a, b).every(Number.isFinite)).toBe(true);
    expect(rowCosines(a, b)[0]).toBe(-1);
    expect(rowEuclideanDistances(a, b)[1]).toBeGreaterThan(0);
  });

  test('matrices of different shapes are refused; no rows give no values', () => {
    expect(() => rowDots(random(1, 2, 3), random(1, 3, 3))).toThrow(
      'rows of shape (2, 3) cannot be paired with (3, 3)',
    );
    expect(() => rowDots(random(1, 2, 3), random(1, 2, 4))).toThrow(RangeError);
    expect(rowCosines(matrix(new Float32Array(0), 0, 5), matrix(new Float32Array(0), 0, 5)).length).toBe(0);
  });
});
