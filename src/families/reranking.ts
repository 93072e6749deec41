import type { CandidateRows, DocumentId, RerankingData } from '../datasets/types.js';
import { FAMILY_RULES } from '../definitions/family-rules.js';
import { throwProblems } from '../errors.js';
import { ndcg } from '../metrics/ndcg.js';
import type { Similarity } from '../search/similarity.js';
import { candidateRows } from './candidate-rows.js';
import { checkCandidates } from './check-candidates.js';
import { chooseCandidate } from './choose-candidate.js';
import { orderCandidates, type OrderedCandidates } from './order-candidates.js';
import type { CandidateScores, FamilyEvaluator, FamilyOptions, FamilyResult, VectorsOf } from './types.js';

const { mainMetric, candidates } = FAMILY_RULES.Reranking;
const CUTS = [10, 20, 40] as const;

/**
 * Reranking: how well a similarity orders the candidate documents that each query comes with.
 *
 * Three similarities, in this order: cosine, dot product, 100 / (Euclidean distance + 1e-4); equal ones keep the order of
 * the list. Scored by `ndcg@10`, `@20` and `@40` with gain grade / log2(rank + 1) and the ideal order cut at k; mean over
 * queries. The similarity with the best ndcg@10 on validation, the first of equals, gives the main score on test.
 *
 * An id that stands twice in a list has the grade of its first occurrence under `published`, its own with
 * `rerank-duplicate-ids`; the ideal order takes all grades as listed in both. Of documents that share an id the last one's
 * vector is taken. A query without any grade above 0 has no nDCG: the reference's mean becomes NaN, here it is an input
 * error.
 *
 * Items: `id` (the query's, else its row from 0), `main` (its ndcg@10), `ranking` (ids), `scores`, `relevant` (ids with a
 * grade above 0), `grades` (as counted, in the order of the ranking) and `ideal` (the listed grades, highest first).
 */
export const reranking: FamilyEvaluator<'Reranking'> = {
  family: 'Reranking',
  mainMetric,
  candidates,
  choiceName: 'optimal_distance_metric',
  check: checkCandidates,
  evaluate,
};

async function evaluate(data: RerankingData, vectors: VectorsOf, options: FamilyOptions): Promise<FamilyResult> {
  throwProblems(checkCandidates(data));
  const { validation, test } = data.splits;
  const { ids } = data.corpus;
  const { rowOf, repeated } = candidateRows(ids, validation === null ? [test] : [test, validation]);
  const ownGrades = options.protocol.deviations.has('rerank-duplicate-ids');
  const corpus = vectors('corpus', 'document');
  const scored = async (split: 'validation' | 'test', rows: CandidateRows): Promise<RankedLists> => {
    const lists = rows.candidates.map((list) => Int32Array.from(list, rowOf));
    const { maxMemory, onProgress } = options;
    const ordered = await orderCandidates(vectors(split, 'query'), corpus, lists, {
      maxMemory,
      onProgress: (done, total) => onProgress?.(`${split} candidates`, done, total),
    });
    return rankedLists(rows, ordered, ownGrades);
  };
  const validationScores = validation === null ? null : meansOf(await scored('validation', validation));
  const choice = chooseCandidate(candidates, validationScores, mainMetric, options.fixedChoice) as Similarity;
  const testLists = await scored('test', test);
  const testScores = meansOf(testLists);
  return {
    main: { metric: mainMetric, value: testScores[choice][mainMetric] },
    choice: { name: reranking.choiceName, value: choice },
    validation: validationScores,
    test: testScores,
    counts: {
      documents: ids.length,
      repeatedDocumentIds: repeated.length,
      ...(validation === null ? {} : countsOf('validation', validation)),
      ...countsOf('test', test),
    },
    warnings: [
      ...repeatedInCorpus(repeated),
      ...(validation === null ? [] : repeatedInLists('validation', validation, ownGrades)),
      ...repeatedInLists('test', test, ownGrades),
    ],
    items: itemsOf(test, testLists[choice]),
  };
}

/** One query's list in the order of a similarity. */
interface RankedList {
  readonly ids: readonly DocumentId[];
  readonly similarities: readonly number[];
  /** As counted, in the order of `ids`. */
  readonly grades: readonly number[];
  readonly scores: Record<string, number>;
}
type RankedLists = Record<Similarity, RankedList[]>;

function rankedLists(
  { candidates: lists, grades }: CandidateRows,
  ordered: Readonly<Record<Similarity, readonly OrderedCandidates[]>>,
  ownGrades: boolean,
): RankedLists {
  const rank = (list: readonly DocumentId[], q: number, { positions, similarities }: OrderedCandidates): RankedList => {
    const counted = ownGrades ? grades[q] : gradesOfFirst(list, grades[q]);
    const gains = positions.map((position) => counted[position]);
    // The check has made sure that some grade is above 0.
    const scores = Object.fromEntries(CUTS.map((k) => [`ndcg@${k}`, ndcg(gains, grades[q], k) as number]));
    return { ids: positions.map((position) => list[position]), similarities, grades: gains, scores };
  };
  const named = candidates.map((name) => [name, lists.map((list, q) => rank(list, q, ordered[name][q]))]);
  return Object.fromEntries(named) as RankedLists;
}

/** Every occurrence of an id gets the grade of the first. */
function gradesOfFirst(ids: readonly DocumentId[], grades: readonly number[]): number[] {
  const first = new Map<DocumentId, number>();
  return ids.map((id, i) => {
    const grade = first.get(id) ?? grades[i];
    first.set(id, grade);
    return grade;
  });
}

function meansOf(lists: RankedLists): CandidateScores {
  const mean = (ranked: readonly RankedList[], metric: string): number =>
    ranked.reduce((sum, { scores }) => sum + scores[metric], 0) / ranked.length;
  return Object.fromEntries(
    candidates.map((name) => [
      name,
      Object.fromEntries(CUTS.map((k) => [`ndcg@${k}`, mean(lists[name], `ndcg@${k}`)])),
    ]),
  );
}

function countsOf(split: 'validation' | 'test', rows: CandidateRows): Record<string, number> {
  return {
    [`${split}Queries`]: rows.query.length,
    [`${split}Candidates`]: rows.candidates.reduce((sum, list) => sum + list.length, 0),
  };
}

function repeatedInCorpus(repeated: readonly DocumentId[]): string[] {
  if (repeated.length === 0) return [];
  const which = repeated.length === 1 ? 'candidate stands' : 'candidates stand';
  return [
    `corpus: ${repeated.length} ${which} in it more than once, for example ${JSON.stringify(repeated[0])}; the last vector is taken`,
  ];
}

function repeatedInLists(split: string, { candidates: lists }: CandidateRows, ownGrades: boolean): string[] {
  const repeating = lists.filter((list) => new Set(list).size < list.length);
  if (repeating.length === 0) return [];
  const [list] = repeating;
  const example = list.find((id, i) => list.indexOf(id) < i);
  const which = repeating.length === 1 ? 'query lists' : 'queries list';
  const effect = ownGrades
    ? 'each occurrence has its own grade'
    : 'all have the grade of the first (not with rerank-duplicate-ids)';
  return [
    `${split}: ${repeating.length} ${which} a candidate more than once, for example ${JSON.stringify(example)}; ${effect}`,
  ];
}

function itemsOf(test: CandidateRows, lists: readonly RankedList[]): FamilyResult['items'] {
  const relevant = (q: number): string[] => [
    ...new Set(test.candidates[q].filter((_, i) => test.grades[q][i] > 0).map(String)),
  ];
  return {
    rows: lists.length,
    columns: [
      { name: 'id', type: 'text', values: lists.map((_, q) => String(test.queryId?.[q] ?? q)) },
      { name: 'main', type: 'float64', values: lists.map(({ scores }) => scores[mainMetric]) },
      { name: 'ranking', type: 'texts', values: lists.map(({ ids }) => ids.map(String)) },
      { name: 'scores', type: 'floats', values: lists.map(({ similarities }) => similarities) },
      { name: 'relevant', type: 'texts', values: lists.map((_, q) => relevant(q)) },
      { name: 'grades', type: 'floats', values: lists.map(({ grades }) => grades) },
      { name: 'ideal', type: 'floats', values: test.grades.map((grades) => [...grades].sort((a, b) => b - a)) },
    ],
  };
}
