import { afterAll, describe, expect, it } from 'vitest';
import { ROWS_A_GROUP } from '../../src/search/block-plan.js';
import { SearchGraphs, type BlockBest } from '../../src/search/search-graphs.js';
import { SIMILARITIES, SMALLEST_NORM, type Similarity } from '../../src/search/similarity.js';
import { randomRows } from './slow-search.js';

const DIMS = 8;
const QUERIES = 5;
const graphs = new SearchGraphs(DIMS, { threads: 1 });
afterAll(() => graphs.close());

/** Surrogates of float32 products, to the rounding of one more operation. */
const SURROGATES: Record<Similarity, (product: number, square: number) => number> = {
  cosine_similarity: (product, square) =>
    Math.fround(product * Math.fround(1 / Math.max(Math.sqrt(square), SMALLEST_NORM))),
  dot_score: (product) => product,
  euclidean_distance: (product, square) => Math.fround(product - Math.fround(square / 2)),
};

describe('the best of a block', () => {
  // Few of many are found by groups of rows; many, or those of a block that is no whole number of groups, directly.
  for (const [rows, count] of [
    [60 * ROWS_A_GROUP, 15],
    [60 * ROWS_A_GROUP, 1],
    [60 * ROWS_A_GROUP, 1000],
    [60 * ROWS_A_GROUP - 1, 15],
    [7, 7],
  ]) {
    for (const kind of ['normal', 'signs'] as const) {
      it(`are those of sorting all: ${count} of ${rows} ${kind} rows`, async () => {
        const queries = randomRows(1, QUERIES, DIMS, kind);
        const { data } = randomRows(2, rows, DIMS, kind);
        const squaredNorms = await graphs.squaredNorms(data, rows);
        const products = await graphs.products(queries, data, rows);
        const found = await graphs.best(SIMILARITIES, queries, { data, rows, squaredNorms }, count);
        for (const name of SIMILARITIES) {
          const best = found.get(name) as BlockBest;
          for (let q = 0; q < QUERIES; q++) {
            const keys = Array.from(squaredNorms, (square, row) => SURROGATES[name](products[q * rows + row], square));
            const values = [...best.values.subarray(q * count, (q + 1) * count)];
            const chosen = [...best.rows.subarray(q * count, (q + 1) * count)];
            expect(values).toEqual([...keys].sort((a, b) => b - a).slice(0, count));
            // Equal rows may come in any order, but each is there once and has its own value.
            expect(chosen.map((row) => keys[row])).toEqual(values);
            expect(new Set(chosen).size).toBe(count);
          }
        }
      });
    }
  }
});
