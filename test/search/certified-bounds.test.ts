import { afterAll, describe, expect, it } from 'vitest';
import { BlockBounds, keyOf } from '../../src/search/certified-bounds.js';
import { SearchGraphs, type BlockBest } from '../../src/search/search-graphs.js';
import { norm, SIMILARITIES, SIMILARITY_FUNCTIONS } from '../../src/search/similarity.js';
import { randomRows, slowSimilarity } from './slow-search.js';

const QUERIES = 12;
const DOCUMENTS = 500;
const DIMS = 96;
const graphs = [1, 2].map((threads) => new SearchGraphs(DIMS, { threads }));
afterAll(async () => {
  for (const each of graphs) await each.close();
});

describe('certified bounds', () => {
  for (const kind of ['normal', 'lengths', 'unit', 'signs'] as const) {
    it(`hold for every product of ${kind} rows`, async () => {
      const queries = randomRows(1, QUERIES, DIMS, kind);
      const { data } = randomRows(2, DOCUMENTS, DIMS, kind);
      const block = { data, rows: DOCUMENTS, squaredNorms: await graphs[0].squaredNorms(data, DOCUMENTS) };
      const bounds = new BlockBounds(DIMS, block.squaredNorms);
      expect(bounds.equalNorms).toBe(kind === 'unit' || kind === 'signs');
      const all = await graphs[0].best(SIMILARITIES, queries, block, DOCUMENTS);
      for (const name of SIMILARITIES) {
        const own = all.get(name) as BlockBest;
        const product = all.get('dot_score') as BlockBest;
        for (let q = 0; q < QUERIES; q++) {
          const length = norm(queries.data, q * DIMS, DIMS);
          expect(bounds.holdsFor(length)).toBe(true);
          const key = (row: number): number =>
            keyOf(name, SIMILARITY_FUNCTIONS[name](queries.data, q * DIMS, length, data, row * DIMS, DIMS), length);
          for (let i = q * DOCUMENTS; i < (q + 1) * DOCUMENTS; i++) {
            const margin = bounds.margin(name, length);
            expect(Math.abs(key(own.rows[i]) - own.values[i])).toBeLessThanOrEqual(margin);
            const highest = bounds.highestFromProduct(name, product.values[i], length);
            expect(key(product.rows[i])).toBeLessThanOrEqual(highest);
          }
        }
      }
    });
  }

  it('are no wider than certifying needs: a thousandth of the longest product', async () => {
    const { data } = randomRows(2, DOCUMENTS, DIMS, 'unit');
    const bounds = new BlockBounds(DIMS, await graphs[0].squaredNorms(data, DOCUMENTS));
    for (const name of SIMILARITIES) expect(bounds.margin(name, 1)).toBeLessThan(1e-3);
  });

  it('do not claim to hold near the end of float32, nor for what is no number', () => {
    expect(new BlockBounds(2, Float32Array.of(1, 1e38)).holdsFor(1)).toBe(false);
    expect(new BlockBounds(2, Float32Array.of(1, Infinity)).holdsFor(1)).toBe(false);
    expect(new BlockBounds(2, Float32Array.of(NaN, 1)).holdsFor(1)).toBe(false);
    expect(new BlockBounds(2, Float32Array.of(1, NaN, 2)).holdsFor(1)).toBe(false);
    const bounds = new BlockBounds(2, Float32Array.of(1, 4));
    expect([1, 1e36, 1e38, Infinity, NaN].map((length) => bounds.holdsFor(length))).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
  });
});

describe('products of the engine', () => {
  it('are the same bits for any number of threads, queries and documents, from two rows on', async () => {
    const queries = randomRows(3, 300, DIMS, 'normal');
    const documents = randomRows(4, DOCUMENTS, DIMS, 'normal');
    const whole = await graphs[0].products(queries, documents.data, DOCUMENTS);
    expect(await graphs[1].products(queries, documents.data, DOCUMENTS)).toEqual(whole);
    for (const [rows, columns] of [
      [2, 2],
      [2, DOCUMENTS],
      [7, 33],
      [300, 64],
      [131, 499],
    ]) {
      const part = await graphs[1].products(
        { data: queries.data.subarray(0, rows * DIMS), rows },
        documents.data.subarray(0, columns * DIMS),
        columns,
      );
      for (let q = 0; q < rows; q++) {
        const expected = whole.subarray(q * DOCUMENTS, q * DOCUMENTS + columns);
        expect(part.subarray(q * columns, (q + 1) * columns)).toEqual(expected);
      }
    }
  });
});

describe('similarities', () => {
  it('are those of the protocol, and equal for equal vectors', () => {
    for (const dims of [1, 3, 4, 7, 96]) {
      const { data } = randomRows(5, 6, dims, 'lengths');
      data.fill(0, 0, dims);
      data.copyWithin(5 * dims, 4 * dims, 5 * dims);
      for (const name of SIMILARITIES) {
        for (let a = 0; a < 6; a++) {
          const length = norm(data, a * dims, dims);
          const of = (b: number): number => SIMILARITY_FUNCTIONS[name](data, a * dims, length, data, b * dims, dims);
          for (let b = 0; b < 6; b++) {
            const slow = slowSimilarity(
              name,
              data.subarray(a * dims, (a + 1) * dims),
              data.subarray(b * dims, (b + 1) * dims),
            );
            expect(Math.abs(of(b) - slow)).toBeLessThanOrEqual(1e-12 * Math.max(1, Math.abs(slow)));
          }
          expect(of(4)).toBe(of(5));
        }
      }
    }
  });
});
