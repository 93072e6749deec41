import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { PositiveSide } from '../../src/metrics/pair-thresholds.js';
import { applyThreshold, binaryAccuracy, binaryF1, searchThresholds } from '../../src/metrics/pair-thresholds.js';
import { RandomState } from '../../src/numeric/random-state.js';
import { goldenPath } from '../shared.js';

interface Applied {
  readonly accuracy: number;
  readonly f1: number;
}
interface Case {
  readonly scores: readonly number[];
  readonly labels: readonly number[];
  readonly descending: boolean;
  readonly best_accuracy: number;
  readonly threshold_accuracy: number;
  readonly best_f1: number;
  readonly threshold_f1: number;
  readonly applied_with_threshold_accuracy: Applied;
  readonly applied_with_threshold_f1: Applied;
}
const cases = Object.entries(
  JSON.parse(readFileSync(goldenPath('estimators', 'metrics', 'thresholds.json'), 'utf8')) as Record<string, Case>,
);

function draw(seed: number, n: number, levels: number): { scores: Float64Array; labels: Uint8Array } {
  const random = new RandomState(seed);
  const scores = Float64Array.from(random.randomSample(n), (x) => Math.floor(x * levels) / 8);
  return { scores, labels: Uint8Array.from(random.randomSample(n), (x) => (x < 0.3 ? 1 : 0)) };
}

/** Every cut by itself: labels as they would be, counted one by one. */
function slowSearch(scores: Float64Array, labels: Uint8Array, positive: PositiveSide) {
  const sign = positive === 'low' ? 1 : -1;
  const order = [...scores.keys()].sort((i, j) => sign * (scores[i] - scores[j]));
  const cuts = order.slice(0, -1).map((_, i) => {
    const predicted = new Uint8Array(scores.length);
    for (const row of order.slice(0, i + 1)) predicted[row] = 1;
    const threshold = (scores[order[i]] + scores[order[i + 1]]) / 2;
    return { threshold, accuracy: binaryAccuracy(predicted, labels), f1: binaryF1(predicted, labels) };
  });
  const first = (metric: 'accuracy' | 'f1') => {
    const best = Math.max(0, ...cuts.map((cut) => cut[metric]));
    // A hair's width: the same fraction in two forms may differ in the last bit.
    return best === 0
      ? [0, -1]
      : [best, (cuts.find((cut) => cut[metric] > best - 1e-12) as { threshold: number }).threshold];
  };
  return { accuracy: first('accuracy'), f1: first('f1') };
}

describe('thresholds of pairs', () => {
  test.each(cases)('of %s are the reference’s to the last bit, found and applied', (_, golden) => {
    const positive = golden.descending ? 'high' : 'low';
    const scores = Float64Array.from(golden.scores);
    const labels = Uint8Array.from(golden.labels);
    expect(searchThresholds(scores, labels, positive)).toEqual({
      accuracy: golden.best_accuracy,
      accuracyThreshold: golden.threshold_accuracy,
      f1: golden.best_f1,
      f1Threshold: golden.threshold_f1,
    });
    for (const [threshold, applied] of [
      [golden.threshold_accuracy, golden.applied_with_threshold_accuracy],
      [golden.threshold_f1, golden.applied_with_threshold_f1],
    ] as const) {
      const predicted = applyThreshold(scores, threshold, positive);
      expect(binaryAccuracy(predicted, labels)).toBeCloseTo(applied.accuracy, 12);
      expect(binaryF1(predicted, labels)).toBeCloseTo(applied.f1, 12);
    }
  });

  test.each(['low', 'high'] as const)('are those of trying every cut by itself (%s scores positive)', (positive) => {
    for (let seed = 0; seed < 40; seed++) {
      const { scores, labels } = draw(seed, 60, seed < 20 ? 12 : 1e6);
      const found = searchThresholds(scores, labels, positive);
      const slow = slowSearch(scores, labels, positive);
      expect(found.accuracy).toBeCloseTo(slow.accuracy[0], 12);
      expect(found.f1).toBeCloseTo(slow.f1[0], 12);
      expect([found.accuracyThreshold, found.f1Threshold]).toEqual([slow.accuracy[1], slow.f1[1]]);
    }
  });

  test('without ties an applied threshold gives what was found', () => {
    for (const positive of ['low', 'high'] as const) {
      const { scores, labels } = draw(77, 500, 2 ** 40);
      const found = searchThresholds(scores, labels, positive);
      expect(binaryAccuracy(applyThreshold(scores, found.accuracyThreshold, positive), labels)).toBe(found.accuracy);
      expect(binaryF1(applyThreshold(scores, found.f1Threshold, positive), labels)).toBeCloseTo(found.f1, 12);
    }
  });

  test('negated scores and the other side give the negated threshold', () => {
    const { scores, labels } = draw(5, 200, 30);
    const low = searchThresholds(scores, labels, 'low');
    const high = searchThresholds(
      scores.map((x) => -x),
      labels,
      'high',
    );
    expect(high).toEqual({ ...low, accuracyThreshold: -low.accuracyThreshold, f1Threshold: -low.f1Threshold });
  });

  test('the order of pairs does not matter where no scores are equal', () => {
    const { scores, labels } = draw(6, 200, 2 ** 40);
    const order = [...new RandomState(1).permutation(200)];
    const shuffled = searchThresholds(
      Float64Array.from(order, (i) => scores[i]),
      Uint8Array.from(order, (i) => labels[i]),
      'low',
    );
    expect(shuffled).toEqual(searchThresholds(scores, labels, 'low'));
  });

  test('a score at the threshold is not below it: negative as a distance, positive as a similarity', () => {
    expect([...applyThreshold(Float64Array.of(1, 2, 3), 2, 'low')]).toEqual([1, 0, 0]);
    expect([...applyThreshold(Float64Array.of(1, 2, 3), 2, 'high')]).toEqual([0, 1, 1]);
  });

  test('lists of different lengths are refused', () => {
    expect(() => searchThresholds(new Float64Array(2), new Uint8Array(3), 'low')).toThrow('2 scores for 3 labels');
  });
});
