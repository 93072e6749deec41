import type { ClusteringData, LabelledTextRows } from '../datasets/types.js';
import { FAMILY_RULES } from '../definitions/family-rules.js';
import type { Problem } from '../errors.js';
import { throwProblems, UserError } from '../errors.js';
import { withKMeansEngine } from '../estimators/k-means-engine.js';
import type { Matrix } from '../numeric/matrix.js';
import { matrix } from '../numeric/matrix.js';
import type { RowVectors } from '../vectors/types.js';
import { chooseCandidate } from './choose-candidate.js';
import { countLabels, labelsFault, numberedLabels } from './cluster-labels.js';
import { clusteringDraws } from './clustering-draws.js';
import type { ClusteringSplit, Draw } from './clustering-draws.js';
import { drawStatistics } from './draw-statistics.js';
import { splitFile } from './split-file.js';
import type { FamilyEvaluator, FamilyOptions, FamilyResult, VectorsOf } from './types.js';

const { mainMetric, candidates } = FAMILY_RULES.Clustering;
const LARGEST_SEED = 2 ** 32 - 1;

/**
 * Clustering: how well groups of vectors agree with labels that the algorithm does not see.
 *
 * As many clusters as the test split has distinct labels, on validation too. Four algorithms, in this order:
 * MiniBatchKMeans, AgglomerativeClustering (Ward), BisectingKMeans and Birch, as scikit-learn 1.5.0 makes them. Reported of
 * each: V-measure, homogeneity and completeness. The algorithm with the best V-measure on validation, the first of equals,
 * gives the main score on test.
 *
 * Two algorithms draw random numbers: by seed, every fit from the start (`each`), or all fits from one stream in the order
 * of the reference (`stream`; on test each algorithm goes on from a copy of the state after validation, so the chosen one
 * draws what the reference's draws). With several seeds the first gives the score, and `details` holds all: `draws` (main
 * scores), their mean and standard deviation, every algorithm's scores, and how often each was chosen.
 *
 * Items: `id` (row from 0), `gold` (label as text), `cluster` (number under the choice). The V-measure is no mean of shares,
 * so there is no `main`.
 */
export const clustering: FamilyEvaluator<'Clustering'> = {
  family: 'Clustering',
  mainMetric,
  candidates,
  choiceName: 'optimal_clustering_model_name',
  check,
  evaluate,
};

function check(data: ClusteringData): Problem[] {
  const { validation, test } = data.splits;
  const nClusters = countLabels(test.label);
  const where = splitFile(data.files, 'test');
  const tooFew: Problem = {
    where,
    what: `all its rows have one label (${JSON.stringify(test.label[0])}); clusters are compared with at least two.`,
    fix: 'give the split rows of several labels.',
  };
  return [
    ...(validation === null ? [] : checkRows(validation, splitFile(data.files, 'validation'), nClusters)),
    ...checkRows(test, where, nClusters),
    ...(nClusters === 1 ? [tooFew] : []),
  ];
}

function checkRows({ label }: LabelledTextRows, where: string, nClusters: number): Problem[] {
  if (label.length === 0) return [{ where, what: 'it has no rows.', fix: 'give the split rows.' }];
  const problems: Problem[] = [];
  const fault = labelsFault(label);
  if (fault !== undefined) problems.push({ where, ...fault });
  if (label.length < nClusters)
    problems.push({
      where,
      what: `it has ${label.length} rows, fewer than the ${nClusters} distinct labels of the test split, which say how many clusters to make.`,
      fix: 'give the split more rows.',
    });
  return problems;
}

async function evaluate(data: ClusteringData, vectors: VectorsOf, options: FamilyOptions): Promise<FamilyResult> {
  throwProblems([...check(data), ...checkSeeds(options)]);
  const { validation, test } = data.splits;
  const splits = {
    validation: validation === null ? null : await openSplit(data, validation, vectors, 'validation'),
    test: await openSplit(data, test, vectors, 'test'),
  };
  const nClusters = countLabels(test.label);
  const warnings = new Map<string, number>();
  const draws = await withKMeansEngine(options, (engine) =>
    clusteringDraws(splits, nClusters, options, engine, (warning) =>
      warnings.set(warning, (warnings.get(warning) ?? 0) + 1),
    ),
  );
  const choices = draws.map((draw) => chooseCandidate(candidates, draw.validation, mainMetric, options.fixedChoice));
  const [first] = draws;
  const labels = first.testLabels[choices[0]];
  return {
    main: { metric: mainMetric, value: first.test[choices[0]][mainMetric] },
    choice: { name: clustering.choiceName, value: choices[0] },
    validation: first.validation,
    test: first.test,
    counts: {
      clusters: nClusters,
      ...(validation === null
        ? {}
        : { validationRows: validation.label.length, validationLabels: countLabels(validation.label) }),
      testRows: test.label.length,
      testLabels: nClusters,
      testClustersWithRows: new Set(labels).size,
    },
    warnings: [...oneLabel(validation), ...Array.from(warnings, ([text, count]) => counted(text, count, draws))],
    items: {
      rows: test.label.length,
      columns: [
        { name: 'id', type: 'text', values: Array.from(labels, (_, i) => String(i)) },
        { name: 'gold', type: 'text', values: test.label.map(String) },
        { name: 'cluster', type: 'float64', values: Float64Array.from(labels) },
      ],
    },
    details: { seedMode: options.seedMode, ...drawStatistics(draws, choices, mainMetric) },
  };
}

function checkSeeds({ seed, clusteringSeeds }: FamilyOptions): Problem[] {
  const last = seed + clusteringSeeds - 1;
  if (last <= LARGEST_SEED) return [];
  return [
    {
      where: '--clustering-seeds',
      what: `${clusteringSeeds} seeds from ${seed} on end at ${last}, beyond the largest seed ${LARGEST_SEED}.`,
      fix: 'use a smaller --seed, or fewer seeds.',
    },
  ];
}

async function openSplit(
  data: ClusteringData,
  rows: LabelledTextRows,
  vectors: VectorsOf,
  split: 'validation' | 'test',
): Promise<ClusteringSplit> {
  const x = await gathered(vectors(split, 'text'));
  const where = splitFile(data.files, split);
  const row = firstNotFinite(x);
  if (row >= 0) {
    const what = `the vector of row ${row + 1} holds a value that is not a finite number.`;
    throw new UserError({ where, what, fix: 'embed the texts again, or correct the vectors.' });
  }
  return { name: split, where, x, gold: numberedLabels(rows.label) };
}

async function gathered({ source, index }: RowVectors): Promise<Matrix> {
  return matrix(await source.gather(index), index.length, source.dims);
}

function firstNotFinite({ data, dims }: Matrix): number {
  for (let at = 0; at < data.length; at++) if (!Number.isFinite(data[at])) return Math.floor(at / dims);
  return -1;
}

function oneLabel(validation: LabelledTextRows | null): string[] {
  if (validation === null || countLabels(validation.label) > 1) return [];
  return ['validation: all rows have one label, so homogeneity is 1 for any clusters and completeness alone decides'];
}

function counted(text: string, count: number, draws: readonly Draw[]): string {
  return draws.length === 1 || count === draws.length ? text : `${text} (with ${count} of ${draws.length} seeds)`;
}
