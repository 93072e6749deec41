import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { isConstant, pearson, spearman } from '../../src/metrics/correlation.js';
import { RandomState } from '../../src/numeric/random-state.js';
import { goldenPath } from '../shared.js';

interface Case {
  readonly x: readonly (number | 'NaN')[];
  readonly y: readonly number[];
  readonly spearman?: number | 'NaN';
  readonly pearson?: number | 'NaN';
  readonly error?: string;
}
const cases = Object.entries(
  JSON.parse(readFileSync(goldenPath('estimators', 'metrics', 'correlation.json'), 'utf8')) as Record<string, Case>,
);
/** Doubles in another order of sums. */
const METRIC_TOLERANCE = 1e-12;

const numbers = (values: readonly (number | 'NaN')[]) => Float64Array.from(values, Number);
const normal = (seed: number, n: number) => Float64Array.from(new RandomState(seed).standardNormal(n));

function expectValue(got: number | null, expected: number | 'NaN' | undefined): void {
  if (expected === 'NaN') expect(got).toBeNull();
  else expect(Math.abs((got ?? NaN) - (expected as number))).toBeLessThanOrEqual(METRIC_TOLERANCE);
}

/** Pairs that agree less pairs that do not, each weighted by both distances: another form of the covariance. */
function slowPearson(x: Float64Array, y: Float64Array): number {
  let [xy, xx, yy] = [0, 0, 0];
  for (let i = 0; i < x.length; i++)
    for (let j = 0; j < i; j++) {
      xy += (x[i] - x[j]) * (y[i] - y[j]);
      xx += (x[i] - x[j]) ** 2;
      yy += (y[i] - y[j]) ** 2;
    }
  return xy / Math.sqrt(xx * yy);
}

describe('correlation', () => {
  test.each(cases)('of %s is SciPy’s, null where SciPy has NaN, an error where SciPy has one', (_, golden) => {
    const [x, y] = [numbers(golden.x), numbers(golden.y)];
    if (golden.error !== undefined) {
      expect(() => pearson(x, y)).toThrow(RangeError);
      expect(() => spearman(x, y)).toThrow(RangeError);
      return;
    }
    expectValue(pearson(x, y), golden.pearson);
    expectValue(spearman(x, y), golden.spearman);
  });

  test('is the sum over all pairs of pairs', () => {
    const x = normal(11, 150);
    const y = x.map((value, i) => value + normal(12, 150)[i]);
    expectValue(pearson(x, y), slowPearson(x, y));
  });

  test('Spearman without ties is 1 - 6 sum d^2 / (n^3 - n)', () => {
    const n = 400;
    const permutation = Float64Array.from(new RandomState(3).permutation(n));
    let squares = 0;
    permutation.forEach((value, i) => (squares += (value - i) ** 2));
    expectValue(spearman(Float64Array.from(permutation.keys()), permutation), 1 - (6 * squares) / (n ** 3 - n));
  });

  test('does not change with the order of pairs, nor with the sides exchanged', () => {
    const [x, y] = [normal(1, 300), normal(2, 300)];
    const order = [...new RandomState(9).permutation(300)];
    const shuffled = [x, y].map((values) => Float64Array.from(order, (i) => values[i]));
    for (const of of [pearson, spearman]) {
      expectValue(of(shuffled[0], shuffled[1]), of(x, y) as number);
      expectValue(of(y, x), of(x, y) as number);
    }
  });

  test('Pearson keeps under a line, Spearman to the last bit under any rising function', () => {
    const [x, y] = [normal(1, 200), normal(2, 200)];
    expectValue(
      pearson(
        x.map((value) => 7 * value + 1000),
        y,
      ),
      pearson(x, y) as number,
    );
    expectValue(
      pearson(
        x.map((value) => -value),
        y,
      ),
      -(pearson(x, y) as number),
    );
    expect(spearman(x.map(Math.exp), y)).toBe(spearman(x, y));
    expect(
      spearman(
        x.map((value) => value ** 3),
        y,
      ),
    ).toBe(spearman(x, y));
  });

  test('values of any size are taken', () => {
    const [x, y] = [normal(5, 50), normal(6, 50)];
    const expected = pearson(x, y) as number;
    for (const scale of [2 ** 1018, 2 ** -1000]) {
      expectValue(
        pearson(
          x.map((value) => value * scale),
          y,
        ),
        expected,
      );
      expectValue(
        pearson(
          y,
          x.map((value) => value * scale),
        ),
        expected,
      );
    }
    expectValue(pearson(Float64Array.of(0, 5e-324, 1e-323), Float64Array.of(0, 1, 2)), 1);
  });

  test('stays within -1 and 1', () => {
    for (let seed = 0; seed < 200; seed++) {
      const x = normal(seed, 3);
      expect(
        pearson(
          x,
          x.map((value) => value * 3),
        ),
      ).toBeLessThanOrEqual(1);
      expect(
        pearson(
          x,
          x.map((value) => value * -0.1),
        ),
      ).toBeGreaterThanOrEqual(-1);
    }
  });

  test('sides of different lengths are refused', () => {
    expect(() => pearson(new Float64Array(3), new Float64Array(4))).toThrow('3 values cannot be correlated with 4');
  });

  test('constant is what has one value', () => {
    expect(isConstant(Float64Array.of(2, 2, 2))).toBe(true);
    expect(isConstant(Float64Array.of(2, 2 + 2 ** -51))).toBe(false);
  });
});
