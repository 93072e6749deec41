import { describe, expect, test } from 'vitest';
import { LogisticLoss } from '../../src/estimators/logistic-loss.js';
import { RandomState } from '../../src/numeric/random-state.js';
import { describeShared } from '../shared.js';
import { asVectors, goldenInput, goldenJson, slice, type LabelledRows } from './golden-rows.js';

interface Point {
  readonly f: number;
  readonly g_first10: number[];
  readonly g_last: number;
  readonly g_norm: number;
}
const { cases } = goldenJson('logreg', 'cases.json') as {
  cases: Record<string, { 'objective_at_0.05_sin_i_plus_1': Point }>;
};

/** One evaluation in float64: only the order of sums differs. */
const EVALUATION_TOLERANCE = 1e-12;
/** Central differences with step 1e-6: error of second order, and rounding of the values. */
const DIFFERENCE_TOLERANCE = 1e-8;
const STEP = 1e-6;
const OPTIONS = { c: 1, threads: 1, maxMemory: 2 ** 28 };

async function open({ labels, ...rows }: LabelledRows): Promise<LogisticLoss> {
  const classes = [...new Set(labels)].sort((a, b) => a - b);
  const targets = Int32Array.from(labels, (label) => classes.indexOf(label));
  return LogisticLoss.open(asVectors(rows), targets, classes.length, OPTIONS);
}

async function agreesAtTheFixedPoint(name: string, rows: LabelledRows): Promise<void> {
  const golden = cases[name]['objective_at_0.05_sin_i_plus_1'];
  const loss = await open(rows);
  try {
    const { value, gradient } = await loss.at(
      Float64Array.from({ length: loss.size }, (_, i) => 0.05 * Math.sin(i + 1)),
    );
    const limit = EVALUATION_TOLERANCE * golden.g_norm;
    expect(Math.abs(value - golden.f)).toBeLessThanOrEqual(EVALUATION_TOLERANCE * golden.f);
    golden.g_first10.forEach((g, i) => expect(Math.abs(gradient[i] - g)).toBeLessThanOrEqual(limit));
    expect(Math.abs(gradient[gradient.length - 1] - golden.g_last)).toBeLessThanOrEqual(limit);
    expect(Math.abs(Math.hypot(...gradient) - golden.g_norm)).toBeLessThanOrEqual(limit);
  } finally {
    await loss.close();
  }
}

describe('the objective equals scikit-learn 1.5.0 at w = 0.05 sin(i + 1)', () => {
  const gap = goldenInput('syn', 'gap_train');
  const scaled = goldenInput('syn', 'scaled_train');
  test.each<[string, () => LabelledRows]>([
    ['gap_labels', () => slice(gap, 0, 60)],
    ['two_rows', () => slice(gap, 0, 2)],
    ['dups', () => slice(goldenInput('syn', 'dups'), 0, 300)],
    ['scaled', () => scaled],
    ['scaled_binary', () => ({ ...scaled, labels: scaled.labels.map((y) => Number(y === 1)) })],
  ])('on %s', (name, rows) => agreesAtTheFixedPoint(name, rows()));
});

describeShared('the objective equals scikit-learn 1.5.0 at w = 0.05 sin(i + 1) on real vectors', () => {
  test.each<[string, () => LabelledRows]>([
    ['amazon', () => goldenInput('emb', 'amazon_train')],
    ['sib200', () => goldenInput('emb', 'sib200_train')],
    ['many60', () => goldenInput('syn', 'many_train')],
  ])('on %s', (name, rows) => agreesAtTheFixedPoint(name, rows()));
});

describe('LogisticLoss', () => {
  test.each([2, 3, 7])('its gradient is that of finite differences with %d classes', async (nClasses) => {
    const random = new RandomState(nClasses);
    const draw = (length: number): Float64Array => Float64Array.from({ length }, () => random.standardNormal());
    const dims = 5;
    const rows = Float32Array.from(draw(40 * dims));
    const loss = await open({ rows, dims, labels: Array.from({ length: 40 }, (_, i) => i % nClasses) });
    try {
      const point = draw(loss.size);
      const { gradient } = await loss.at(point);
      for (let j = 0; j < loss.size; j++) {
        const at = async (step: number): Promise<number> =>
          (await loss.at(point.map((value, i) => (i === j ? value + step : value)))).value;
        const slope = ((await at(STEP)) - (await at(-STEP))) / (2 * STEP);
        expect(Math.abs(gradient[j] - slope)).toBeLessThanOrEqual(DIFFERENCE_TOLERANCE);
      }
    } finally {
      await loss.close();
    }
  });

  test.each([2, 3])('stays finite where scores are extreme, with %d classes', async (nClasses) => {
    const rows = Float32Array.of(1, -1, 1, -1, 1, -1);
    const loss = await open({ rows, dims: 1, labels: [0, 1, 2, 2, 1, 0].map((y) => y % nClasses) });
    try {
      for (const scale of [800, 1e6, -1e6]) {
        const { value, gradient } = await loss.at(Float64Array.from({ length: loss.size }, (_, i) => scale * (i + 1)));
        expect(Number.isFinite(value)).toBe(true);
        expect(gradient.every(Number.isFinite)).toBe(true);
      }
    } finally {
      await loss.close();
    }
  });

  test('at zero it is the logarithm of the number of classes', async () => {
    for (const nClasses of [2, 5]) {
      const labels = Array.from({ length: 10 }, (_, i) => i % nClasses);
      const loss = await open({ rows: new Float32Array(20).fill(3), dims: 2, labels });
      expect((await loss.at(new Float64Array(loss.size))).value).toBeCloseTo(Math.log(nClasses), 14);
      await loss.close();
    }
  });
});
