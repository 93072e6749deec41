import { birch } from '../dist/estimators/birch.js';
import { bisectingKMeans } from '../dist/estimators/bisecting-k-means.js';
import { LogisticRegression } from '../dist/estimators/logistic-regression.js';
import { miniBatchKMeans } from '../dist/estimators/mini-batch-k-means.js';
import { NearestNeighbours } from '../dist/estimators/nearest-neighbours.js';
import { ward } from '../dist/estimators/ward.js';
import { matrix } from '../dist/numeric/matrix.js';
import { vectorsInMemory } from '../dist/vectors/in-memory.js';
import { groupedVectors } from './pseudo-random.js';
import { best, seconds } from './timing.js';

const DIMS = 768;

/**
 * Classifiers and clusterings on unit vectors of 768 dimensions; scikit-learn gets the same values.
 *
 * `goal`: seconds of scikit-learn 1.5.0 on a pair of cores whose large Gemm reaches 193 GFLOP/s, to be held against where no
 * Python is at hand: `equivalent` is what our time would be on such cores by the ratio of the Gemms.
 */
const CASES = [
  {
    name: 'logistic regression, 2 classes',
    learner: 'logistic regression',
    rows: 10_000,
    groups: 2,
    spread: 6,
    goal: 0.083,
  },
  {
    name: 'logistic regression, 60 classes',
    learner: 'logistic regression',
    rows: 10_000,
    groups: 60,
    spread: 4,
    goal: 2.94,
  },
  {
    name: 'mini-batch k-means, 12 clusters',
    learner: 'mini-batch k-means',
    rows: 10_000,
    groups: 12,
    spread: 3,
    goal: 0.33,
  },
  {
    name: 'bisecting k-means, 12 clusters',
    learner: 'bisecting k-means',
    rows: 10_000,
    groups: 12,
    spread: 3,
    goal: 0.22,
  },
  { name: 'Birch, 12 clusters', learner: 'birch', rows: 10_000, groups: 12, spread: 3, goal: 30.8, runs: 0 },
  { name: 'Ward, 12 clusters', learner: 'ward', rows: 5_000, groups: 12, spread: 3, goal: 6.5, runs: 0 },
  {
    name: '2 nearest neighbours of 3,000 queries',
    learner: 'nearest neighbours',
    rows: 10_000,
    groups: 12,
    spread: 3,
    goal: 1.24,
  },
];
const QUERIES = 3_000;
const MAX_MEMORY = 2 ** 31;
const REFERENCE_GEMM = 193;

export async function* learnerBenchmarks({ threads, peers, gemm }) {
  for (const { name, learner, rows, groups, spread, goal, runs = 3 } of CASES) {
    const all = groupedVectors(rows + QUERIES, DIMS, groups, 7, spread);
    const data = all.data.slice(0, rows * DIMS);
    const labels = all.labels.slice(0, rows);
    const queries = all.data.slice(rows * DIMS);
    const work = () => LEARNERS[learner]({ data, labels, queries, rows, groups, threads });
    const taken = runs === 0 ? await seconds(work) : await best(runs, work);
    const arrays = { x: { data, shape: [rows, DIMS] }, y: { data: labels, shape: [rows] } };
    if (learner === 'nearest neighbours') arrays.queries = { data: queries, shape: [QUERIES, DIMS] };
    yield {
      name: `${name}, ${rows} x ${DIMS}`,
      seconds: taken,
      rate: `${((taken * gemm) / REFERENCE_GEMM).toFixed(3)} s on cores with a Gemm of ${REFERENCE_GEMM} GFLOP/s, where scikit-learn takes ${goal} s`,
      share: null,
      peers: await peers.ask('learner', { learner, clusters: groups, runs }, arrays),
    };
  }
}

const LEARNERS = {
  'logistic regression': ({ data, labels, rows, threads }) =>
    LogisticRegression.fit(rowsOf(data, rows), labels, { threads, maxMemory: MAX_MEMORY }),
  'mini-batch k-means': ({ data, rows, groups, threads }) =>
    miniBatchKMeans(matrix(data, rows, DIMS), groups, { random: 0, threads }),
  'bisecting k-means': ({ data, rows, groups, threads }) =>
    bisectingKMeans(matrix(data, rows, DIMS), groups, { random: 0, threads }),
  birch: ({ data, rows, groups, threads }) =>
    birch(matrix(data, rows, DIMS), groups, { threads, maxMemory: MAX_MEMORY }),
  ward: ({ data, rows, groups, threads }) => ward(matrix(data, rows, DIMS), groups, { threads, maxMemory: MAX_MEMORY }),
  'nearest neighbours': async ({ data, labels, queries, rows, threads }) => {
    const fitted = new NearestNeighbours(rowsOf(data, rows), labels, { k: 2, threads, maxMemory: MAX_MEMORY });
    await fitted.predict(rowsOf(queries, QUERIES));
    await fitted.close?.();
  },
};

function rowsOf(data, rows) {
  return { source: vectorsInMemory(matrix(data, rows, DIMS)), index: Int32Array.from({ length: rows }, (_, i) => i) };
}
