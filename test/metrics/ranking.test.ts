import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { firstHit, reciprocalRank, success } from '../../src/metrics/first-hit.js';
import { dcg, ndcg, ndcgUncutIdeal } from '../../src/metrics/ndcg.js';
import { goldenPath } from '../shared.js';

/** The same float64 formula, sums in another order. */
const SAME_FORMULA = 1e-12;

interface Trec {
  readonly qrels: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly results: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly order: Readonly<Record<string, readonly string[]>>;
}
interface Sklearn {
  readonly ndcg: Readonly<
    Record<string, { readonly true: number[]; readonly score: number[] } & Record<string, number>>
  >;
}
const golden = <T>(name: string): T => JSON.parse(readFileSync(goldenPath('estimators', 'metrics', name), 'utf8')) as T;

describe('ranking metrics', () => {
  const trec = golden<Trec>('ranking_trec.json');

  it('equal trec_eval, which knows unjudged and missing documents, and counts a query with nothing relevant as 0', () => {
    let compared = 0;
    for (const [query, judged] of Object.entries(trec.qrels)) {
      const gains = trec.order[query].map((document) => judged[document] ?? 0);
      const grades = Object.values(judged);
      const expected = trec.results[query];
      for (const k of [1, 3, 5, 10, 20]) {
        expect(Math.abs((ndcg(gains, grades, k) ?? 0) - expected[`ndcg_cut_${k}`])).toBeLessThan(SAME_FORMULA);
      }
      expect(Math.abs((ndcg(gains, grades, Infinity) ?? 0) - expected.ndcg)).toBeLessThan(SAME_FORMULA);
      expect(Math.abs(reciprocalRank(gains, Infinity) - expected.recip_rank)).toBeLessThan(SAME_FORMULA);
      for (const k of [1, 5, 10]) expect(success(gains, k)).toBe(expected[`success_${k}`]);
      compared += 1;
    }
    expect(compared).toBe(30);
  });

  it('equal scikit-learn where no scores are tied', () => {
    const { ndcg: cases } = golden<Sklearn>('ranking_sklearn.json');
    for (const [name, values] of Object.entries(cases)) {
      const { true: relevance, score } = values;
      if (new Set(score).size < score.length) continue;
      const order = score.map((_, i) => i).sort((a, b) => score[b] - score[a]);
      const gains = order.map((i) => relevance[i]);
      for (const k of [1, 3, 5, 10]) {
        const got = ndcg(gains, relevance, k) ?? 0;
        expect(Math.abs(got - values[`ndcg@${k}`]), `${name} @${k}`).toBeLessThan(SAME_FORMULA);
      }
      expect(Math.abs(dcg(gains, 10) - values['dcg@10'])).toBeLessThan(SAME_FORMULA);
    }
  });

  it('are undefined, not 0, when nothing is relevant', () => {
    expect(ndcg([0, 0], [0, 0, 0], 10)).toBeNull();
    expect(ndcgUncutIdeal([0, 0], [], 10)).toBeNull();
    expect(firstHit([0, 0])).toBeNull();
  });

  it('differ in the ideal only when more than k documents are relevant', () => {
    const judged = new Array<number>(12).fill(1);
    const perfect = new Array<number>(10).fill(1);
    expect(ndcg(perfect, judged, 10)).toBe(1);
    const sum = (n: number): number =>
      Array.from({ length: n }, (_, i) => 1 / Math.log2(i + 2)).reduce((a, b) => a + b);
    expect(ndcgUncutIdeal(perfect, judged, 10)).toBeCloseTo(sum(10) / sum(12), 14);
    expect(ndcgUncutIdeal([0, 1, 1], [1, 1, 1], 10)).toBe(ndcg([0, 1, 1], [1, 1, 1], 10));
  });

  it('are cut after rank k', () => {
    const hits = [0, 0, 1, 0, 1];
    expect([2, 3].map((k) => reciprocalRank(hits, k))).toEqual([0, 1 / 3]);
    expect([2, 3].map((k) => success(hits, k))).toEqual([0, 1]);
    expect([2, 3].map((k) => dcg(hits, k))).toEqual([0, 0.5]);
    for (const k of [0, NaN]) {
      expect(() => dcg(hits, k)).toThrow(RangeError);
      expect(() => ndcg(hits, hits, k)).toThrow(RangeError);
      expect(() => success(hits, k)).toThrow(RangeError);
      expect(() => reciprocalRank(hits, k)).toThrow(RangeError);
    }
  });

  it('leave their inputs as they are', () => {
    const judged = [0, 3, 1];
    ndcg([3, 0], judged, 2);
    expect(judged).toEqual([0, 3, 1]);
  });
});
