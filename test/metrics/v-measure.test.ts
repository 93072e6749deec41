import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { vMeasure } from '../../src/metrics/v-measure.js';
import { RandomState } from '../../src/numeric/random-state.js';
import { goldenPath } from '../shared.js';

interface Case {
  readonly true: readonly (number | string)[];
  readonly pred: readonly number[];
  readonly homogeneity: number;
  readonly completeness: number;
  readonly v_measure: number;
}

const cases = Object.entries(
  JSON.parse(readFileSync(goldenPath('estimators', 'metrics', 'v_measure.json'), 'utf8')) as Record<string, Case>,
);

/** float64 formulas of logarithms; another libm or order of sums moves the last digits only. */
const METRIC_TOLERANCE = 1e-12;

/** Names as numbers, in sorted order as scikit-learn numbers them. */
function numbers(labels: readonly (number | string)[]): number[] {
  const sorted = [...new Set(labels)].sort();
  return labels.map((label) => (typeof label === 'number' ? label : sorted.indexOf(label)));
}

/** The textbook: H(C), H(K) and H(C|K) from counts. */
function byConditionalEntropy(gold: readonly number[], predicted: readonly number[]): [number, number] {
  const n = gold.length;
  const count = (keep: (i: number) => boolean): number => gold.filter((_, i) => keep(i)).length;
  const h = (labels: readonly number[]): number =>
    [...new Set(labels)].reduce((sum, label) => {
      const p = labels.filter((other) => other === label).length / n;
      return sum - p * Math.log(p);
    }, 0);
  const conditional = (of: readonly number[], given: readonly number[]): number => {
    let sum = 0;
    for (const k of new Set(given)) {
      for (const c of new Set(of)) {
        const joint = count((i) => of[i] === c && given[i] === k);
        if (joint > 0) sum -= (joint / n) * Math.log(joint / count((i) => given[i] === k));
      }
    }
    return sum;
  };
  return [1 - conditional(gold, predicted) / h(gold), 1 - conditional(predicted, gold) / h(predicted)];
}

describe('vMeasure', () => {
  test.each(cases)('%s has the values of scikit-learn', (_, golden) => {
    const score = vMeasure(numbers(golden.true), golden.pred);
    expect(Math.abs(score.homogeneity - golden.homogeneity)).toBeLessThanOrEqual(METRIC_TOLERANCE);
    expect(Math.abs(score.completeness - golden.completeness)).toBeLessThanOrEqual(METRIC_TOLERANCE);
    expect(Math.abs(score.vMeasure - golden.v_measure)).toBeLessThanOrEqual(METRIC_TOLERANCE);
  });

  test('values at the ends are exact', () => {
    expect(vMeasure([], [])).toEqual({ homogeneity: 1, completeness: 1, vMeasure: 1 });
    expect(vMeasure([0, 1, 0], [4, 4, 4])).toEqual({ homogeneity: 0, completeness: 1, vMeasure: 0 });
    expect(vMeasure([4, 4, 4], [0, 1, 0])).toEqual({ homogeneity: 1, completeness: 0, vMeasure: 0 });
    expect(vMeasure([0, 0, 1, 1], [0, 1, 0, 1])).toEqual({ homogeneity: 0, completeness: 0, vMeasure: 0 });
  });

  test('a homogeneity just above one is not clipped', () => {
    expect(vMeasure([0, 0, 1, 1, 2, 2], [0, 1, 2, 3, 4, 5]).homogeneity).toBe(1.0000000000000002);
  });

  test('conditional entropies give the same two values', () => {
    const random = new RandomState(7);
    for (let round = 0; round < 20; round++) {
      const rows = 5 + 9 * round;
      const gold = Array.from({ length: rows }, () => Math.floor(random.randomSample() * 4));
      const predicted = gold.map((g) => (random.randomSample() < 0.5 ? g : Math.floor(random.randomSample() * 6)));
      const [homogeneity, completeness] = byConditionalEntropy(gold, predicted);
      const score = vMeasure(gold, predicted);
      expect(Math.abs(score.homogeneity - homogeneity)).toBeLessThanOrEqual(METRIC_TOLERANCE);
      expect(Math.abs(score.completeness - completeness)).toBeLessThanOrEqual(METRIC_TOLERANCE);
    }
  });

  test('names of labels and the order of rows do not matter, and swapping the sides swaps the two values', () => {
    const gold = [0, 0, 1, 1, 2, 2, 2, 1];
    const predicted = [1, 1, 0, 2, 2, 2, 0, 0];
    const score = vMeasure(gold, predicted);
    const renamed = vMeasure(
      gold.map((g) => -3.5 * g),
      predicted.map((p) => 1e9 + 7 * p),
    );
    const reversed = vMeasure([...gold].reverse(), [...predicted].reverse());
    const swapped = vMeasure(predicted, gold);
    for (const other of [renamed, reversed]) {
      expect(Math.abs(other.vMeasure - score.vMeasure)).toBeLessThanOrEqual(METRIC_TOLERANCE);
    }
    expect(Math.abs(swapped.homogeneity - score.completeness)).toBeLessThanOrEqual(METRIC_TOLERANCE);
    expect(Math.abs(swapped.completeness - score.homogeneity)).toBeLessThanOrEqual(METRIC_TOLERANCE);
  });

  test('labels of different lengths and labels that are no numbers are refused', () => {
    expect(() => vMeasure([0, 1], [0])).toThrow(/2 gold labels do not fit 1 predicted/);
    expect(() => vMeasure([0, Number.NaN], [0, 1])).toThrow(/finite/);
  });
});
