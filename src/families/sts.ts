import type { StsData, StsRows } from '../datasets/types.js';
import { FAMILY_RULES } from '../definitions/family-rules.js';
import type { Protocol } from '../definitions/types.js';
import type { Problem } from '../errors.js';
import { throwProblems } from '../errors.js';
import { isConstant, pearson, spearman } from '../metrics/correlation.js';
import { tiedValues } from '../numeric/midranks.js';
import type { RowSimilarity } from '../numeric/row-similarities.js';
import { rowCosines, rowDots, rowEuclideanDistances, rowManhattanDistances } from '../numeric/row-similarities.js';
import { chooseCandidate } from './choose-candidate.js';
import { scorePairs } from './score-pairs.js';
import { splitFile } from './split-file.js';
import type { CandidateScores, FamilyEvaluator, FamilyOptions, FamilyResult, VectorsOf } from './types.js';

const { mainMetric, candidates } = FAMILY_RULES.STS;
type Candidate = (typeof candidates)[number];

/**
 * Semantic textual similarity: how well similarities of vectors order pairs of sentences as people do.
 *
 * Four similarities, in this order: the cosine, and the negated Manhattan distance, negated Euclidean distance and dot
 * product. `published` computes the Euclidean distance as the Manhattan one, as the reference does; `sts-euclidean` as it is
 * named. Reported of each: Spearman and Pearson with the gold scores; where one is not defined (all values of a side are
 * equal) it counts as 0, with a warning. The similarity with the best Spearman on validation, the first of equals, gives
 * the main score on test.
 *
 * Similarities are computed in double from float32 components (the reference's are float32), so equal sentences tie exactly
 * under the cosine where the reference lets rounding rank them; on real data Spearman moves by some 1e-5.
 *
 * Items: `id` (row from 0), `score` (similarity under the choice), `gold`. A rank correlation is no mean of shares, so there
 * is no `main`.
 */
export const sts: FamilyEvaluator<'STS'> = {
  family: 'STS',
  mainMetric,
  candidates,
  choiceName: 'optimal_similarity_metric',
  check,
  evaluate,
};

function check(data: StsData): Problem[] {
  const { validation, test } = data.splits;
  return [
    ...(validation === null ? [] : checkRows(validation, splitFile(data.files, 'validation'))),
    ...checkRows(test, splitFile(data.files, 'test')),
  ];
}

function checkRows(rows: StsRows, where: string): Problem[] {
  const problems: Problem[] = [];
  const { score } = rows;
  if (score.length < 2)
    problems.push({
      where,
      what: `it has ${score.length === 1 ? 'one pair' : 'no pairs'} of sentences; a correlation needs at least two.`,
      fix: 'give the split more rows.',
    });
  const bad = [...score.keys()].filter((i) => !Number.isFinite(score[i]));
  if (bad.length > 0)
    problems.push({
      where: `${where}, row ${bad[0] + 1}`,
      what: `the gold score is ${score[bad[0]]}, expected a finite number (rows with such a score: ${bad.length}).`,
      fix: 'correct the scores, or remove the rows.',
    });
  return problems;
}

async function evaluate(data: StsData, vectors: VectorsOf, options: FamilyOptions): Promise<FamilyResult> {
  throwProblems(check(data));
  const { validation, test } = data.splits;
  const warnings: string[] = [];
  const measures = measuresOf(options.protocol);
  const similarities = (split: 'validation' | 'test'): Promise<Record<Candidate, Float64Array>> =>
    scorePairs(vectors(split, 'sentence1'), vectors(split, 'sentence2'), measures, { ...options, label: split });
  const validationScores =
    validation === null
      ? null
      : correlations(await similarities('validation'), validation.score, 'validation', warnings);
  const choice = chooseCandidate(candidates, validationScores, mainMetric, options.fixedChoice) as Candidate;
  const testSimilarities = await similarities('test');
  const testScores = correlations(testSimilarities, test.score, 'test', warnings);
  const score = testSimilarities[choice];
  return {
    main: { metric: mainMetric, value: testScores[choice][mainMetric] },
    choice: { name: sts.choiceName, value: choice },
    validation: validationScores,
    test: testScores,
    counts: {
      ...(validation === null ? {} : { validationPairs: validation.score.length }),
      testPairs: test.score.length,
      testTiedGold: tiedValues(test.score),
      testTiedScores: tiedValues(score),
    },
    warnings,
    items: {
      rows: score.length,
      columns: [
        { name: 'id', type: 'text', values: Array.from(score, (_, i) => String(i)) },
        { name: 'score', type: 'float64', values: score },
        { name: 'gold', type: 'float64', values: test.score },
      ],
    },
  };
}

function measuresOf(protocol: Protocol): Record<Candidate, RowSimilarity> {
  return {
    cosine_similarity: rowCosines,
    manhatten_distance: negatedManhattan,
    euclidean_distance: protocol.deviations.has('sts-euclidean') ? negatedEuclidean : negatedManhattan,
    dot_score: rowDots,
  };
}

const negatedManhattan: RowSimilarity = (a, b) => rowManhattanDistances(a, b).map(negated);
const negatedEuclidean: RowSimilarity = (a, b) => rowEuclideanDistances(a, b).map(negated);

/** 0 stays 0: a minus zero in a result would be another text for the same number. */
function negated(value: number): number {
  return 0 - value;
}

function correlations(
  similarities: Readonly<Record<Candidate, Float64Array>>,
  gold: Float64Array,
  split: string,
  warnings: string[],
): CandidateScores {
  const undefinedBecause = (side: string): string =>
    `${split}: ${side} are equal, so no correlation is defined; it counts as 0`;
  if (isConstant(gold)) warnings.push(undefinedBecause('all gold scores'));
  const scores: CandidateScores = {};
  for (const candidate of candidates) {
    const values = similarities[candidate];
    if (isConstant(values)) warnings.push(undefinedBecause(`all values of ${candidate}`));
    scores[candidate] = { pearson: pearson(gold, values) ?? 0, spearman: spearman(gold, values) ?? 0 };
  }
  return scores;
}
