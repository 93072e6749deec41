import type { Matrix } from '../numeric/matrix.js';
import { RandomState } from '../numeric/random-state.js';
import { rowsAt, valuesAt } from './centred.js';
import { checkClusterCount, checkNorms } from './check-cluster-count.js';
import { withKMeansEngine } from './k-means-engine.js';
import type { EngineOptions, KMeansEngine } from './k-means-engine.js';
import { kMeansPlusPlus } from './k-means-plus-plus.js';
import type { SeedingStep } from './k-means-plus-plus.js';
import { lowCountClusters } from './low-count-clusters.js';
import { squaredDistancesToOwn } from './own-distances.js';
import { patience } from './patience.js';
import { countByCluster, sumInOrder } from './row-sums.js';

const { fround } = Math;

/** One step: a batch, and what it did. */
export interface MiniBatchStep {
  /** Rows of the batch, repeats allowed. */
  readonly batch: Int32Array;
  readonly labels: Int32Array;
  /** Sum of squared distances of the batch to the centres before the step. */
  readonly inertia: number;
  /** Clusters that had too few rows and were moved ... */
  readonly reassigned: readonly number[];
  /** ... to these places in the batch. */
  readonly reassignedTo: readonly number[];
  /** Rows that each cluster has been given so far. */
  readonly counts: Float32Array;
  /** Smoothed mean inertia; null after the first step, which does not count. */
  readonly smoothed: number | null;
  /** Steps in a row without a new minimum of it. */
  readonly withoutImprovement: number;
}

export interface MiniBatchKMeansOptions extends EngineOptions {
  /** A generator, which moves on, or a seed, 0 to 2^32 - 1. */
  readonly random: RandomState | number;
  readonly onSeedingStep?: (step: SeedingStep) => void;
  readonly onStep?: (step: MiniBatchStep) => void;
}

export interface MiniBatchKMeansResult {
  /** Cluster of each row; shape (rows,) */
  readonly labels: Int32Array;
  /** Shape (nClusters, dims) */
  readonly centers: Matrix;
  /** Sum of squared distances of the rows to their centres. */
  readonly inertia: number;
  /** Batches seen. */
  readonly steps: number;
  /** The same in passes over the rows, rounded up. */
  readonly iterations: number;
  /** Rows that each cluster was given in all batches. */
  readonly counts: Float32Array;
}

const BATCH_SIZE = 1024;
const MAX_ITERATIONS = 100;

/**
 * Mini-batch k-means: centres are running means of the rows that batches give them.
 *
 * A batch is drawn with replacement. It stops after 10 steps in a row without a new minimum of the smoothed inertia, or
 * after 100 passes. Before each step is judged, clusters with less than a hundredth of the largest count are moved to rows
 * of the batch. Draws, in this order: rows to judge the start (which decide nothing with one start), rows to start from
 * where there are more than three batches of them, k-means++, then a batch and its reassignments, step by step.
 *
 * @param x shape (rows, dims); not centred
 * @param nClusters 1 <= nClusters <= rows
 * @throws UserError when there are fewer rows than clusters, or a vector is not finite
 * Source: Sculley, "Web-scale k-means clustering", WWW 2010; as MiniBatchKMeans of scikit-learn 1.5.0 (n_init 1),
 * https://scikit-learn.org/1.5/modules/clustering.html#mini-batch-k-means
 */
export async function miniBatchKMeans(
  x: Matrix,
  nClusters: number,
  options: MiniBatchKMeansOptions,
): Promise<MiniBatchKMeansResult> {
  checkClusterCount('MiniBatchKMeans', x, nClusters);
  const random = typeof options.random === 'number' ? new RandomState(options.random) : options.random;
  const batchSize = Math.min(BATCH_SIZE, x.rows);
  return withKMeansEngine(options, async (engine) => {
    const norms = await engine.squaredNorms(x);
    checkNorms('MiniBatchKMeans', norms, x);
    let centers = await initialCenters(x, nClusters, batchSize, random, engine, options.onSeedingStep);
    const counts = new Float32Array(nClusters);
    const lowCounts = lowCountClusters(nClusters, batchSize);
    const judge = patience(batchSize, x.rows);
    const maxSteps = Math.floor((MAX_ITERATIONS * x.rows) / batchSize);
    let steps = 0;
    const buffer = new Float32Array(batchSize * x.dims);
    for (let patient = true; patient && steps < maxSteps; steps++) {
      const batch = Int32Array.from(random.randint(0, x.rows, batchSize));
      const considered = lowCounts.isDue(counts);
      const { labels, inertia, moved } = await step(
        rowsAt(x, batch, buffer),
        valuesAt(norms, batch),
        centers,
        counts,
        engine,
      );
      const reassigned = considered ? lowCounts.find(counts) : [];
      const reassignedTo =
        reassigned.length === 0 ? [] : random.choice(batchSize, reassigned.length, { replace: false });
      reassigned.forEach((cluster, i) => copyRow(x, batch[reassignedTo[i]], moved, cluster));
      lowCounts.raise(counts, reassigned);
      centers = moved;
      const { smoothed, withoutImprovement, isOver } = judge(inertia / batchSize);
      patient = !isOver;
      const seen = { batch, labels, inertia, reassigned, reassignedTo, counts: counts.slice() };
      options.onStep?.({ ...seen, smoothed, withoutImprovement });
    }
    const assignment = await engine.nearestCenters(x, centers);
    const inertia = sumInOrder(squaredDistancesToOwn(x, centers, assignment, norms));
    return {
      labels: assignment.labels,
      centers,
      inertia,
      steps,
      iterations: Math.ceil((steps * batchSize) / x.rows),
      counts,
    };
  });
}

async function initialCenters(
  x: Matrix,
  nClusters: number,
  batchSize: number,
  random: RandomState,
  engine: KMeansEngine,
  onStep: MiniBatchKMeansOptions['onSeedingStep'],
): Promise<Matrix> {
  const wanted = 3 * batchSize < nClusters ? 3 * nClusters : 3 * batchSize;
  const size = Math.min(wanted, x.rows);
  random.randint(0, x.rows, size);
  const start = size < x.rows ? rowsAt(x, Int32Array.from(random.randint(0, x.rows, size))) : x;
  return rowsAt(start, await kMeansPlusPlus(start, nClusters, { random, engine, onStep }));
}

/** Assigns a batch and makes every centre the mean of all rows that it has had; `counts` grows. */
async function step(
  batch: Matrix,
  norms: Float32Array,
  centers: Matrix,
  counts: Float32Array,
  engine: KMeansEngine,
): Promise<{ labels: Int32Array; inertia: number; moved: Matrix }> {
  const { dims } = batch;
  const assignment = await engine.nearestCenters(batch, centers);
  const { labels } = assignment;
  const inertia = sumInOrder(squaredDistancesToOwn(batch, centers, assignment, norms));
  const given = countByCluster(labels, counts.length);
  const sums = { ...centers, data: centers.data.slice() };
  // Clusters that are given no rows keep the bits of their centres.
  given.forEach((count, cluster) => count > 0 && scaleRow(sums.data, cluster, dims, counts[cluster]));
  const moved = await engine.addRows(sums, batch, labels);
  given.forEach((count, cluster) => {
    if (count === 0) return;
    counts[cluster] += count;
    scaleRow(moved.data, cluster, dims, fround(1 / counts[cluster]));
  });
  return { labels, inertia, moved };
}

function scaleRow(data: Float32Array, row: number, dims: number, factor: number): void {
  for (let at = row * dims; at < (row + 1) * dims; at++) data[at] *= factor;
}

function copyRow(from: Matrix, row: number, to: Matrix, target: number): void {
  to.data.set(from.data.subarray(row * from.dims, (row + 1) * from.dims), target * from.dims);
}
