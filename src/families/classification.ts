import type { ClassificationData } from '../datasets/types.js';
import { FAMILY_RULES } from '../definitions/family-rules.js';
import type { Problem } from '../errors.js';
import { throwProblems } from '../errors.js';
import { accuracy, f1Scores } from '../metrics/f1-scores.js';
import { chooseCandidate } from './choose-candidate.js';
import type { ClassLabels, ClassSplit } from './class-labels.js';
import { labelProblems, missingLabelWarnings, numberLabels } from './class-labels.js';
import type { Classifier, Predictions } from './classifiers.js';
import { logisticRegression, nearestNeighbours, NEIGHBOURS } from './classifiers.js';
import { splitFile } from './split-file.js';
import type {
  CandidateScores,
  FamilyEvaluator,
  FamilyOptions,
  FamilyResult,
  ItemColumn,
  Scores,
  VectorsOf,
} from './types.js';

const { mainMetric, candidates } = FAMILY_RULES.Classification;
type Candidate = (typeof candidates)[number];
type Average = 'macro' | 'micro' | 'weighted';

const CLASSIFIERS: Readonly<Record<Candidate, Classifier>> = {
  knn_cosine_k_2: nearestNeighbours,
  logreg: logisticRegression,
};

/**
 * Classification: how well simple classifiers learn labels from vectors.
 *
 * Two classifiers fitted on train, in this order: two nearest neighbours by cosine, logistic regression. Reported of each:
 * accuracy and the F1 averages that the definition lists, macro unless it says so; a text in place of a list is macro, too,
 * as in the reference. The classifier with the best first average on validation, the first of equals, gives the main score
 * on test. F1 runs over the labels of gold and prediction together. Labels that are texts are numbered split by split under
 * `published`, once for all splits with `shared-label-map`.
 *
 * Items: `id` (row from 0), `gold` and `predicted` (label numbers); `main` (1 where they are equal) only where micro F1 is
 * the main metric: the others are no means of shares.
 */
export const classification: FamilyEvaluator<'Classification'> = {
  family: 'Classification',
  mainMetric,
  candidates,
  choiceName: 'optimal_classifier_name',
  check,
  evaluate,
};

function check(data: ClassificationData): Problem[] {
  const { splits } = data;
  const where = (split: ClassSplit): string => splitFile(data.files, split);
  const problems: Problem[] = [];
  for (const split of ['train', 'validation', 'test'] as const) {
    if (splits[split]?.label.length === 0)
      problems.push({ where: where(split), what: 'it has no rows.', fix: 'give the split rows.' });
  }
  problems.push(...labelProblems(splits, where));
  const { label } = splits.train;
  if (label.length > 0 && label.length < NEIGHBOURS)
    problems.push({
      where: where('train'),
      what: `it has one row, and ${NEIGHBOURS} neighbours vote.`,
      fix: 'give the split more rows.',
    });
  else if (label.length > 0 && new Set(label).size === 1)
    problems.push({
      where: where('train'),
      what: `all its rows have one label (${JSON.stringify(label[0])}); logistic regression needs at least two.`,
      fix: 'give the split rows of several labels.',
    });
  return problems;
}

async function evaluate(data: ClassificationData, vectors: VectorsOf, options: FamilyOptions): Promise<FamilyResult> {
  throwProblems(check(data));
  const { train, validation, test } = data.splits;
  const labels = numberLabels(data.splits, options.protocol);
  const input = {
    train: vectors('train', 'text'),
    labels: labels.train,
    validation: validation === null ? null : vectors('validation', 'text'),
    test: vectors('test', 'text'),
  };
  const predictions = {} as Record<Candidate, Predictions>;
  for (const candidate of candidates) predictions[candidate] = await CLASSIFIERS[candidate](input, options);

  const averages = averagesOf(options.average);
  const metric = `${averages[0]}_f1`;
  const scored = (split: 'validation' | 'test'): CandidateScores | null => {
    const gold = labels[split];
    if (gold === null) return null;
    const scores = candidates.map((candidate) => predictions[candidate][split] as Float64Array);
    return Object.fromEntries(candidates.map((candidate, i) => [candidate, scoresOf(gold, scores[i], averages)]));
  };
  const validationScores = scored('validation');
  const testScores = scored('test') as CandidateScores;
  const choice = chooseCandidate(candidates, validationScores, metric, options.fixedChoice) as Candidate;
  return {
    main: { metric, value: testScores[choice][metric] },
    choice: { name: classification.choiceName, value: choice },
    validation: validationScores,
    test: testScores,
    counts: countsOf(labels),
    warnings: [
      ...averageWarnings(options.average),
      ...labels.warnings,
      ...(validation === null ? [] : missingLabelWarnings(train.label, validation.label, 'validation')),
      ...missingLabelWarnings(train.label, test.label, 'test'),
      ...candidates.flatMap((candidate) => predictions[candidate].warnings),
    ],
    items: itemsOf(labels.test, predictions[choice].test, averages[0]),
    details: Object.fromEntries(candidates.map((candidate) => [candidate, predictions[candidate].details])),
  };
}

/** The averages of a definition; a text matches none, letter by letter, and macro is what the reference then takes. */
function averagesOf(average: FamilyOptions['average']): readonly Average[] {
  return Array.isArray(average) && average.length > 0 ? (average as readonly Average[]) : ['macro'];
}

function averageWarnings(average: FamilyOptions['average']): string[] {
  if (typeof average !== 'string') return [];
  return [`average is the text ${JSON.stringify(average)}, not a list: the reference takes macro, whatever it says`];
}

function scoresOf(gold: Float64Array, predicted: Float64Array, averages: readonly Average[]): Scores {
  const f1 = f1Scores(gold, predicted);
  return {
    accuracy: accuracy(gold, predicted),
    ...Object.fromEntries(averages.map((average) => [`${average}_f1`, f1?.[average] ?? null])),
  };
}

function countsOf({ train, validation, test }: ClassLabels): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const [split, labels] of Object.entries({ train, validation, test })) {
    if (labels === null) continue;
    counts[`${split}Rows`] = labels.length;
    counts[`${split}Labels`] = new Set(labels).size;
  }
  return counts;
}

function itemsOf(gold: Float64Array, predicted: Float64Array, average: Average): FamilyResult['items'] {
  const columns: ItemColumn[] = [{ name: 'id', type: 'text', values: Array.from(gold, (_, i) => String(i)) }];
  if (average === 'micro')
    columns.push({ name: 'main', type: 'float64', values: gold.map((label, i) => Number(label === predicted[i])) });
  columns.push({ name: 'gold', type: 'float64', values: gold });
  columns.push({ name: 'predicted', type: 'float64', values: predicted });
  return { rows: gold.length, columns };
}
