import { describe, expect, it } from 'vitest';
import type { CandidateRows, DocumentId, RerankingData } from '../../src/datasets/types.js';
import { CORRECTED, protocolOf, PUBLISHED } from '../../src/definitions/protocol.js';
import { UserError } from '../../src/errors.js';
import { reranking } from '../../src/families/reranking.js';
import type { FamilyResult, ItemColumn, VectorsOf } from '../../src/families/types.js';
import { RandomState } from '../../src/numeric/random-state.js';
import { allRows, randomRows } from '../search/slow-search.js';
import {
  differences,
  EXACT_COUNTS,
  goldenCase,
  goldenCases,
  optionsFor,
  type ReferenceResult,
} from './golden-cases.js';
import { filled, NO_FILES, OPTIONS } from './pair-source.js';
import { slowReranking } from './slow-rankings.js';

const QUERIES = 12;

/** Lists with repeats, a corpus with repeats, documents that share a vector. */
function drawn(seed: number): { readonly data: RerankingData; readonly vectors: VectorsOf } {
  const random = new RandomState(seed);
  const pick = (n: number, most: number): number[] => random.randint(0, most, n) as number[];
  const ids: DocumentId[] = [...Array(40).keys(), ...pick(20, 40)].map((n) => (n % 2 === 0 ? n : `d${n}`));
  const rows = (): CandidateRows => {
    const candidates = Array.from({ length: QUERIES }, (_, q) => pick(1 + q * 5, 60).map((i) => ids[i]));
    return { query: filled(QUERIES), candidates, grades: candidates.map((list) => [...pick(list.length - 1, 4), 1]) };
  };
  const documents = { ...allRows(randomRows(seed, 25, 6, 'lengths')), index: Int32Array.from(pick(60, 25)) };
  const sides = {
    validation: allRows(randomRows(seed + 1, QUERIES, 6, 'lengths')),
    test: allRows(randomRows(seed + 2, QUERIES, 6, 'lengths')),
  };
  const corpus = { ids, texts: () => (async function* () {})() };
  const data: RerankingData = {
    ...NO_FILES,
    family: 'Reranking',
    corpus,
    splits: { validation: rows(), test: rows() },
  };
  return { data, vectors: (split) => (split === 'corpus' ? documents : sides[split as 'test']) };
}

function withTest(data: RerankingData, test: Partial<CandidateRows>): RerankingData {
  return { ...data, splits: { ...data.splits, test: { ...data.splits.test, ...test } } };
}

function column(result: FamilyResult, name: string): ItemColumn['values'] {
  return (result.items.columns.find((other) => other.name === name) as ItemColumn).values;
}

describe('reranking', () => {
  for (const golden of goldenCases('Reranking')) {
    for (const reading of ['published', 'corrected'] as const) {
      it(`answers ${golden.name} as the reference does, ${reading}`, async () => {
        const options = optionsFor(golden, reading);
        const expected = golden[reading];
        if ('error' in expected) {
          const problems = reranking.check(golden.data, options.protocol);
          expect(problems.length).toBeGreaterThan(0);
          expect(problems[0].what).toMatch(/^query ".+" has only grades of 0/u);
          await expect(reranking.evaluate(golden.data, golden.vectors, options)).rejects.toThrow(UserError);
          return;
        }
        expect(reranking.check(golden.data, options.protocol)).toEqual([]);
        const result = await reranking.evaluate(golden.data, golden.vectors, options);
        const extra = reading === 'published' ? golden.extra : {};
        const found = differences(result, expected as ReferenceResult, extra);
        const rounded = golden.name === 'duplicates' && reading === 'corrected' ? 'validation cosine_similarity' : '-';
        expect(found.filter((difference) => !difference.startsWith(rounded))).toEqual([]);
      });
    }
  }

  it('orders two copies of a document as they are listed, where the golden of duplicates lets rounding decide', async () => {
    const golden = goldenCase('Reranking', 'duplicates');
    const { validation } = golden.data.splits as { validation: CandidateRows };
    const expected = (golden.corrected as ReferenceResult).details.val_scores.cosine_similarity;
    const [first, second] = [5, 24];
    expect(validation.candidates[16][first]).toBe(validation.candidates[16][second]);
    // NumPy's product gives the second copy a cosine one unit in the last place higher than the first. The copies have
    // different grades: exchanging them in the list gives the golden's numbers.
    const exchanged = <T>(lists: readonly (readonly T[])[]): T[][] =>
      lists.map((list, q) =>
        list.map((entry, i) => (q !== 16 ? entry : i === first ? list[second] : i === second ? list[first] : entry)),
      );
    const rows = { ...validation, candidates: exchanged(validation.candidates), grades: exchanged(validation.grades) };
    const data = { ...golden.data, splits: { ...golden.data.splits, validation: rows } };
    const result = await reranking.evaluate(data, golden.vectors, optionsFor(golden, 'corrected'));
    for (const [metric, value] of Object.entries(expected)) {
      const got = result.validation?.cosine_similarity[metric] as number;
      expect(Math.abs(got - value), metric).toBeLessThanOrEqual(EXACT_COUNTS);
    }
  });

  for (const protocol of [PUBLISHED, protocolOf(['rerank-duplicate-ids']), CORRECTED]) {
    it(`equals the protocol written out, under ${protocol.name}, in any memory`, async () => {
      for (const seed of [1, 2, 3]) {
        const { data, vectors } = drawn(seed);
        const results = [];
        for (const maxMemory of [1, 5000, 2 ** 28])
          results.push(await reranking.evaluate(data, vectors, { ...OPTIONS, protocol, maxMemory }));
        expect(results[0]).toEqual(results[2]);
        expect(results[1]).toEqual(results[2]);
        for (const split of ['validation', 'test'] as const) {
          const slow = await slowReranking(data, vectors, split, protocol);
          for (const [name, scores] of Object.entries(slow)) {
            for (const [metric, value] of Object.entries(scores)) {
              const got = results[0][split]?.[name][metric] as number;
              expect(Math.abs(got - (value as number)), `${split} ${name} ${metric}`).toBeLessThanOrEqual(EXACT_COUNTS);
            }
          }
        }
      }
    });
  }

  it('has items from which the main score can be computed', async () => {
    for (const protocol of [PUBLISHED, CORRECTED]) {
      const { data, vectors } = drawn(4);
      const result = await reranking.evaluate(data, vectors, { ...OPTIONS, protocol });
      const main = column(result, 'main') as number[];
      expect(main.reduce((a, b) => a + b) / main.length).toBe(result.main.value);
      const dcg = (gains: readonly number[]): number =>
        gains.slice(0, 10).reduce((sum, gain, i) => sum + gain / Math.log2(i + 2), 0);
      main.forEach((value, q) => {
        const [gains, ideal] = ['grades', 'ideal'].map((name) => column(result, name)[q] as number[]);
        expect(Math.abs(dcg(gains) / dcg(ideal) - value)).toBeLessThan(EXACT_COUNTS);
        expect([...(column(result, 'ranking')[q] as string[])].sort()).toEqual(
          data.splits.test.candidates[q].map(String).sort(),
        );
      });
      expect(result.items.columns.map(({ name }) => name)).toEqual([
        'id',
        'main',
        'ranking',
        'scores',
        'relevant',
        'grades',
        'ideal',
      ]);
    }
  });

  it('warns of ids that repeat, and counts', async () => {
    const { data, vectors } = drawn(1);
    const rows = { query: filled(2), candidates: [['a', 'b', 'a'], ['b']], grades: [[1, 0, 2], [1]] };
    const corpus = { ...data.corpus, ids: ['b', 'a', 'b', 'x', 'x'] };
    const small: RerankingData = { ...data, corpus, splits: { validation: null, test: rows } };
    const { index } = vectors('corpus', 'document');
    const few: VectorsOf = (split, role) => ({
      source: vectors(split, role).source,
      index: split === 'corpus' ? index.subarray(0, 5) : Int32Array.of(0, 1),
    });
    const result = await reranking.evaluate(small, few, { ...OPTIONS, fixedChoice: 'euclidean_distance' });
    expect(result.warnings).toEqual([
      'corpus: 1 candidate stands in it more than once, for example "b"; the last vector is taken',
      'test: 1 query lists a candidate more than once, for example "a"; all have the grade of the first (not with rerank-duplicate-ids)',
    ]);
    expect(result.counts).toEqual({ documents: 5, repeatedDocumentIds: 1, testQueries: 2, testCandidates: 4 });
    expect([result.validation, result.choice.value]).toEqual([null, 'euclidean_distance']);
  });

  it('names every fault of the rows at once', () => {
    const { data } = drawn(1);
    const bad = withTest(data, {
      query: ['空', '長さ', '端数', '負', '零', '知らない'],
      queryId: [10, 11, 12, 13, 14, 15],
      candidates: [[], [0], [0], [0], [0, 2], ['nothing', 0, '2']],
      grades: [[], [1, 1], [0.5], [-1], [0, 0], [1, 1, 1]],
    });
    expect(reranking.check(bad, PUBLISHED).map(({ where, what }) => `${where}: ${what}`)).toEqual([
      'test, row 1: query 10 "空" has no candidate documents.',
      'test, row 2: query 11 "長さ" has 1 candidate documents and 2 grades.',
      'test, row 3: query 12 "端数": grade 1 is 0.5, expected a whole number >= 0.',
      'test, row 4: query 13 "負": grade 1 is -1, expected a whole number >= 0.',
      'test, row 5: query 14 "零" has only grades of 0, so its nDCG is 0 divided by 0.',
      'test, row 6: query 15 "知らない": the candidate "nothing" is not in the corpus, nor are 1 more of its candidates.',
    ]);
  });

  it('names five rows with the same fault and says how many there are', () => {
    const { data } = drawn(1);
    const grades = data.splits.test.candidates.map((list) => list.map(() => 0));
    const problems = reranking.check(withTest(data, { grades }), PUBLISHED);
    expect(problems.length).toBe(5);
    expect(problems[4].what).toContain(`(${QUERIES} rows have this fault; 5 are named)`);
  });

  it('says so when ids are missing because they are texts on one side and numbers on the other', () => {
    const { data } = drawn(1);
    const corpus = { ...data.corpus, ids: [...Array(40).keys()] };
    const numbers: RerankingData = { ...data, corpus, splits: { ...data.splits, validation: null } };
    const [problem] = reranking
      .check(withTest(numbers, { query: ['q'], candidates: [['1']], grades: [[1]] }), PUBLISHED)
      .slice(-1);
    expect(problem.fix).toBe(
      'ids keep their type: "1" does not match ids such as the number 0; write both as texts or both as numbers.',
    );
  });

  it('refuses empty splits and an empty corpus', () => {
    const { data } = drawn(1);
    const none = { query: [], candidates: [], grades: [] };
    const empty: RerankingData = {
      ...data,
      corpus: { ...data.corpus, ids: [] },
      splits: { validation: null, test: none },
    };
    expect(reranking.check(empty, PUBLISHED).map(({ what }) => what)).toEqual([
      'the corpus has no documents.',
      'the split has no queries.',
    ]);
  });
});
