import { describe, expect, it } from 'vitest';
import type { DocumentId, RetrievalData } from '../../src/datasets/types.js';
import { CORRECTED, protocolOf, PUBLISHED } from '../../src/definitions/protocol.js';
import { DEVIATIONS, type Protocol } from '../../src/definitions/types.js';
import { UserError } from '../../src/errors.js';
import { retrieval } from '../../src/families/retrieval.js';
import type { FamilyResult, ItemColumn, Scores, VectorsOf } from '../../src/families/types.js';
import { RandomState } from '../../src/numeric/random-state.js';
import { allRows, randomRows } from '../search/slow-search.js';
import { differences, EXACT_COUNTS, goldenCases, optionsFor, type ReferenceResult } from './golden-cases.js';
import { filled, NO_FILES, OPTIONS } from './pair-source.js';
import { slowRetrieval } from './slow-rankings.js';

const READINGS = ['published', 'corrected'] as const;

interface Drawn {
  readonly data: RetrievalData;
  readonly vectors: VectorsOf;
}

/** Ids that repeat, of both types, listed twice or in no corpus; documents that share a vector; few queries. */
function drawn(seed: number, queries: number): Drawn {
  const random = new RandomState(seed);
  const pick = (n: number, most: number): number[] => random.randint(0, most, n) as number[];
  const ids = pick(60, 40).map((n): DocumentId => (n % 3 === 0 ? n : `${n}`));
  const rows = (): { query: string[]; relevant: DocumentId[][] } => ({
    query: filled(queries),
    relevant: Array.from({ length: queries }, (_, q) =>
      pick(q % 4 === 3 ? 0 : 1 + q * 3, 44).map((n): DocumentId => (n % 2 === 0 ? n : `${n}`)),
    ),
  });
  const documents = { ...allRows(randomRows(seed, 30, 6, 'lengths')), index: Int32Array.from(pick(60, 30)) };
  const sides = {
    validation: allRows(randomRows(seed + 1, queries, 6, 'lengths')),
    test: allRows(randomRows(seed + 2, queries, 6, 'lengths')),
  };
  const data: RetrievalData = {
    ...NO_FILES,
    family: 'Retrieval',
    corpus: { ids, texts: () => (async function* () {})() },
    splits: { validation: rows(), test: rows() },
  };
  return { data, vectors: (split) => (split === 'corpus' ? documents : sides[split as 'test']) };
}

function evaluate({ data, vectors }: Drawn, protocol: Protocol): Promise<FamilyResult> {
  return retrieval.evaluate(data, vectors, { ...OPTIONS, protocol });
}

function expectNear(got: Scores, wanted: Scores): void {
  expect(Object.keys(got)).toEqual(Object.keys(wanted));
  for (const [metric, value] of Object.entries(wanted)) {
    expect(Math.abs((got[metric] as number) - (value as number)), metric).toBeLessThanOrEqual(EXACT_COUNTS);
  }
}

function column(result: FamilyResult, name: string): ItemColumn['values'] {
  return (result.items.columns.find((other) => other.name === name) as ItemColumn).values;
}

describe('retrieval', () => {
  for (const golden of goldenCases('Retrieval')) {
    for (const reading of READINGS) {
      it(`answers ${golden.name} as the reference does, ${reading}`, async () => {
        expect(retrieval.check(golden.data, golden.options.protocol)).toEqual([]);
        const result = await retrieval.evaluate(golden.data, golden.vectors, optionsFor(golden, reading));
        const extra = reading === 'published' ? golden.extra : {};
        expect(differences(result, golden[reading] as ReferenceResult, extra)).toEqual([]);
        const { protocol } = optionsFor(golden, reading);
        const slow = await slowRetrieval(golden.data, golden.vectors, 'test', protocol);
        const rows = slow.rankings[result.choice.value as 'dot_score'];
        const ids = rows.map((ranking) => ranking.map((row) => String(golden.data.corpus.ids.at(row))));
        expect(column(result, 'ranking')).toEqual(ids);
      });
    }
  }

  const protocols = [
    PUBLISHED,
    CORRECTED,
    ...DEVIATIONS.filter((name) => name.startsWith('retrieval-')).map((name) => protocolOf([name])),
  ];
  for (const protocol of protocols) {
    it(`equals the protocol written out, under ${protocol.name}`, async () => {
      for (const [seed, queries] of [
        [1, 4],
        [2, 9],
        [3, 16],
      ]) {
        const task = drawn(seed, queries);
        const result = await evaluate(task, protocol);
        for (const split of ['validation', 'test'] as const) {
          const { scores } = await slowRetrieval(task.data, task.vectors, split, protocol);
          for (const [name, wanted] of Object.entries(scores))
            expectNear((result[split] as typeof scores)[name as 'dot_score'], wanted);
        }
      }
    });
  }

  it('has deviations that each change a score of the drawn tasks', async () => {
    const published = await evaluate(drawn(2, 9), PUBLISHED);
    for (const protocol of protocols.slice(2)) {
      expect((await evaluate(drawn(2, 9), protocol)).test, protocol.name).not.toEqual(published.test);
    }
  });

  it('searches on where the first ten documents are few ids', async () => {
    const { data, vectors } = drawn(5, 3);
    const ids = [...data.corpus.ids].map((_, row) => (row < 50 ? 'same' : `d${row}`));
    const task = { data: { ...data, corpus: { ...data.corpus, ids } }, vectors };
    const result = await evaluate(task, CORRECTED);
    const { rankings } = await slowRetrieval(task.data, vectors, 'test', CORRECTED);
    const expected = rankings[result.choice.value as 'dot_score'].map((rows) => rows.map((row) => ids[row]));
    expect(column(result, 'ranking')).toEqual(expected);
    for (const ranking of expected) expect(new Set(ranking).size).toBe(10);
  });

  it('has items whose mean is the main score', async () => {
    const result = await evaluate(drawn(3, 16), PUBLISHED);
    const main = column(result, 'main') as number[];
    expect(main.reduce((a, b) => a + b) / main.length).toBe(result.main.value);
    expect(result.items.columns.map(({ name }) => name)).toEqual(['id', 'main', 'ranking', 'scores', 'relevant']);
    for (const { values } of result.items.columns) expect(values.length).toBe(16);
    const { data, vectors } = drawn(3, 16);
    const test = { ...data.splits.test, queryId: data.splits.test.query.map((_, q) => 100 + q) };
    const named = await evaluate({ data: { ...data, splits: { ...data.splits, test } }, vectors }, PUBLISHED);
    expect(column(named, 'id')[3]).toBe('103');
  });

  it('warns of ids that repeat, are missing or have another type, of queries without any and of few queries', async () => {
    const { data, vectors } = drawn(1, 4);
    const relevant = [[1, 'a', 'a'], ['none'], [], ['b']];
    const ids = [...data.corpus.ids].map((_, row) => (row < 3 ? 'a' : row === 3 ? '1' : row === 4 ? 'b' : `d${row}`));
    const task = {
      data: {
        ...data,
        corpus: { ...data.corpus, ids },
        splits: { validation: null, test: { query: filled(4), relevant } },
      },
      vectors,
    };
    const run = (protocol: Protocol) =>
      retrieval.evaluate(task.data, vectors, { ...OPTIONS, protocol, fixedChoice: 'dot_score' });
    const published = await run(PUBLISHED);
    expect(published.warnings).toEqual([
      'corpus: 2 documents with the id of an earlier one, for example "a"; each of them counts',
      'test: 2 of 5 relevant ids not in the corpus, for example the number 1; they are never found and count in the ideal DCG',
      'test: 1 of 5 relevant ids in the corpus only with another type, for example the number 1 for the text "1"; they do not match under published (they do with retrieval-id-types)',
      'test: 1 query with a relevant id listed more than once; each time enlarges the ideal DCG',
      'test: 1 query without relevant documents; 0 in every mean',
      'test: only 4 queries, so the ranking is cut after 4 documents in place of 10, as the reference does (not with retrieval-few-queries)',
    ]);
    expect(published.counts).toEqual({
      documents: 60,
      repeatedDocumentIds: 2,
      missingRelevantIds: 2,
      testQueries: 4,
      testRelevant: 5,
      testQueriesWithoutRelevant: 1,
      testKept: 4,
    });
    expect([published.validation, published.choice.value]).toEqual([null, 'dot_score']);
    const corrected = await run(CORRECTED);
    expect(corrected.warnings).toEqual([
      'corpus: 2 documents with the id of an earlier one, for example "a"; an id counts once, where its best vector ranks',
      'test: 1 of 5 relevant ids not in the corpus, for example "none"; they are never found and count in the ideal DCG',
      'test: 1 query with a relevant id listed more than once; it counts once',
      'test: 1 query without relevant documents; 0 in every mean',
    ]);
    expect(corrected.counts).toMatchObject({ testRelevant: 4, testKept: 10, missingRelevantIds: 1 });
  });

  it('refuses empty splits and an empty corpus, all at once', async () => {
    const { data, vectors } = drawn(1, 4);
    const none = { query: [], relevant: [] };
    const empty: RetrievalData = {
      ...data,
      corpus: { ...data.corpus, ids: [] },
      splits: { validation: none, test: none },
    };
    expect(retrieval.check(empty, PUBLISHED).map(({ what }) => what)).toEqual([
      'the corpus has no documents.',
      'the split has no queries.',
      'the split has no queries.',
    ]);
    await expect(evaluate({ data: empty, vectors }, PUBLISHED)).rejects.toThrow(UserError);
  });
});
