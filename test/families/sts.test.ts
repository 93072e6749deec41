import { describe, expect, it, test } from 'vitest';
import type { StsData, StsRows } from '../../src/datasets/types.js';
import { CORRECTED, protocolOf, PUBLISHED } from '../../src/definitions/protocol.js';
import { DEVIATIONS } from '../../src/definitions/types.js';
import { UserError } from '../../src/errors.js';
import { sts } from '../../src/families/sts.js';
import type { Scores } from '../../src/families/types.js';
import { RandomState } from '../../src/numeric/random-state.js';
import { differences, goldenCase, goldenCases, optionsFor, type ReferenceResult } from './golden-cases.js';
import { drawPairs, filled, NO_FILES, OPTIONS, vectorsOf, type PairVectors } from './pair-source.js';

/** Two ways to the same doubles. */
const METRIC_TOLERANCE = 1e-10;

function rows(score: Float64Array): StsRows {
  return { sentence1: filled(score.length), sentence2: filled(score.length), score };
}
function data(validation: Float64Array | null, test: Float64Array): StsData {
  return {
    ...NO_FILES,
    family: 'STS',
    splits: { validation: validation === null ? null : rows(validation), test: rows(test) },
  };
}
function drawn(seed: number, n: number): { gold: Record<'validation' | 'test', Float64Array>; vectors: PairVectors } {
  const random = new RandomState(seed);
  const noise = { validation: random.uniform(0, 2, n), test: random.uniform(0, 2, n) };
  const gold = { validation: noise.validation, test: noise.test };
  for (const split of ['validation', 'test'] as const)
    gold[split] = noise[split].map((x) => Math.round((5 - 2 * x + random.standardNormal()) * 2) / 2);
  return { gold, vectors: drawPairs(seed + 1, noise, 9) };
}

/** The protocol once more, from plain arrays, ranks by counting, correlation by its textbook form. */
function slowScores({ dims, test }: PairVectors, gold: Float64Array, trueEuclidean: boolean): Record<string, Scores> {
  const pairs = [...gold.keys()].map((i) =>
    [test.sentence1, test.sentence2].map((side) => [...side.subarray(i * dims, (i + 1) * dims)]),
  );
  const sum = (values: number[]) => values.reduce((a, b) => a + b, 0);
  const dot = (u: number[], v: number[]) => sum(u.map((x, j) => x * v[j]));
  const manhattan = (u: number[], v: number[]) => -sum(u.map((x, j) => Math.abs(x - v[j])));
  const similarities: Record<string, (u: number[], v: number[]) => number> = {
    cosine_similarity: (u, v) => dot(u, v) / (Math.hypot(...u) * Math.hypot(...v)),
    manhatten_distance: manhattan,
    euclidean_distance: trueEuclidean ? (u, v) => -Math.hypot(...u.map((x, j) => x - v[j])) : manhattan,
    dot_score: dot,
  };
  const correlation = (x: number[], y: number[]) => {
    const [mx, my] = [sum(x) / x.length, sum(y) / y.length];
    const xy = sum(x.map((value, i) => (value - mx) * (y[i] - my)));
    return xy / Math.sqrt(sum(x.map((value) => (value - mx) ** 2)) * sum(y.map((value) => (value - my) ** 2)));
  };
  const ranks = (x: number[]) =>
    x.map((value) => x.filter((other) => other < value).length + (x.filter((other) => other === value).length + 1) / 2);
  const scores: Record<string, Scores> = {};
  for (const [name, of] of Object.entries(similarities)) {
    const values = pairs.map(([u, v]) => of(u, v));
    scores[name] = { pearson: correlation([...gold], values), spearman: correlation(ranks([...gold]), ranks(values)) };
  }
  return scores;
}
function expectScores(got: Readonly<Record<string, Scores>>, expected: Readonly<Record<string, Scores>>): void {
  expect(Object.keys(got)).toEqual(Object.keys(expected));
  for (const [name, scores] of Object.entries(expected))
    for (const [metric, value] of Object.entries(scores))
      expect(Math.abs((got[name][metric] ?? NaN) - (value ?? NaN)), `${name} ${metric}`).toBeLessThan(METRIC_TOLERANCE);
}

describe('STS, golden cases', () => {
  for (const golden of goldenCases('STS')) {
    it.each(['published', 'corrected'] as const)(`${golden.name} equals the reference, %s`, async (reading) => {
      expect(sts.check(golden.data, golden.options.protocol)).toEqual([]);
      const result = await sts.evaluate(golden.data, golden.vectors, optionsFor(golden, reading));
      const extra = reading === 'published' ? golden.extra : {};
      expect(differences(result, golden[reading] as ReferenceResult, extra)).toEqual([]);
    });
  }

  test('the only deviation that matters is sts-euclidean', async () => {
    const golden = goldenCase('STS', 'random');
    const evaluate = (protocol = PUBLISHED) =>
      sts.evaluate(golden.data, golden.vectors, { ...golden.options, protocol });
    for (const deviation of DEVIATIONS)
      expect(await evaluate(protocolOf([deviation]))).toEqual(
        await evaluate(deviation === 'sts-euclidean' ? CORRECTED : PUBLISHED),
      );
  });
});

describe('STS', () => {
  test.each([
    ['published', PUBLISHED, false],
    ['sts-euclidean', protocolOf(['sts-euclidean']), true],
  ] as const)('agrees with a slow version written from the protocol, %s', async (_, protocol, trueEuclidean) => {
    for (let seed = 0; seed < 5; seed++) {
      const { gold, vectors } = drawn(seed * 10, 80);
      const result = await sts.evaluate(data(gold.validation, gold.test), vectorsOf(vectors), { ...OPTIONS, protocol });
      expectScores(result.test, slowScores(vectors, gold.test, trueEuclidean));
      const exchanged = { ...vectors, test: vectors.validation };
      const validation = slowScores(exchanged, gold.validation, trueEuclidean);
      expectScores(result.validation ?? {}, validation);
      // The two distances that are one and the same tie; the slow version says which similarity is best otherwise.
      const best = Math.max(...Object.values(validation).map((scores) => scores.spearman as number));
      expect(validation[result.choice.value].spearman).toBeCloseTo(best, 10);
      expect(result.main).toEqual({ metric: 'spearman', value: result.test[result.choice.value].spearman });
    }
  });

  test('does not change with the order of pairs, nor with the sides exchanged', async () => {
    const { gold, vectors } = drawn(3, 60);
    const order = new RandomState(8).permutation(60);
    const take = (values: Float32Array) =>
      Float32Array.from(order.flatMap((i) => [...values.subarray(i * vectors.dims, (i + 1) * vectors.dims)]));
    const { sentence1, sentence2 } = vectors.test;
    const shuffled = { ...vectors, test: { sentence1: take(sentence2), sentence2: take(sentence1) } };
    const shuffledGold = Float64Array.from(order, (i) => gold.test[i]);
    const [a, b] = await Promise.all([
      sts.evaluate(data(gold.validation, gold.test), vectorsOf(vectors), OPTIONS),
      sts.evaluate(data(gold.validation, shuffledGold), vectorsOf(shuffled), OPTIONS),
    ]);
    expectScores(b.test, a.test);
  });

  test('the length of a model’s vectors does not matter, nor the scale of the gold scores', async () => {
    const { gold, vectors } = drawn(4, 60);
    const times = ({ sentence1, sentence2 }: PairVectors['test']) => ({
      sentence1: sentence1.map((x) => 16 * x),
      sentence2: sentence2.map((x) => 16 * x),
    });
    const longer = { ...vectors, validation: times(vectors.validation), test: times(vectors.test) };
    const other = data(
      gold.validation.map((x) => x / 5),
      gold.test.map((x) => 20 * x + 3),
    );
    const [a, b] = await Promise.all([
      sts.evaluate(data(gold.validation, gold.test), vectorsOf(vectors), OPTIONS),
      sts.evaluate(other, vectorsOf(longer), OPTIONS),
    ]);
    expectScores(b.test, a.test);
    expect(b.choice).toEqual(a.choice);
  });

  test('without a validation split the fixed choice holds', async () => {
    const { gold, vectors } = drawn(5, 40);
    const both = await sts.evaluate(data(gold.validation, gold.test), vectorsOf(vectors), OPTIONS);
    const fixed = await sts.evaluate(data(null, gold.test), vectorsOf(vectors), {
      ...OPTIONS,
      fixedChoice: 'dot_score',
    });
    expect(fixed.validation).toBeNull();
    expect(fixed.choice).toEqual({ name: 'optimal_similarity_metric', value: 'dot_score' });
    expect(fixed.main.value).toBe(fixed.test.dot_score.spearman);
    expect(fixed.test).toEqual(both.test);
    expect(Object.keys(fixed.counts)).not.toContain('validationPairs');
    await expect(sts.evaluate(data(null, gold.test), vectorsOf(vectors), OPTIONS)).rejects.toThrow(UserError);
  });

  test('counts pairs and ties, and lists every pair of the test split', async () => {
    const golden = goldenCase('STS', 'ties');
    const result = await sts.evaluate(golden.data, golden.vectors, golden.options);
    const { validation, test } = golden.data.splits;
    const [id, score, gold] = result.items.columns;
    expect(result.items.columns.map((column) => column.name)).toEqual(['id', 'score', 'gold']);
    expect(id.values).toEqual([...test.score.keys()].map(String));
    expect(gold.values).toEqual(test.score);
    const alone = (values: readonly number[]) =>
      values.filter((x) => values.filter((y) => y === x).length === 1).length;
    const pairs = test.score.length;
    expect(result.counts).toEqual({
      validationPairs: validation?.score.length,
      testPairs: pairs,
      testTiedGold: pairs - alone([...test.score]),
      testTiedScores: pairs - alone([...(score.values as Float64Array)]),
    });
    expect(result.counts.testTiedScores).toBeGreaterThan(pairs / 2);
    expect(result.warnings).toEqual([]);
  });

  test('what has no correlation counts as 0 and is told', async () => {
    const constant = goldenCase('STS', 'constant_vectors');
    const { warnings } = await sts.evaluate(constant.data, constant.vectors, constant.options);
    const told = (split: string) =>
      sts.candidates.map(
        (name) => `${split}: all values of ${name} are equal, so no correlation is defined; it counts as 0`,
      );
    expect(warnings).toEqual([...told('validation'), ...told('test')]);
    const gold = goldenCase('STS', 'constant_test_gold');
    expect((await sts.evaluate(gold.data, gold.vectors, gold.options)).warnings).toEqual([
      'test: all gold scores are equal, so no correlation is defined; it counts as 0',
    ]);
  });

  test('all that is wrong with the rows is told together', () => {
    const file = (key: string) => ({
      key,
      path: '',
      name: `${key}.jsonl`,
      format: 'jsonl' as const,
      bytes: 0,
      sha256: '',
      rows: 0,
    });
    const wrong: StsData = {
      ...data(Float64Array.of(1), Float64Array.of(1, NaN, 3, Infinity)),
      files: [file('train'), file('test')],
    };
    expect(sts.check(wrong, PUBLISHED).map(({ where, what }) => [where, what])).toEqual([
      ['train.jsonl', 'it has one pair of sentences; a correlation needs at least two.'],
      ['test.jsonl, row 2', 'the gold score is NaN, expected a finite number (rows with such a score: 2).'],
    ]);
    expect(sts.check(data(null, new Float64Array(0)), PUBLISHED)[0].what).toContain('it has no pairs');
  });

  test('rows that are wrong are not scored', async () => {
    const { vectors } = drawn(1, 1);
    await expect(sts.evaluate(data(null, Float64Array.of(1)), vectorsOf(vectors), OPTIONS)).rejects.toThrow(UserError);
  });

  test('the rows of JSTS’ validation split are scored in well under a second', async () => {
    const n = 12_451;
    const gold = new RandomState(1).uniform(0, 5, n);
    const noise = { validation: gold.map((x) => 2 - x / 5), test: gold.slice(0, 2) };
    const vectors = vectorsOf(drawPairs(2, noise, 384));
    const times: number[] = [];
    for (let run = 0; run < 3; run++) {
      const start = performance.now();
      await sts.evaluate(data(gold, gold.slice(0, 2)), vectors, { ...OPTIONS, protocol: CORRECTED });
      times.push(performance.now() - start);
    }
    // Measured 0.3 s on two cores with a load of seven.
    expect(Math.min(...times)).toBeLessThan(1000);
  });
});
