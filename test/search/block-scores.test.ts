import { describe, expect, it } from 'vitest';
import { RandomState } from '../../src/numeric/random-state.js';
import { BlockScores } from '../../src/search/block-scores.js';
import { norm, SIMILARITIES, SIMILARITY_FUNCTIONS } from '../../src/search/similarity.js';
import { randomRows } from './slow-search.js';

describe('scores of a block', () => {
  it('are the similarities to the last bit, in whatever order they are asked for', () => {
    const [rows, dims] = [9, 7];
    const { data } = randomRows(1, rows, dims, 'lengths');
    data.fill(0, 3 * dims, 4 * dims);
    const queries = randomRows(2, 4, dims, 'lengths').data;
    const scores = new BlockScores({ data, rows, squaredNorms: new Float32Array(rows) }, dims);
    const random = new RandomState(3);
    for (let i = 0; i < 400; i++) {
      const [name, query, row] = [SIMILARITIES[random.randint(0, 3)], random.randint(0, 4), random.randint(0, rows)];
      const length = norm(queries, query * dims, dims);
      const score = scores.score(name, { data: queries, row: query, norm: length }, row);
      expect(score).toBe(SIMILARITY_FUNCTIONS[name](queries, query * dims, length, data, row * dims, dims));
    }
  });
});
