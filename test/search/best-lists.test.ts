import { describe, expect, it } from 'vitest';
import { RandomState } from '../../src/numeric/random-state.js';
import { BestLists } from '../../src/search/best-lists.js';

describe('best lists', () => {
  it('hold the same as sorting everything, in whatever order it comes, ties and repeats included', () => {
    const random = new RandomState(0);
    for (const k of [1, 2, 7, 100]) {
      const scores = random.randint(0, 9, 60) as number[];
      const sorted = scores.map((score, document) => ({ score, document }));
      const lists = new BestLists(3, k);
      for (let round = 0; round < 2; round++) {
        random.shuffle(sorted);
        for (const { score, document } of sorted) lists.offer(1, score, document);
      }
      sorted.sort((a, b) => b.score - a.score || a.document - b.document);
      const expected = sorted.slice(0, k);
      expect(Array.from(lists.lengths)).toEqual([0, expected.length, 0]);
      expect(Array.from(lists.documents.subarray(k, k + expected.length))).toEqual(expected.map((e) => e.document));
      expect(Array.from(lists.scores.subarray(k, k + expected.length))).toEqual(expected.map((e) => e.score));
      expect(lists.threshold(1)).toBe(k <= 60 ? expected[k - 1].score : -Infinity);
      expect(lists.threshold(0)).toBe(-Infinity);
    }
  });
});
