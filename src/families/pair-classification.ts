import type { LabelledPairRows, PairData } from '../datasets/types.js';
import { FAMILY_RULES } from '../definitions/family-rules.js';
import type { Protocol } from '../definitions/types.js';
import type { Problem } from '../errors.js';
import { throwProblems } from '../errors.js';
import type { PairThresholds, PositiveSide } from '../metrics/pair-thresholds.js';
import { applyThreshold, binaryAccuracy, binaryF1, searchThresholds } from '../metrics/pair-thresholds.js';
import type { RowSimilarity } from '../numeric/row-similarities.js';
import {
  rowCosinesByDistance,
  rowDots,
  rowEuclideanDistances,
  rowManhattanDistances,
} from '../numeric/row-similarities.js';
import type { BinaryLabels } from './binary-labels.js';
import { binaryLabels, binaryLabelsFault } from './binary-labels.js';
import { chooseCandidate } from './choose-candidate.js';
import { scorePairs } from './score-pairs.js';
import { splitFile } from './split-file.js';
import type { CandidateScores, FamilyEvaluator, FamilyOptions, FamilyResult, Scores, VectorsOf } from './types.js';

const { mainMetric, candidates } = FAMILY_RULES.PairClassification;
type Candidate = (typeof candidates)[number];

const MEASURES: Readonly<Record<Candidate, RowSimilarity>> = {
  cosine_distances: rowCosinesByDistance,
  manhatten_distances: rowManhattanDistances,
  euclidean_distances: rowEuclideanDistances,
  dot_similarities: rowDots,
};

/**
 * Pair classification: whether two sentences mean the same, told by a threshold of one measure.
 *
 * Four measures, in this order: the cosine (1 - |â - b̂|² / 2, so a zero vector gives 0.5 and two give 1), the Manhattan
 * distance, the Euclidean distance, the dot product. `cosine_distances` holds the cosine *similarity*; `published` takes it
 * for a distance nevertheless, as the reference does, `pair-cosine-direction` for what it is. Of each measure the best
 * thresholds for accuracy and F1 are searched on validation and applied on test; the scores of validation are those found
 * in the search. The measure with the best F1 on validation, the first of equals, gives the main score on test.
 *
 * Measures are computed in double from float32 components; the reference's are float32, so thresholds agree to 2e-6.
 *
 * Items: `id` (row from 0), `score` (under the choice), `gold` and `predicted` (0 or 1, by the F1 threshold). F1 is no mean
 * of shares, so there is no `main`.
 */
export const pairClassification: FamilyEvaluator<'PairClassification'> = {
  family: 'PairClassification',
  mainMetric,
  candidates,
  choiceName: 'optimal_distance_metric',
  check,
  evaluate,
};

function check(data: PairData): Problem[] {
  const { validation, test } = data.splits;
  const missing: Problem = {
    where: splitFile(data.files, 'validation'),
    what: 'there is no validation split, on which the thresholds are searched.',
    fix: 'name the file of the validation split in the definition of the task.',
  };
  return [
    ...(validation === null ? [missing] : checkLabels(validation, splitFile(data.files, 'validation'))),
    ...checkLabels(test, splitFile(data.files, 'test')),
  ];
}

function checkLabels(rows: LabelledPairRows, where: string): Problem[] {
  const fault = binaryLabelsFault(rows.label);
  return fault === undefined ? [] : [{ where, ...fault }];
}

async function evaluate(data: PairData, vectors: VectorsOf, options: FamilyOptions): Promise<FamilyResult> {
  throwProblems(check(data));
  const { validation, test } = data.splits as { validation: LabelledPairRows; test: LabelledPairRows };
  const measure = (split: 'validation' | 'test'): Promise<Record<Candidate, Float64Array>> =>
    scorePairs(vectors(split, 'sentence1'), vectors(split, 'sentence2'), MEASURES, { ...options, label: split });
  const labels = { validation: binaryLabels(validation.label), test: binaryLabels(test.label) };

  const thresholds = searchAll(await measure('validation'), labels.validation.numbers, options.protocol);
  const validationScores = scoresOf((candidate) => metricsOf(thresholds[candidate], thresholds[candidate]));
  const choice = chooseCandidate(candidates, validationScores, mainMetric) as Candidate;

  const measured = await measure('test');
  const predict = (candidate: Candidate, threshold: number): Uint8Array =>
    applyThreshold(measured[candidate], threshold, positiveSide(candidate, options.protocol));
  const testScores = scoresOf((candidate) => {
    const { accuracyThreshold, f1Threshold } = thresholds[candidate];
    const accuracy = binaryAccuracy(predict(candidate, accuracyThreshold), labels.test.numbers);
    const f1 = binaryF1(predict(candidate, f1Threshold), labels.test.numbers);
    return metricsOf({ accuracy, f1 }, thresholds[candidate]);
  });
  const predicted = predict(choice, thresholds[choice].f1Threshold);
  const gold = labels.test.numbers;
  return {
    main: { metric: mainMetric, value: testScores[choice][mainMetric] },
    choice: { name: pairClassification.choiceName, value: choice },
    validation: validationScores,
    test: testScores,
    counts: {
      validationPairs: validation.label.length,
      validationPositives: ones(labels.validation.numbers),
      testPairs: test.label.length,
      testPositives: ones(gold),
      testPredictedPositives: ones(predicted),
    },
    warnings: [
      ...labelWarnings(labels.validation, labels.test),
      ...thresholdWarnings(thresholds),
      ...directionWarnings(choice, options.protocol),
    ],
    items: {
      rows: gold.length,
      columns: [
        { name: 'id', type: 'text', values: Array.from(gold, (_, i) => String(i)) },
        { name: 'score', type: 'float64', values: measured[choice] },
        { name: 'gold', type: 'float64', values: Float64Array.from(gold) },
        { name: 'predicted', type: 'float64', values: Float64Array.from(predicted) },
      ],
    },
  };
}

function positiveSide(candidate: Candidate, protocol: Protocol): PositiveSide {
  if (candidate === 'dot_similarities') return 'high';
  return candidate === 'cosine_distances' && protocol.deviations.has('pair-cosine-direction') ? 'high' : 'low';
}

function searchAll(
  measured: Readonly<Record<Candidate, Float64Array>>,
  labels: Uint8Array,
  protocol: Protocol,
): Record<Candidate, PairThresholds> {
  const search = (candidate: Candidate): PairThresholds =>
    searchThresholds(measured[candidate], labels, positiveSide(candidate, protocol));
  return Object.fromEntries(candidates.map((candidate) => [candidate, search(candidate)])) as Record<
    Candidate,
    PairThresholds
  >;
}

function scoresOf(ofCandidate: (candidate: Candidate) => Scores): CandidateScores {
  return Object.fromEntries(candidates.map((candidate) => [candidate, ofCandidate(candidate)]));
}

/** The reference's four keys. */
function metricsOf(values: Pick<PairThresholds, 'accuracy' | 'f1'>, thresholds: PairThresholds): Scores {
  return {
    accuracy: values.accuracy,
    accuracy_threshold: thresholds.accuracyThreshold,
    binary_f1: values.f1,
    binary_f1_threshold: thresholds.f1Threshold,
  };
}

function ones(labels: Uint8Array): number {
  return labels.reduce((sum, label) => sum + label, 0);
}

function labelWarnings(validation: BinaryLabels, test: BinaryLabels): string[] {
  if (validation.names.join() === test.names.join()) return [];
  const shown = ({ names }: BinaryLabels): string => names.map((name) => JSON.stringify(name)).join(', ');
  return [
    `validation has the labels ${shown(validation)}, test has ${shown(test)}; each split is numbered by itself, ` +
      `so ${JSON.stringify(validation.names[1])} and ${JSON.stringify(test.names[1])} are the positive ones`,
  ];
}

function thresholdWarnings(thresholds: Readonly<Record<Candidate, PairThresholds>>): string[] {
  return candidates
    .filter((candidate) => thresholds[candidate].f1 === 0)
    .map((candidate) => `validation: no cut of ${candidate} finds a positive pair; its F1 is 0 and its threshold -1`);
}

function directionWarnings(choice: Candidate, protocol: Protocol): string[] {
  if (choice !== 'cosine_distances' || positiveSide(choice, protocol) === 'high') return [];
  return ['the cosine was chosen and, as in the reference, taken for a distance: pairs with a low cosine are positive'];
}
