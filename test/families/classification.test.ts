import { describe, expect, it, test } from 'vitest';
import type { ClassificationData, Label, LabelledTextRows } from '../../src/datasets/types.js';
import { CORRECTED, PUBLISHED } from '../../src/definitions/protocol.js';
import { UserError } from '../../src/errors.js';
import { classification } from '../../src/families/classification.js';
import type { FamilyOptions, FamilyResult, VectorsOf } from '../../src/families/types.js';
import { RandomState } from '../../src/numeric/random-state.js';
import { asVectors, goldenInput, goldenJson } from '../estimators/golden-rows.js';
import { describeShared } from '../shared.js';
import { differences, goldenCase, goldenCases, optionsFor, type ReferenceResult } from './golden-cases.js';
import { NO_FILES, OPTIONS } from './pair-source.js';

const column = (result: FamilyResult, name: string): number[] =>
  Array.from(result.items.columns.find((c) => c.name === name)?.values as Float64Array);

describe('classification is that of the reference', () => {
  for (const golden of goldenCases('Classification')) {
    test.each(['published', 'corrected'] as const)(`on ${golden.name}, %s`, async (reading) => {
      const result = await classification.evaluate(golden.data, golden.vectors, optionsFor(golden, reading));
      const extra = reading === 'published' || golden.published === golden.corrected ? golden.extra : {};
      expect(differences(result, golden[reading] as ReferenceResult, extra)).toEqual([]);
      if (extra.predictions !== undefined) {
        expect(column(result, 'predicted')).toEqual(extra.predictions[result.choice.value].test);
      }
    });
  }
});

type Split = 'train' | 'validation' | 'test';
const SPLITS = ['train', 'validation', 'test'] as const;

interface ProtocolCase {
  readonly chosen: string;
  readonly [classifier: string]: unknown;
}

describeShared('classification by the protocol on real vectors', () => {
  test.each(['amazon', 'sib200'])('on %s', async (name) => {
    const golden = (goldenJson('protocol.json') as { classification: Record<string, ProtocolCase> }).classification;
    const splits = Object.fromEntries(SPLITS.map((split) => [split, goldenInput('emb', `${name}_${split}`)]));
    const result = await classification.evaluate(
      dataOf(Object.fromEntries(SPLITS.map((split) => [split, splits[split].labels])) as Record<Split, Label[]>),
      (split) => asVectors(splits[split]),
      OPTIONS,
    );
    const { chosen, ...expected } = golden[name];
    expect(result.choice.value).toBe(chosen);
    for (const classifier of Object.keys(expected)) {
      const { validation, test } = expected[classifier] as Record<Split, Record<string, number>>;
      for (const metric of ['accuracy', 'macro_f1']) {
        expect(result.validation?.[classifier][metric]).toBeCloseTo(validation[metric], 12);
        expect(result.test[classifier][metric]).toBeCloseTo(test[metric], 12);
      }
    }
  });
});

function rowsOf(label: readonly Label[]): LabelledTextRows {
  return { text: label.map((_, i) => `文${i}`), label };
}
function dataOf(
  labels: Readonly<Record<'train' | 'test', readonly Label[]>> & { readonly validation: readonly Label[] | null },
): ClassificationData {
  const { train, validation, test } = labels;
  return {
    ...NO_FILES,
    family: 'Classification',
    splits: { train: rowsOf(train), validation: validation === null ? null : rowsOf(validation), test: rowsOf(test) },
  };
}

/** Vectors that point to corner `label % dims` of a cube, with noise. */
function vectorsFor(labels: Readonly<Record<Split, readonly number[]>>, noise = 0.3, dims = 4): VectorsOf {
  return (split) => {
    const random = new RandomState(split.length);
    const rows = Float32Array.from(
      labels[split as Split].flatMap((label) =>
        Array.from({ length: dims }, (_, j) => Number(j === label) + noise * random.standardNormal()),
      ),
    );
    return asVectors({ rows, dims });
  };
}

const numbers = {
  train: Array.from({ length: 40 }, (_, i) => i % 3),
  validation: Array.from({ length: 15 }, (_, i) => i % 3),
  test: Array.from({ length: 21 }, (_, i) => (i * 2) % 3),
};
const evaluate = (
  labels: Parameters<typeof dataOf>[0],
  options: Partial<FamilyOptions> = {},
  vectors = vectorsFor(numbers),
): Promise<FamilyResult> => classification.evaluate(dataOf(labels), vectors, { ...OPTIONS, ...options });

describe('classification', () => {
  it('reports every classifier on both splits, how the solver ended, sizes and items', async () => {
    const result = await evaluate(numbers);
    expect(Object.keys(result.test)).toEqual(['knn_cosine_k_2', 'logreg']);
    expect(result.choice.name).toBe('optimal_classifier_name');
    expect(result.details).toMatchObject({ knn_cosine_k_2: { k: 2 }, logreg: { converged: true } });
    const { nIter, nfev, loss } = result.details?.logreg as Record<string, number>;
    expect(nfev).toBeGreaterThan(nIter);
    expect(loss).toBeGreaterThan(0);
    expect(result.counts).toEqual({
      trainRows: 40,
      trainLabels: 3,
      validationRows: 15,
      validationLabels: 3,
      testRows: 21,
      testLabels: 3,
    });
    expect(result.items.columns.map(({ name }) => name)).toEqual(['id', 'gold', 'predicted']);
    expect(column(result, 'gold')).toEqual(numbers.test);
    expect(result.warnings).toEqual([]);
  });

  it('gives each row its share only where micro F1 leads', async () => {
    const result = await evaluate(numbers, { average: ['micro', 'macro'] });
    expect(Object.keys(result.test.logreg)).toEqual(['accuracy', 'micro_f1', 'macro_f1']);
    const main = column(result, 'main');
    expect(main.reduce((a, b) => a + b) / main.length).toBeCloseTo(result.main.value as number, 14);
    expect(main).toEqual(column(result, 'gold').map((y, i) => Number(y === column(result, 'predicted')[i])));
  });

  it('says that a text for the average means macro', async () => {
    const result = await evaluate(numbers, { average: 'micro' });
    expect(result.main.metric).toBe('macro_f1');
    expect(result.warnings.join()).toContain('average is the text "micro"');
  });

  it('knows the names of labels only by their order', async () => {
    const named = (names: readonly Label[]): Parameters<typeof dataOf>[0] => ({
      train: numbers.train.map((y) => names[y]),
      validation: numbers.validation.map((y) => names[y]),
      test: numbers.test.map((y) => names[y]),
    });
    const expected = await evaluate(numbers);
    for (const names of [
      [-7, 0, 1000],
      ['あ', 'い', 'う'],
      // Code points, not UTF-16 units, which would put the last before the second.
      ['a', '\uff5e', '𠮷'],
    ]) {
      const result = await evaluate(named(names));
      expect(result.test).toEqual(expected.test);
      expect(result.validation).toEqual(expected.validation);
    }
    const two = { train: [0, 1, 1, 0, 1], validation: [1, 0], test: [0, 0, 1] };
    const booleans = {
      train: two.train.map(Boolean),
      validation: two.validation.map(Boolean),
      test: two.test.map(Boolean),
    };
    const plain = await evaluate(two, {}, vectorsFor(two));
    expect((await evaluate(booleans, {}, vectorsFor(two))).test).toEqual(plain.test);
  });

  it('numbers texts split by split under published, with a warning, and once with shared-label-map', async () => {
    const names = ['東京', '大阪', '京都'];
    const only = (split: Split, keep: number[]): number[] => numbers[split].filter((y) => keep.includes(y));
    const chosen = { train: numbers.train, validation: only('validation', [0, 1]), test: only('test', [0, 2]) };
    const labels = {
      train: chosen.train.map((y) => names[y]),
      validation: chosen.validation.map((y) => names[y]),
      test: chosen.test.map((y) => names[y]),
    };
    const vectors = vectorsFor(chosen, 0.05);
    const corrected = await evaluate(labels, { protocol: CORRECTED }, vectors);
    expect(corrected.main.value).toBe(1);
    expect(corrected.warnings.some((warning) => warning.includes('shared-label-map'))).toBe(false);
    const published = await evaluate(labels, { protocol: PUBLISHED }, vectors);
    expect(published.main.value).toBeLessThan(1);
    expect(published.warnings.filter((warning) => warning.includes('shared-label-map'))).toHaveLength(2);
    expect(published.warnings.join()).toContain('validation: no row has "京都", which training rows have');
  });

  it('counts rows whose label training lacks as wrong, and says so', async () => {
    const labels = { ...numbers, test: numbers.test.map((y, i) => (i < 2 ? 9 : y)) };
    const result = await evaluate(labels, {}, vectorsFor(numbers, 0.05));
    expect(result.test.logreg.accuracy).toBeCloseTo(19 / 21, 14);
    expect(result.warnings).toEqual(['test: 2 rows have labels that no training row has (9); they count as wrong']);
  });

  it('uses the fixed choice where there is no validation split', async () => {
    const labels = { ...numbers, validation: null };
    const result = await evaluate(labels, { fixedChoice: 'logreg' });
    expect([result.validation, result.choice.value]).toEqual([null, 'logreg']);
    expect(Object.keys(result.test)).toEqual(['knn_cosine_k_2', 'logreg']);
    await expect(evaluate(labels)).rejects.toThrow(UserError);
  });

  it('says when the solver was stopped', async () => {
    const { data, vectors, options } = goldenCase('Classification', 'stops_at_100');
    const result = await classification.evaluate(data, vectors, options);
    expect(result.details).toMatchObject({ logreg: { nIter: 100, converged: false } });
    expect(result.warnings.join()).toContain('did not converge in 100 iterations');
  });

  it('tells its progress, never past the end', async () => {
    const seen: [string, number, number][] = [];
    await evaluate(numbers, { onProgress: (...call) => seen.push(call) });
    expect(seen.every(([, done, total]) => done <= total)).toBe(true);
    for (const label of ['knn_cosine_k_2', 'logreg']) {
      const [, done, total] = seen.filter(([name]) => name === label).at(-1) ?? [label, 0, 1];
      expect(done).toBe(total);
    }
  });

  it('does not depend on threads or memory', async () => {
    const expected = await evaluate(numbers);
    for (const options of [{ threads: 2 }, { maxMemory: 1 }]) {
      expect(await evaluate(numbers, options)).toEqual(expected);
    }
  });

  it('gives the majority where all vectors are equal or zero', async () => {
    const labels = { train: [0, 0, 1, 0], validation: [0, 1], test: [0, 0, 1] };
    for (const value of [0, 1]) {
      const constant: VectorsOf = (split) =>
        asVectors({ rows: new Float32Array(labels[split as Split].length * 3).fill(value), dims: 3 });
      const result = await evaluate(labels, {}, constant);
      expect(result.test.logreg.accuracy).toBeCloseTo(2 / 3, 14);
      expect(column(result, 'predicted')).toEqual([0, 0, 0]);
    }
  });
});

describe('check of classification', () => {
  const problems = (labels: Parameters<typeof dataOf>[0]): string[] =>
    classification.check(dataOf(labels), PUBLISHED).map(({ where, what }) => `${where}: ${what}`);

  it('finds nothing in good rows', () => {
    expect(problems(numbers)).toEqual([]);
    expect(problems({ ...numbers, validation: null })).toEqual([]);
    expect(problems({ train: ['a', 'b'], validation: ['c'], test: ['a'] })).toEqual([]);
  });

  it.each<[string, Parameters<typeof dataOf>[0], string[]]>([
    [
      'empty splits, all of them',
      { train: [], validation: [], test: [] },
      ['train: it has no rows', 'validation: it has no rows', 'test: it has no rows'],
    ],
    ['one training row', { train: [1], validation: [1], test: [1] }, ['train: it has one row, and 2 neighbours vote']],
    ['one class', { train: ['a', 'a'], validation: ['a'], test: ['a'] }, ['train: all its rows have one label ("a")']],
    [
      'labels that are no whole numbers',
      { train: [0, 1.5], validation: [0, NaN], test: [0] },
      ['train, row 2: the label is 1.5', 'validation, row 2: the label is NaN'],
    ],
    [
      'several types in a split',
      { train: [0, 1, 'a'], validation: [0], test: [0] },
      ['train, row 3: the label is "a" (string), but the first row has 0 (number)'],
    ],
    [
      'several types among splits',
      { train: [0, 1], validation: ['0'], test: [0] },
      ['validation: its labels are of the type string, those of train of the type number'],
    ],
  ])('finds %s', (_, labels, expected) => {
    const found = problems(labels);
    expect(found).toHaveLength(expected.length);
    expected.forEach((start, i) => expect(found[i].startsWith(start), found[i]).toBe(true));
  });

  it('is held by evaluate', async () => {
    await expect(evaluate({ ...numbers, train: numbers.train.map(() => 1) })).rejects.toThrow(
      'all its rows have one label',
    );
  });
});
