import { describe, expect, test } from 'vitest';
import { accuracy, f1Scores } from '../../src/metrics/f1-scores.js';
import { RandomState } from '../../src/numeric/random-state.js';
import { goldenJson } from '../estimators/golden-rows.js';

interface Case {
  readonly true: number[];
  readonly pred: number[];
  readonly accuracy: number;
  readonly f1_macro: number;
  readonly f1_micro: number;
  readonly f1_weighted: number;
  readonly f1_per_label: number[];
  readonly labels: number[];
}
const golden = goldenJson('metrics', 'classification.json') as Record<string, Case>;

/** Float64 formulas of counts. */
const METRIC_TOLERANCE = 1e-12;
const near = (got: number | undefined | null, expected: number): void =>
  expect(Math.abs((got ?? NaN) - expected)).toBeLessThanOrEqual(METRIC_TOLERANCE);

describe('accuracy and F1 are those of scikit-learn 1.5.0', () => {
  test.each(Object.entries(golden))('on %s', (_, { true: gold, pred, ...expected }) => {
    near(accuracy(gold, pred), expected.accuracy);
    const f1 = f1Scores(gold, pred);
    expect([...(f1?.labels ?? [])]).toEqual(expected.labels);
    expected.f1_per_label.forEach((value, i) => near(f1?.perLabel[i], value));
    near(f1?.macro, expected.f1_macro);
    near(f1?.micro, expected.f1_micro);
    near(f1?.weighted, expected.f1_weighted);
  });
});

describe('F1', () => {
  const random = new RandomState(4);
  const draw = (): number[] => Array.from({ length: 300 }, () => Number(random.randint(-3, 9)));
  const [gold, predicted] = [draw(), draw()];

  test('is the harmonic mean of precision and recall', () => {
    const f1 = f1Scores(gold, predicted);
    f1?.labels.forEach((label, i) => {
      const hits = gold.filter((y, row) => y === label && predicted[row] === label).length;
      const precision = hits / predicted.filter((y) => y === label).length;
      const recall = hits / gold.filter((y) => y === label).length;
      near(f1.perLabel[i], hits === 0 ? 0 : 2 / (1 / precision + 1 / recall));
    });
  });

  test('does not depend on the order of rows or the names of labels; micro is the accuracy', () => {
    const f1 = f1Scores(gold, predicted);
    const renamed = (values: number[]): number[] => [...values].reverse().map((y) => -7 * y + 100);
    const other = f1Scores(renamed(gold), renamed(predicted));
    near(other?.macro, f1?.macro as number);
    near(other?.weighted, f1?.weighted as number);
    expect(f1?.micro).toBe(accuracy(gold, predicted));
  });

  test('is undefined without rows, and refuses lists of different lengths', () => {
    expect([accuracy([], []), f1Scores([], [])]).toEqual([null, null]);
    expect(() => accuracy([1], [])).toThrow(RangeError);
    expect(() => f1Scores([1], [1, 2])).toThrow('1 gold labels do not fit 2');
  });
});
