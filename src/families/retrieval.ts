import type { DocumentId, QueryRows, RetrievalData } from '../datasets/types.js';
import { FAMILY_RULES } from '../definitions/family-rules.js';
import type { Protocol } from '../definitions/types.js';
import { throwProblems, type Problem } from '../errors.js';
import { reciprocalRank, success } from '../metrics/first-hit.js';
import { ndcg, ndcgUncutIdeal } from '../metrics/ndcg.js';
import type { Similarity } from '../search/similarity.js';
import { chooseCandidate } from './choose-candidate.js';
import {
  rankDistinctDocuments,
  rankDocuments,
  RETRIEVED,
  type RankedDocuments,
  type RankedQueries,
} from './rank-documents.js';
import { idKeyOf, relevantDocuments, type RelevantDocuments } from './relevant-documents.js';
import { repeatedIds } from '../datasets/repeated-ids.js';
import { retrievalWarnings } from './retrieval-warnings.js';
import { splitFile } from './split-file.js';
import type { CandidateScores, FamilyEvaluator, FamilyOptions, FamilyResult, Scores, VectorsOf } from './types.js';

const { mainMetric, candidates } = FAMILY_RULES.Retrieval;

const ACCURACY_CUTS = [1, 3, 5, 10] as const;

/**
 * Retrieval: how high a search in the whole corpus ranks the relevant documents of a query.
 *
 * Three similarities, in this order: cosine, dot product, 100 / (Euclidean distance + 1e-4). Of each the 10 best documents
 * are taken, ties to the lower row of the corpus, and scored by `accuracy@1`, `@3`, `@5`, `@10`, `ndcg@10` and `mrr@10`,
 * relevance being 0 or 1; a query without relevant documents counts as 0. The similarity with the best ndcg@10 on
 * validation, the first of equals, gives the main score on test.
 *
 * `published` divides by an ideal DCG over all relevant documents (`retrieval-ideal-cut`: over 10), keeps no more documents
 * than there are queries (`retrieval-few-queries`: 10), counts an id as often as it stands in the corpus or among the
 * relevant ones (`retrieval-duplicate-ids`: once, where its best vector ranks), and tells the number 1 from the text "1"
 * (`retrieval-id-types`: compares texts).
 *
 * Items: `id` (the query's, else its row from 0), `main` (its ndcg@10), `ranking` (ids), `scores`, `relevant` (ids as
 * counted).
 */
export const retrieval: FamilyEvaluator<'Retrieval'> = {
  family: 'Retrieval',
  mainMetric,
  candidates,
  choiceName: 'optimal_distance_metric',
  check,
  evaluate,
};

function check(data: RetrievalData): Problem[] {
  const problems: Problem[] = [];
  if (data.corpus.ids.length === 0) {
    problems.push({ where: splitFile(data.files, 'corpus'), what: 'the corpus has no documents.', fix: 'add some.' });
  }
  for (const split of ['validation', 'test'] as const) {
    if (data.splits[split]?.query.length === 0) {
      const where = splitFile(data.files, split);
      problems.push({ where, what: 'the split has no queries.', fix: 'add some.' });
    }
  }
  return problems;
}

async function evaluate(data: RetrievalData, vectors: VectorsOf, options: FamilyOptions): Promise<FamilyResult> {
  throwProblems(check(data));
  const { protocol } = options;
  const { validation, test } = data.splits;
  const splits = validation === null ? [test] : [test, validation];
  const key = idKeyOf(protocol);
  const repeats = repeatedIds(data.corpus.ids, protocol.deviations.has('retrieval-id-types') ? 'text' : 'typed');
  const documents = relevantDocuments(data.corpus.ids, splits, key);
  const ranked = await rank(data, vectors, options, data.corpus.ids.length - repeats.extra);
  const [testQueries, validationQueries] = splits.map((rows, s) => scoredQueries(rows, ranked[s], documents, protocol));
  const testScores = meansOf(testQueries);
  const validationScores = validation === null ? null : meansOf(validationQueries);
  const choice = chooseCandidate(candidates, validationScores, mainMetric, options.fixedChoice) as Similarity;
  const chosen = testQueries[choice];
  return {
    main: { metric: mainMetric, value: testScores[choice][mainMetric] },
    choice: { name: retrieval.choiceName, value: choice },
    validation: validationScores,
    test: testScores,
    counts: {
      documents: data.corpus.ids.length,
      repeatedDocumentIds: repeats.extra,
      missingRelevantIds: documents.missing.size,
      ...(validation === null ? {} : countsOf('validation', validation, protocol)),
      ...countsOf('test', test, protocol),
    },
    warnings: retrievalWarnings(data, repeats, documents.missing, protocol),
    items: {
      rows: test.query.length,
      columns: [
        { name: 'id', type: 'text', values: test.query.map((_, q) => String(test.queryId?.[q] ?? q)) },
        { name: 'main', type: 'float64', values: chosen.map(({ scores }) => scores[mainMetric]) },
        {
          name: 'ranking',
          type: 'texts',
          values: chosen.map(({ rows }) => rows.map((row) => String(data.corpus.ids.at(row)))),
        },
        { name: 'scores', type: 'floats', values: chosen.map(({ similarities }) => similarities) },
        { name: 'relevant', type: 'texts', values: test.relevant.map((ids) => countedIds(ids, protocol).map(String)) },
      ],
    },
  };
}

/** Documents kept for each of so many queries. */
function keptOf(queries: number, protocol: Protocol): number {
  return protocol.deviations.has('retrieval-few-queries') ? RETRIEVED : Math.min(RETRIEVED, queries);
}

function rank(
  { corpus, splits }: RetrievalData,
  vectors: VectorsOf,
  { protocol, threads, maxMemory, onProgress }: FamilyOptions,
  distinctIds: number,
): Promise<RankedQueries[]> {
  const queries = [vectors('test', 'query'), ...(splits.validation === null ? [] : [vectors('validation', 'query')])];
  const documents = vectors('corpus', 'document');
  const search = {
    k: RETRIEVED,
    threads,
    maxMemory,
    onProgress: (done: number, total: number) => onProgress?.('search', done, total),
  };
  if (!protocol.deviations.has('retrieval-duplicate-ids') || distinctIds === corpus.ids.length) {
    return rankDocuments(queries, documents, search);
  }
  const key = idKeyOf(protocol);
  return rankDistinctDocuments(queries, documents, (row) => key(corpus.ids.at(row) as DocumentId), distinctIds, search);
}

/** The ids that count as relevant: as listed, or each once. */
function countedIds(ids: readonly DocumentId[], protocol: Protocol): readonly DocumentId[] {
  if (!protocol.deviations.has('retrieval-duplicate-ids')) return ids;
  const key = idKeyOf(protocol);
  const seen = new Set<DocumentId>();
  return ids.filter((id) => !seen.has(key(id)) && seen.add(key(id)));
}

interface ScoredQuery {
  /** Rows of the corpus, best first, as many as are kept. */
  readonly rows: readonly number[];
  readonly similarities: readonly number[];
  readonly scores: Record<string, number>;
}

function scoredQueries(
  { relevant }: QueryRows,
  ranked: RankedQueries,
  documents: RelevantDocuments,
  protocol: Protocol,
): Record<Similarity, ScoredQuery[]> {
  const kept = keptOf(relevant.length, protocol);
  const score = (list: readonly DocumentId[], best: RankedDocuments): ScoredQuery => {
    const counted = countedIds(list, protocol);
    const numbers = new Set(counted.map((id) => documents.numberOf(id)));
    const rows = best.documents.slice(0, kept);
    const hits = rows.map((row) => (numbers.has(documents.numberAt(row)) ? 1 : 0));
    return { rows, similarities: best.scores.slice(0, kept), scores: scoresOf(hits, counted.length, protocol) };
  };
  const scored = candidates.map((name) => [name, relevant.map((list, q) => score(list, ranked[name][q]))]);
  return Object.fromEntries(scored) as Record<Similarity, ScoredQuery[]>;
}

/** All metrics of one query. */
function scoresOf(hits: readonly number[], relevant: number, protocol: Protocol): Record<string, number> {
  const gains = new Float64Array(relevant).fill(1);
  const normalized = protocol.deviations.has('retrieval-ideal-cut') ? ndcg : ndcgUncutIdeal;
  return {
    ...Object.fromEntries(ACCURACY_CUTS.map((k) => [`accuracy@${k}`, success(hits, k)])),
    // Nothing relevant: the query adds 0 and stays in the denominator.
    [`ndcg@${RETRIEVED}`]: normalized(hits, gains, RETRIEVED) ?? 0,
    [`mrr@${RETRIEVED}`]: reciprocalRank(hits, RETRIEVED),
  };
}

function meansOf(queries: Readonly<Record<Similarity, readonly ScoredQuery[]>>): CandidateScores {
  const mean = (scored: readonly ScoredQuery[]): Scores => {
    const names = Object.keys(scored[0].scores);
    return Object.fromEntries(
      names.map((metric) => [metric, scored.reduce((sum, { scores }) => sum + scores[metric], 0) / scored.length]),
    );
  };
  return Object.fromEntries(candidates.map((name) => [name, mean(queries[name])]));
}

function countsOf(split: 'validation' | 'test', rows: QueryRows, protocol: Protocol): Record<string, number> {
  return {
    [`${split}Queries`]: rows.query.length,
    [`${split}Relevant`]: rows.relevant.reduce((sum, ids) => sum + countedIds(ids, protocol).length, 0),
    [`${split}QueriesWithoutRelevant`]: rows.relevant.filter((ids) => ids.length === 0).length,
    [`${split}Kept`]: keptOf(rows.query.length, protocol),
  };
}
