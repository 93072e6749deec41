import { describe, expect, it, test } from 'vitest';
import type { Label, LabelledPairRows, PairData } from '../../src/datasets/types.js';
import { CORRECTED, protocolOf, PUBLISHED } from '../../src/definitions/protocol.js';
import { DEVIATIONS } from '../../src/definitions/types.js';
import { UserError } from '../../src/errors.js';
import { pairClassification } from '../../src/families/pair-classification.js';
import type { CandidateScores, Scores } from '../../src/families/types.js';
import { RandomState } from '../../src/numeric/random-state.js';
import { differences, goldenCase, goldenCases, optionsFor, type ReferenceResult } from './golden-cases.js';
import { drawPairs, filled, NO_FILES, OPTIONS, vectorsOf, type PairVectors } from './pair-source.js';

/** Two ways to the same doubles. */
const METRIC_TOLERANCE = 1e-10;
type Labels = Readonly<Record<'validation' | 'test', readonly Label[]>>;

function rows(label: readonly Label[]): LabelledPairRows {
  return { sentence1: filled(label.length), sentence2: filled(label.length), label };
}
function data({ validation, test }: Labels): PairData {
  return { ...NO_FILES, family: 'PairClassification', splits: { validation: rows(validation), test: rows(test) } };
}
function drawn(seed: number, n: number): { labels: Record<'validation' | 'test', number[]>; vectors: PairVectors } {
  const random = new RandomState(seed);
  const draw = () => Array.from(random.randomSample(n), (x) => (x < 0.4 ? 1 : 0));
  const labels = { validation: draw(), test: draw() };
  const noise = (split: number[]) =>
    Float64Array.from(split, (label) => (label ? 0.6 : 1.4) + random.uniform(-0.5, 0.5));
  return {
    labels,
    vectors: drawPairs(seed + 1, { validation: noise(labels.validation), test: noise(labels.test) }, 7),
  };
}

/** The protocol once more, from plain arrays: every cut is made and counted by itself. */
function slowScores({ dims, validation, test }: PairVectors, labels: Labels, cosineIsHigh: boolean) {
  const sum = (values: number[]) => values.reduce((a, b) => a + b, 0);
  const dot = (u: number[], v: number[]) => sum(u.map((x, j) => x * v[j]));
  const measures: Record<string, (u: number[], v: number[]) => number> = {
    cosine_distances: (u, v) => dot(u, v) / Math.sqrt(dot(u, u) * dot(v, v)),
    manhatten_distances: (u, v) => sum(u.map((x, j) => Math.abs(x - v[j]))),
    euclidean_distances: (u, v) => Math.hypot(...u.map((x, j) => x - v[j])),
    dot_similarities: dot,
  };
  const measured = (name: string, side: PairVectors['test']) =>
    [...Array(side.sentence1.length / dims).keys()].map((i) => {
      const [u, v] = [side.sentence1, side.sentence2].map((x) => [...x.subarray(i * dims, (i + 1) * dims)]);
      return measures[name](u, v);
    });
  const accuracy = (p: number[], y: readonly Label[]) => p.filter((x, i) => x === y[i]).length / p.length;
  const f1 = (p: number[], y: readonly Label[]) => {
    const both = p.filter((x, i) => x === 1 && y[i] === 1).length;
    const some = p.filter((x, i) => x === 1 || y[i] === 1).length;
    return some === 0 ? 0 : (2 * both) / (both + some);
  };
  const scores: { validation: CandidateScores; test: CandidateScores } = { validation: {}, test: {} };
  for (const name of Object.keys(measures)) {
    const high = name === 'dot_similarities' || (name === 'cosine_distances' && cosineIsHigh);
    const values = measured(name, validation);
    const order = [...values.keys()].sort((i, j) => (high ? values[j] - values[i] : values[i] - values[j]));
    const best = { accuracy: [0, -1], f1: [0, -1] };
    for (let cut = 1; cut < order.length; cut++) {
      const predicted = values.map((_, i) => (order.indexOf(i) < cut ? 1 : 0));
      const middle = (values[order[cut - 1]] + values[order[cut]]) / 2;
      for (const [metric, of] of [
        ['accuracy', accuracy],
        ['f1', f1],
      ] as const) {
        const value = of(predicted, labels.validation);
        if (value > best[metric][0] + 1e-12) best[metric] = [value, middle];
      }
    }
    const apply = (threshold: number) =>
      measured(name, test).map((x) => (high ? (x < threshold ? 0 : 1) : x < threshold ? 1 : 0));
    const entry = (a: number, f: number): Scores => ({
      accuracy: a,
      accuracy_threshold: best.accuracy[1],
      binary_f1: f,
      binary_f1_threshold: best.f1[1],
    });
    scores.validation[name] = entry(best.accuracy[0], best.f1[0]);
    scores.test[name] = entry(accuracy(apply(best.accuracy[1]), labels.test), f1(apply(best.f1[1]), labels.test));
  }
  return scores;
}
function expectScores(got: CandidateScores | null, expected: CandidateScores): void {
  expect(Object.keys(got ?? {})).toEqual(Object.keys(expected));
  for (const [name, scores] of Object.entries(expected))
    for (const [metric, value] of Object.entries(scores))
      expect(Math.abs((got?.[name][metric] ?? NaN) - (value ?? NaN)), `${name} ${metric}`).toBeLessThan(
        METRIC_TOLERANCE,
      );
}

describe('pair classification, golden cases', () => {
  for (const golden of goldenCases('PairClassification')) {
    it.each(['published', 'corrected'] as const)(`${golden.name} equals the reference, %s`, async (reading) => {
      const expected = golden[reading];
      const options = optionsFor(golden, reading);
      const problems = pairClassification.check(golden.data, options.protocol);
      if ('error' in expected) {
        const where = golden.name === 'three_labels' ? 'validation.jsonl' : 'test.jsonl';
        expect(problems.map((problem) => problem.where)).toEqual([where]);
        expect(problems[0].what).toContain('expected exactly two different ones');
        await expect(pairClassification.evaluate(golden.data, golden.vectors, options)).rejects.toThrow(UserError);
        return;
      }
      expect(problems).toEqual([]);
      const result = await pairClassification.evaluate(golden.data, golden.vectors, options);
      expect(differences(result, expected as ReferenceResult, reading === 'published' ? golden.extra : {})).toEqual([]);
    });
  }

  test('the only deviation that matters is pair-cosine-direction', async () => {
    const golden = goldenCase('PairClassification', 'cosine_would_win');
    const evaluate = (protocol = PUBLISHED) =>
      pairClassification.evaluate(golden.data, golden.vectors, { ...golden.options, protocol });
    for (const deviation of DEVIATIONS)
      expect(await evaluate(protocolOf([deviation]))).toEqual(
        await evaluate(deviation === 'pair-cosine-direction' ? CORRECTED : PUBLISHED),
      );
  });
});

describe('pair classification', () => {
  test.each([
    ['published', PUBLISHED, false],
    ['pair-cosine-direction', protocolOf(['pair-cosine-direction']), true],
  ] as const)('agrees with a slow version written from the protocol, %s', async (_, protocol, cosineIsHigh) => {
    for (let seed = 0; seed < 4; seed++) {
      const { labels, vectors } = drawn(100 * seed, 50);
      const result = await pairClassification.evaluate(data(labels), vectorsOf(vectors), { ...OPTIONS, protocol });
      const slow = slowScores(vectors, labels, cosineIsHigh);
      expectScores(result.validation, slow.validation);
      expectScores(result.test, slow.test);
      const names = Object.keys(slow.validation);
      const best = names.toSorted(
        (a, b) => (slow.validation[b].binary_f1 ?? 0) - (slow.validation[a].binary_f1 ?? 0),
      )[0];
      expect(result.choice).toEqual({ name: 'optimal_distance_metric', value: best });
      expect(result.main).toEqual({ metric: 'binary_f1', value: result.test[best].binary_f1 });
    }
  });

  test('the names of labels do not matter, only their order', async () => {
    const { labels, vectors } = drawn(7, 60);
    const rename = (names: [Label, Label]): Labels => ({
      validation: labels.validation.map((label) => names[label]),
      test: labels.test.map((label) => names[label]),
    });
    const plain = await pairClassification.evaluate(data(labels), vectorsOf(vectors), OPTIONS);
    for (const names of [
      [false, true],
      ['0', '1'],
      ['ちがう', '同じ'],
    ] as [Label, Label][])
      expect(await pairClassification.evaluate(data(rename(names)), vectorsOf(vectors), OPTIONS)).toEqual(plain);
  });

  test('does not change with the order of pairs, nor with the sides exchanged', async () => {
    const { labels, vectors } = drawn(9, 60);
    const order = new RandomState(8).permutation(60);
    const take = (values: Float32Array) =>
      Float32Array.from(order.flatMap((i) => [...values.subarray(i * vectors.dims, (i + 1) * vectors.dims)]));
    const mix = (side: PairVectors['test']) => ({ sentence1: take(side.sentence2), sentence2: take(side.sentence1) });
    const mixed = { ...vectors, validation: mix(vectors.validation), test: mix(vectors.test) };
    const mixedLabels = {
      validation: order.map((i) => labels.validation[i]),
      test: order.map((i) => labels.test[i]),
    };
    const [a, b] = await Promise.all([
      pairClassification.evaluate(data(labels), vectorsOf(vectors), OPTIONS),
      pairClassification.evaluate(data(mixedLabels), vectorsOf(mixed), OPTIONS),
    ]);
    expectScores(b.validation, a.validation ?? {});
    expectScores(b.test, a.test);
  });

  test('longer vectors scale the thresholds of distances and dot products, and no score', async () => {
    const { labels, vectors } = drawn(11, 60);
    const longer = (side: PairVectors['test']) => ({
      sentence1: side.sentence1.map((x) => 4 * x),
      sentence2: side.sentence2.map((x) => 4 * x),
    });
    const a = await pairClassification.evaluate(data(labels), vectorsOf(vectors), OPTIONS);
    const scaled = { ...vectors, validation: longer(vectors.validation), test: longer(vectors.test) };
    const b = await pairClassification.evaluate(data(labels), vectorsOf(scaled), OPTIONS);
    const factors = { cosine_distances: 1, manhatten_distances: 4, euclidean_distances: 4, dot_similarities: 16 };
    for (const [name, factor] of Object.entries(factors)) {
      const { accuracy_threshold, binary_f1_threshold, ...scores } = a.test[name];
      expectScores(
        { [name]: b.test[name] },
        {
          [name]: {
            ...scores,
            accuracy_threshold: factor * (accuracy_threshold as number),
            binary_f1_threshold: factor * (binary_f1_threshold as number),
          },
        },
      );
    }
  });

  test('the items give the main score again', async () => {
    const golden = goldenCase('PairClassification', 'string_labels');
    const result = await pairClassification.evaluate(golden.data, golden.vectors, golden.options);
    expect(result.items.columns.map((column) => column.name)).toEqual(['id', 'score', 'gold', 'predicted']);
    const [, score, gold, predicted] = result.items.columns.map((column) => column.values as Float64Array);
    const threshold = result.test[result.choice.value].binary_f1_threshold as number;
    score.forEach((value, i) => expect(predicted[i]).toBe(value < threshold ? 1 : 0));
    const both = gold.filter((y, i) => y === 1 && predicted[i] === 1).length;
    const positives = gold.filter((y) => y === 1).length;
    const found = predicted.filter((y) => y === 1).length;
    expect((2 * both) / (positives + found)).toBeCloseTo(result.main.value ?? NaN, 12);
    expect(gold).toEqual(Float64Array.from(golden.data.splits.test.label, (label) => (label === '等しい' ? 1 : 0)));
    expect(result.counts).toMatchObject({
      testPairs: gold.length,
      testPositives: positives,
      testPredictedPositives: found,
    });
  });

  test('warns of thresholds that were not found and of a cosine that was read the wrong way round', async () => {
    const nothing = goldenCase('PairClassification', 'nothing_found');
    const evaluate = (protocol = PUBLISHED) =>
      pairClassification.evaluate(nothing.data, nothing.vectors, { ...nothing.options, protocol });
    const notFound = (name: string) =>
      `validation: no cut of ${name} finds a positive pair; its F1 is 0 and its threshold -1`;
    expect((await evaluate()).warnings).toEqual([
      ...pairClassification.candidates.map(notFound),
      'the cosine was chosen and, as in the reference, taken for a distance: pairs with a low cosine are positive',
    ]);
    expect((await evaluate(CORRECTED)).warnings).toEqual(pairClassification.candidates.slice(1).map(notFound));
  });

  test('warns where validation and test have other labels, for each is numbered by itself', async () => {
    const { labels, vectors } = drawn(2, 30);
    const named: Labels = {
      validation: labels.validation.map((label) => ['a', 'c'][label]),
      test: labels.test.map((label) => ['b', 'a'][1 - label]),
    };
    const { warnings } = await pairClassification.evaluate(data(named), vectorsOf(vectors), OPTIONS);
    expect(warnings[0]).toBe(
      'validation has the labels "a", "c", test has "a", "b"; each split is numbered by itself, so "c" and "b" are the positive ones',
    );
  });

  test('without a validation split there are no thresholds: an error', async () => {
    const { labels, vectors } = drawn(2, 30);
    const { splits, ...rest } = data(labels);
    const lacking: PairData = { ...rest, splits: { ...splits, validation: null } };
    expect(pairClassification.check(lacking, PUBLISHED)[0].what).toContain('there is no validation split');
    await expect(pairClassification.evaluate(lacking, vectorsOf(vectors), OPTIONS)).rejects.toThrow(UserError);
  });
});
