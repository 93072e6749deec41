import { describe, expect, it } from 'vitest';
import { CHAR_NGRAM_DIMS, projectionTable } from '../../src/embedding/char-ngram.js';
import { BUCKETS, EMPTY, PAD, charNgrams, weightOf } from '../../src/embedding/char-ngram-ids.js';
import { inProcess } from '../../src/embedding/in-process-runner.js';
import { resolveModel } from '../../src/embedding/resolve-model.js';

/** Length in float32, of sums that are exact. */
const FLOAT32 = 1e-6;

async function embed(texts: readonly string[], batchTokens?: number): Promise<Float32Array> {
  const model = await resolveModel('baseline:char-ngram', { batchTokens });
  const embedder = await model.open(inProcess({ threads: 1 }));
  const { rows } = await embedder.embed(texts, { prompt: '' });
  await embedder.close();
  return rows;
}

const TEXTS = [
  '犬が公園を走っている。',
  '公園を犬が走る。',
  '株価が大きく下がった。',
  '',
  '   ',
  'ＡＢＣ',
  'abc',
  '𠮷',
];
const row = (rows: Float32Array, i: number): Float32Array =>
  rows.subarray(i * CHAR_NGRAM_DIMS, (i + 1) * CHAR_NGRAM_DIMS);
const cosine = (rows: Float32Array, i: number, j: number): number =>
  row(rows, i).reduce((sum, value, d) => sum + value * row(rows, j)[d], 0);

describe('baseline:char-ngram', () => {
  it('gives the sum of the rows of its n-grams, scaled to length 1', async () => {
    const rows = await embed(TEXTS);
    const table = projectionTable();
    for (const [i, text] of TEXTS.entries()) {
      const sum = new Float64Array(CHAR_NGRAM_DIMS);
      for (const id of charNgrams(text))
        for (let d = 0; d < CHAR_NGRAM_DIMS; d++) sum[d] += table[id * CHAR_NGRAM_DIMS + d];
      const length = Math.hypot(...sum);
      for (let d = 0; d < CHAR_NGRAM_DIMS; d++)
        expect(Math.abs(row(rows, i)[d] - sum[d] / length)).toBeLessThan(FLOAT32);
    }
  });

  it('gives the same bits in any batch', async () => {
    expect(await embed(TEXTS, 1)).toEqual(await embed(TEXTS, 100_000));
  });

  it('finds texts that share characters more alike, and forms of a letter the same', async () => {
    const rows = await embed(TEXTS);
    expect(cosine(rows, 0, 1)).toBeGreaterThan(cosine(rows, 0, 2) + 0.2);
    expect(row(rows, 5)).toEqual(row(rows, 6));
    expect(row(rows, 3)).toEqual(row(rows, 4));
    expect(cosine(rows, 3, 3)).toBeCloseTo(1, 6);
  });

  it('has ids within its table, none of them that of padding, and weights by their class', () => {
    const ids = TEXTS.flatMap((text) => charNgrams(text));
    expect(ids.every((id) => id > PAD && id < BUCKETS)).toBe(true);
    expect(charNgrams('')).toEqual([EMPTY]);
    const table = projectionTable();
    for (const id of [PAD, EMPTY, 3, 4, 5, BUCKETS - 1]) {
      const values = table.subarray(id * CHAR_NGRAM_DIMS, (id + 1) * CHAR_NGRAM_DIMS);
      expect(values.every((value) => Math.abs(value) === weightOf(id))).toBe(true);
    }
  });

  it('has signs that are even and independent: the products of any two rows are small', () => {
    const table = projectionTable();
    const at = (id: number): Int8Array => table.subarray(id * CHAR_NGRAM_DIMS, (id + 1) * CHAR_NGRAM_DIMS);
    let squares = 0;
    let count = 0;
    for (let a = 3; a < 303; a++) {
      for (let b = a + 1; b < a + 20; b++, count++) {
        const dot = at(a).reduce((sum, value, d) => sum + Math.sign(value) * Math.sign(at(b)[d]), 0);
        squares += dot ** 2;
      }
    }
    // The mean square of a sum of n independent signs is n; 5,700 pairs show a departure of a tenth.
    expect(squares / count / CHAR_NGRAM_DIMS).toBeGreaterThan(0.9);
    expect(squares / count / CHAR_NGRAM_DIMS).toBeLessThan(1.1);
  });

  it('refuses options that it has no use for', async () => {
    await expect(resolveModel('baseline:char-ngram', { pooling: 'cls', normalize: false })).rejects.toThrow(
      /--pooling[\s\S]*--normalize/,
    );
    expect((await resolveModel('baseline:char-ngram', { maxTokens: 10 })).options).toEqual({ 'max-tokens': 10 });
  });
});
