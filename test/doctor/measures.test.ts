import { describe, expect, it } from 'vitest';
import { probeBatches } from '../../src/doctor/batch-probe.js';
import { compareTokens } from '../../src/doctor/compare-tokens.js';
import { compareVectors } from '../../src/doctor/compare-vectors.js';
import { distributionOf } from '../../src/doctor/distribution.js';
import { neighbourOverlap } from '../../src/doctor/neighbours.js';
import { promptsOfStored } from '../../src/doctor/reference-prompts.js';
import { compareRows } from '../../src/doctor/row-cosines.js';
import { thresholdsFor } from '../../src/doctor/thresholds.js';
import type { DoctorText } from '../../src/doctor/types.js';
import type { Embedder, Tokenizing } from '../../src/embedding/types.js';
import { matrix } from '../../src/numeric/matrix.js';
import { mulberry32 } from '../pseudo-random.js';

/** Sums of a few dozen products in double. */
const DOUBLE = 1e-12;

function noise(rows: number, dims: number, seed: number): Float32Array {
  const random = mulberry32(seed);
  return Float32Array.from({ length: rows * dims }, () => random() - 0.5);
}

const sentence = (text: string): DoctorText => ({ text, role: 'sentence', about: 'test' });

describe('distributionOf', () => {
  it('interpolates as NumPy does by default', () => {
    // numpy.quantile([1, 2, 3, 4, 10], [0.01, 0.05, 0.5])
    const { min, p1, p5, median, mean, max } = distributionOf([10, 3, 1, 4, 2]);
    expect([min, max, median, mean]).toEqual([1, 10, 3, 4]);
    expect(p1).toBeCloseTo(1.04, 12);
    expect(p5).toBeCloseTo(1.2, 12);
    expect(distributionOf([7])).toEqual({ min: 7, p1: 7, p5: 7, median: 7, mean: 7, max: 7 });
  });
});

describe('compareRows', () => {
  it('gives cosine and ratio of lengths, and nothing for zeros', () => {
    const a = matrix(Float32Array.of(3, 4, 1, 0, 0, 0), 3, 2);
    const b = matrix(Float32Array.of(4, 3, 0, 2, 1, 1), 3, 2);
    const [first, second, third] = compareRows(a, b);
    expect(first.cosine).toBeCloseTo(24 / 25, 12);
    expect(first.ratio).toBeCloseTo(1, 12);
    expect(second).toEqual({ cosine: 0, ratio: 0.5 });
    expect(third).toEqual({ cosine: null, ratio: null });
  });

  it('does not mind the lengths, and never gives more than 1', () => {
    const rows = noise(50, 7, 1);
    for (const { cosine, ratio } of compareRows(
      matrix(
        rows.map((x) => 4 * x),
        50,
        7,
      ),
      matrix(rows, 50, 7),
    )) {
      expect(cosine).toBeLessThanOrEqual(1);
      expect(Math.abs((cosine as number) - 1)).toBeLessThan(DOUBLE);
      expect(Math.abs((ratio as number) - 4)).toBeLessThan(DOUBLE);
    }
  });
});

describe('neighbourOverlap', () => {
  it('is that of sorting all cosines one by one', () => {
    const [a, b] = [noise(40, 5, 2), noise(40, 5, 3)];
    const slow = (rows: Float32Array, i: number): number[] => {
      const vector = (j: number): number[] => [...rows.subarray(5 * j, 5 * j + 5)];
      const cosine = (j: number): number =>
        vector(i).reduce((sum, x, d) => sum + x * vector(j)[d], 0) /
        Math.hypot(...vector(i)) /
        Math.hypot(...vector(j));
      const others = [...Array(40).keys()].filter((j) => j !== i);
      return others.sort((x, y) => cosine(y) - cosine(x)).slice(0, 10);
    };
    let shared = 0;
    for (let i = 0; i < 40; i++) shared += slow(a, i).filter((j) => slow(b, i).includes(j)).length;
    expect(neighbourOverlap(matrix(a, 40, 5), matrix(b, 40, 5), 10)).toBeCloseTo(shared / 400, 12);
    expect(neighbourOverlap(matrix(a, 40, 5), matrix(a, 40, 5), 10)).toBe(1);
  });

  it('is unknown for fewer than three texts', () => {
    expect(neighbourOverlap(matrix(noise(2, 3, 1), 2, 3), matrix(noise(2, 3, 2), 2, 3), 10)).toBeNull();
  });
});

describe('compareVectors', () => {
  it('names the worst texts first and sorts them into lengths', () => {
    const reference = noise(6, 4, 5);
    const model = reference.slice();
    model.fill(0, 4, 8);
    for (let d = 8; d < 12; d++) model[d] = -model[d];
    const texts = ['あ', 'い', 'う', 'え', 'お', 'か'].map(sentence);
    const lengths = [3, 4, 40, 5, 200, 33];
    const report = compareVectors(matrix(model, 6, 4), matrix(reference, 6, 4), texts, { unit: 'tokens', lengths });
    expect(report).toMatchObject({ compared: 5, onlyOneZero: 1 });
    expect(report?.worst[0]).toMatchObject({ text: 'う', about: 'test' });
    expect(report?.worst[0].cosine).toBeCloseTo(-1, 12);
    expect(report?.buckets.map(({ from, to, texts: count }) => [from, to, count])).toEqual([
      [0, 8, 2],
      [33, 128, 2],
      [129, null, 1],
    ]);
  });
});

describe('compareTokens', () => {
  const tokenizing = (ids: Record<string, number[]>, unknownTokens = 0): Tokenizing => ({
    cut: (text) => ({ text, ids: ids[text] }),
    count: () => ({ tokens: 0, truncated: 0, unknownTokens, byteFallbackTokens: 0 }),
  });

  it('tells cut texts and other ends from other ids', () => {
    const own = tokenizing({ a: [2, 5, 3], b: [2, 5, 6, 3], c: [1, 5, 4], d: [2, 9, 3] });
    const reference = tokenizing({ a: [2, 5, 3], b: [2, 5, 6, 7, 8, 3], c: [2, 5, 3], d: [2, 8, 3] }, 4);
    const compared = compareTokens(own, reference, ['a', 'b', 'c', 'd']);
    expect(compared?.report).toEqual({
      compared: 4,
      different: 3,
      cut: 1,
      ends: 1,
      unknown: { model: 0, reference: 4 },
      first: { text: 'b', model: [2, 5, 6, 3], reference: [2, 5, 6, 7, 8, 3] },
    });
    expect([...(compared?.different ?? [])]).toEqual([1, 2, 3]);
  });
});

describe('probeBatches', () => {
  /** Vectors of two numbers; `blur` says what a batch adds to each of its texts. */
  const embedder = (blur: (texts: readonly string[], text: string) => number): Embedder => ({
    embed: async (texts) => ({
      rows: Float32Array.from(texts.flatMap((text) => [text.length, 10 + blur(texts, text)])),
      ...{ tokens: 0, truncated: 0, unknownTokens: 0, byteFallbackTokens: 0 },
    }),
    close: async () => undefined,
  });
  const strings = Array.from({ length: 40 }, (_, i) => 'あ'.repeat(1 + (i % 20)) + String(i));
  const lengths = strings.map((text) => text.length);
  const longest = (texts: readonly string[]): number => texts.reduce((most, { length }) => Math.max(most, length), 0);
  const probe = (blur: (texts: readonly string[], text: string) => number, policy: string | null) =>
    probeBatches(embedder(blur), 2, { strings, lengths, policy });

  it('finds nothing where vectors are those of the texts alone', async () => {
    expect(await probe(() => 0, 'bucketed')).toMatchObject({ verdict: 'same', cacheSafe: true, advice: 'bucketed' });
  });

  it('lets rounding pass', async () => {
    const report = await probe((texts) => 1e-4 * (texts.length - 1), 'bucketed');
    expect(report).toMatchObject({ verdict: 'rounding', cacheSafe: true });
  });

  it('finds padding, and nothing beside texts of the same length', async () => {
    const report = await probe((texts, text) => longest(texts) - text.length, 'bucketed');
    expect(report).toMatchObject({ verdict: 'dependent', cacheSafe: false, advice: 'single' });
    const least = Object.fromEntries((report?.effects ?? []).map(({ way, minCosine }) => [way, minCosine]));
    expect(least.copies).toBeCloseTo(1, 12);
    expect(least.mates).toBeCloseTo(1, 12);
    expect(least.padding).toBeLessThan(0.99);
  });

  it('finds other texts in the batch, and is content where texts are computed one by one', async () => {
    const report = await probe((texts) => new Set(texts).size - 1, 'single');
    expect(report).toMatchObject({ verdict: 'dependent', cacheSafe: true, advice: 'single' });
    expect(report?.effects.find(({ way }) => way === 'mates')?.minCosine).toBeLessThan(0.9999);
    expect(await probe((texts) => new Set(texts).size - 1, null)).toMatchObject({ cacheSafe: false, advice: null });
  });
});

describe('promptsOfStored', () => {
  const texts: DoctorText[] = [
    { text: '犬', role: 'query', about: '' },
    { text: '山の犬', role: 'query', about: '' },
    { text: '海', role: 'document', about: '' },
  ];
  const none = { query: '', document: '', sentence: '' };
  const stored = async function* (strings: string[]) {
    yield strings;
  };

  it('are what stands before the texts of a role', async () => {
    const strings = ['問: 犬', '問: 山の犬', '文: 海', '別の犬'];
    expect(await promptsOfStored(stored(strings), texts, none)).toEqual({
      query: '問: ',
      document: '文: ',
      sentence: '',
    });
  });

  it('are those of the model where its strings are there, too', async () => {
    const strings = ['犬', '山の犬', '問: 犬', '問: 山の犬', '海'];
    const likely = { ...none, query: '問: ' };
    expect(await promptsOfStored(stored(strings), texts, likely)).toEqual({ ...none, query: '問: ' });
    expect(await promptsOfStored(stored(strings), texts, none)).toEqual(none);
  });
});

describe('thresholdsFor', () => {
  it('takes those of the coarser number type, and what is asked for instead', () => {
    expect(thresholdsFor(['q8', 'fp32']).of).toBe('int8');
    expect(thresholdsFor(['fp16', 'fp32']).of).toBe('half');
    expect(thresholdsFor(['fp32', 'q4']).of).toBe('4-bit');
    expect(thresholdsFor(['fp32', 'something']).of).toBe('half');
    expect(thresholdsFor(['fp32', 'fp32'], { minCosine: 0.9 })).toMatchObject({
      of: 'single',
      median: 0.9,
      p5: 0.9,
      overlapAt10: 0.99,
    });
  });
});
