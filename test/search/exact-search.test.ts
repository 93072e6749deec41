import { describe, expect, it } from 'vitest';
import { matrix, type Matrix } from '../../src/numeric/matrix.js';
import { RandomState } from '../../src/numeric/random-state.js';
import { searchExactly, type Rankings } from '../../src/search/exact-search.js';
import { SIMILARITIES } from '../../src/search/similarity.js';
import type { RowVectors } from '../../src/vectors/types.js';
import { vectorsInMemory } from '../../src/vectors/in-memory.js';
import { allRows, identity, randomRows, slowSearch } from './slow-search.js';

/** Float64 sums in another order; the Euclidean score of near vectors magnifies it. */
const SUM_ORDER = 1e-11;
/** Room for a few hundred rows a block, so that small corpora have many blocks. */
const LITTLE = 2 ** 18;
const PLENTY = 2 ** 28;

async function search(queries: Matrix, documents: RowVectors, k: number, maxMemory = PLENTY): Promise<Rankings> {
  const [rankings] = await searchExactly([allRows(queries)], documents, { k, threads: 1, maxMemory });
  return rankings;
}

async function expectSlow(
  queries: Matrix,
  documents: Matrix,
  k: number,
  maxMemory: number,
  index = identity(documents.rows),
) {
  const found = await search(queries, { source: vectorsInMemory(documents), index }, k, maxMemory);
  for (const name of SIMILARITIES) {
    const slow = slowSearch(name, queries, documents, index, k);
    expect({ name, rows: Array.from(found[name].documents) }).toEqual({ name, rows: slow.documents });
    slow.scores.forEach((score, i) => {
      expect(Math.abs(found[name].scores[i] - score)).toBeLessThanOrEqual(SUM_ORDER * Math.max(1, Math.abs(score)));
    });
  }
}

describe('exact search', () => {
  for (const kind of ['normal', 'lengths', 'unit', 'signs'] as const) {
    for (const maxMemory of [LITTLE, PLENTY]) {
      it(`equals comparing everything: ${kind} rows, ${maxMemory} bytes`, async () => {
        await expectSlow(randomRows(1, 40, 16, kind), randomRows(2, 3000, 16, kind), 10, maxMemory);
      });
    }
  }

  for (const kind of ['lengths', 'unit', 'signs'] as const) {
    it(`equals comparing everything where few of a block of many are wanted: ${kind} rows`, async () => {
      // A block of whole groups, and 37 documents that fill none.
      await expectSlow(randomRows(17, 12, 16, kind), randomRows(18, 6037, 16, kind), 3, PLENTY);
    });
  }

  it('is exact for large k, sorted corpora, and k beyond the corpus', async () => {
    const documents = randomRows(3, 1500, 12, 'normal');
    const queries = randomRows(4, 5, 12, 'normal');
    await expectSlow(queries, documents, 1000, LITTLE);
    await expectSlow(queries, documents, 5000, LITTLE);
    // All that is near the first query stands at the end.
    const { documents: order } = slowSearch(
      'dot_score',
      randomRows(4, 1, 12, 'normal'),
      documents,
      identity(1500),
      1500,
    );
    const sorted = matrix(new Float32Array(documents.data.length), 1500, 12);
    order.reverse().forEach((row, i) => sorted.data.set(documents.data.subarray(row * 12, row * 12 + 12), i * 12));
    await expectSlow(queries, sorted, 300, LITTLE);
  });

  it('tells vectors apart that float32 products cannot', async () => {
    // All products are near 1000, and differ by 1e-3, the cosines by 1e-10: less than float32 can tell.
    const random = new RandomState(5);
    const near = (rows: number): Matrix => {
      const noise = random.standardNormal(rows * 64) as Float64Array;
      return matrix(
        Float32Array.from(noise, (x) => 4 + x * 1e-4),
        rows,
        64,
      );
    };
    await expectSlow(near(6), near(2000), 10, LITTLE);
  });

  it('gives ties to the lower document, across blocks and among documents that share a vector', async () => {
    const few = randomRows(6, 7, 8, 'lengths');
    const index = Int32Array.from(new RandomState(7).randint(0, 7, 500) as number[]);
    // Documents that share a vector ...
    await expectSlow(randomRows(8, 9, 8, 'normal'), few, 100, LITTLE, index);
    // ... and documents with equal vectors that the source holds again and again.
    const data = new Float32Array(4000 * 8);
    for (let i = 0; i < 4000; i++) data.set(few.data.subarray((i % 7) * 8, (i % 7) * 8 + 8), i * 8);
    await expectSlow(randomRows(8, 9, 8, 'normal'), matrix(data, 4000, 8), 20, LITTLE);
    // An index in another order than the source's, with vectors that no document has.
    const backwards = identity(300)
      .reverse()
      .map((row) => 2 * row + 1);
    await expectSlow(randomRows(8, 9, 8, 'normal'), randomRows(9, 700, 8, 'signs'), 30, LITTLE, backwards);
  });

  it('ranks zero vectors, tiny and huge ones as float64 does', async () => {
    const documents = randomRows(10, 900, 8, 'normal');
    for (const row of [0, 5, 800]) documents.data.fill(0, row * 8, row * 8 + 8);
    const scaled = (row: number, by: number) =>
      documents.data.subarray(row * 8, row * 8 + 8).forEach((x, j) => (documents.data[row * 8 + j] = x * by));
    scaled(7, 1e-13);
    scaled(8, 1e-20);
    scaled(9, 1e-40);
    scaled(10, 1e6);
    const queries = randomRows(11, 6, 8, 'normal');
    queries.data.fill(0, 0, 8);
    queries.data.subarray(8, 16).forEach((x, j) => (queries.data[8 + j] = x * 1e-14));
    await expectSlow(queries, documents, 25, LITTLE);
    // Beyond the range of float32 products: the whole block is compared in float64.
    scaled(11, 1e30);
    scaled(12, 1e38);
    await expectSlow(queries, documents, 25, LITTLE);
  });

  it('gives the same bits whatever the memory, the threads and the company of a query', async () => {
    const queries = randomRows(12, 33, 20, 'lengths');
    const documents = allRows(randomRows(13, 2500, 20, 'lengths'));
    const whole = await search(queries, documents, 10);
    for (const [threads, maxMemory] of [
      [1, LITTLE],
      [2, LITTLE * 3],
      [2, PLENTY],
      [1, 1],
    ] as const) {
      const [found] = await searchExactly([allRows(queries)], documents, { k: 10, threads, maxMemory });
      expect(found).toEqual(whole);
    }
    const alone = { source: vectorsInMemory(queries), index: Int32Array.of(32) };
    const pair = { source: vectorsInMemory(queries), index: Int32Array.of(3, 3) };
    const none = { source: vectorsInMemory(queries), index: new Int32Array(0) };
    const [first, second, third] = await searchExactly([alone, none, pair], documents, {
      k: 10,
      threads: 1,
      maxMemory: PLENTY,
    });
    for (const name of SIMILARITIES) {
      expect(first[name].documents).toEqual(whole[name].documents.subarray(320, 330));
      expect(first[name].scores).toEqual(whole[name].scores.subarray(320, 330));
      expect(second[name].queries).toBe(0);
      expect(third[name].documents.subarray(0, 10)).toEqual(whole[name].documents.subarray(30, 40));
      expect(third[name].documents.subarray(10)).toEqual(third[name].documents.subarray(0, 10));
    }
  });

  it('ranks only by the similarities that are asked for', async () => {
    const documents = allRows(randomRows(14, 50, 4, 'normal'));
    const options = { k: 3, threads: 1, maxMemory: PLENTY, similarities: ['dot_score'] as const };
    const [found] = await searchExactly([documents], documents, options);
    expect(Object.keys(found)).toEqual(['dot_score']);
  });

  it('takes an empty corpus, one document and one query', async () => {
    const one = randomRows(15, 1, 4, 'normal');
    const nothing = { source: vectorsInMemory(one), index: new Int32Array(0) };
    expect((await search(one, nothing, 10)).dot_score.k).toBe(0);
    await expectSlow(one, one, 10, PLENTY);
  });

  it('refuses what it cannot rank', async () => {
    const good = randomRows(16, 30, 4, 'normal');
    const bad = randomRows(16, 30, 4, 'normal');
    bad.data[22] = NaN;
    await expect(search(good, allRows(bad), 5)).rejects.toThrow('vector 5 of the documents has a component');
    await expect(search(bad, allRows(good), 5)).rejects.toThrow('a vector of the queries has a component');
    await expect(search(good, allRows(good), 0)).rejects.toThrow('top 0 is not');
    await expect(search(randomRows(1, 2, 3, 'normal'), allRows(good), 1)).rejects.toThrow(
      'queries of 3, documents of 4',
    );
  });
});
