import { UserError } from '../errors.js';
import type { Matrix } from '../numeric/matrix.js';
import { RandomState } from '../numeric/random-state.js';
import { centred, columnMeans, rowsAt, uncentred, valuesAt } from './centred.js';
import { checkClusterCount, checkNorms } from './check-cluster-count.js';
import type { KMeansEngine } from './k-means-engine.js';
import { withKMeansEngine } from './k-means-engine.js';
import type { KMeansOptions } from './k-means.js';
import { lloyd } from './lloyd.js';
import { squaredDistancesToOwn } from './own-distances.js';
import { sumInOrder } from './row-sums.js';

/** One split of a cluster in two. */
export interface Bisection {
  /** Place of the cluster among all, from the left. */
  readonly position: number;
  /** Its rows. */
  readonly rows: Int32Array;
  /** Its inertia. */
  readonly score: number;
  /** The two rows that the split started from, as places in `rows`. */
  readonly seeds: readonly number[];
  readonly iterations: number;
  readonly inertia: number;
  readonly sizes: readonly number[];
  readonly scores: readonly number[];
}

export interface BisectingKMeansOptions extends Omit<KMeansOptions, 'onIteration'> {
  readonly onSplit?: (split: Bisection) => void;
}

export interface BisectingKMeansResult {
  /** Cluster of each row, numbered from left to right in the tree of splits; a cluster may have no rows. */
  readonly labels: Int32Array;
  /** Shape (nClusters, dims) */
  readonly centers: Matrix;
  readonly inertia: number;
}

interface Leaf {
  readonly rows: Int32Array;
  readonly center: Float32Array;
  readonly score: number;
}

const MAX_ITERATIONS = 300;
/** Of the summed squared shift, absolute: `kMeans` scales it by the variance, this does not. */
const TOLERANCE = 1e-4;

/**
 * Bisecting k-means: the cluster with the largest inertia is split in two until there are enough.
 *
 * A split is a 2-means from two random rows, on the rows less their overall mean. Of equal inertias the first from the
 * left is split. All clusters of zero inertia look alike, so a cluster of equal rows may be split into itself and nothing.
 *
 * @param x shape (rows, dims)
 * @param nClusters 1 <= nClusters <= rows
 * @throws UserError when there are fewer rows than clusters, a vector is not finite, or a cluster with fewer than two rows is to be split
 * Source: Steinbach, Karypis and Kumar, "A comparison of document clustering techniques", KDD Workshop on Text Mining
 * 2000; as BisectingKMeans of scikit-learn 1.5.0, https://scikit-learn.org/1.5/modules/clustering.html#bisecting-k-means
 */
export async function bisectingKMeans(
  x: Matrix,
  nClusters: number,
  options: BisectingKMeansOptions,
): Promise<BisectingKMeansResult> {
  checkClusterCount('BisectingKMeans', x, nClusters);
  const random = typeof options.random === 'number' ? new RandomState(options.random) : options.random;
  return withKMeansEngine(options, async (engine) => {
    const { matrix, means } = await centred(x, engine);
    const norms = await engine.squaredNorms(matrix);
    checkNorms('BisectingKMeans', norms, x);
    const all = Int32Array.from({ length: x.rows }, (_, i) => i);
    const leaves: Leaf[] = [{ rows: all, center: await columnMeans(matrix, engine), score: sumInOrder(norms) }];
    const bisect = bisector(matrix, norms, random, engine);
    while (leaves.length < nClusters) {
      const position = leaves.reduce((best, leaf, i) => (leaf.score > leaves[best].score ? i : best), 0);
      const { halves, split } = await bisect(leaves[position]);
      leaves.splice(position, 1, ...halves);
      options.onSplit?.({ position, ...split });
    }
    const labels = new Int32Array(x.rows);
    leaves.forEach(({ rows }, label) => rows.forEach((row) => (labels[row] = label)));
    // Distances do not change with the origin; about the mean they are the most exact.
    const centers = stacked(leaves.map((leaf) => leaf.center));
    const relative = await engine.relativeToOwn(matrix, centers, labels);
    const squares = squaredDistancesToOwn(matrix, centers, { labels, relative }, norms);
    return { labels, centers: uncentred(centers, means), inertia: sumInOrder(squares) };
  });
}

function stacked(rows: readonly Float32Array[]): Matrix {
  const dims = rows[0].length;
  const data = new Float32Array(rows.length * dims);
  rows.forEach((row, i) => data.set(row, i * dims));
  return { data, rows: rows.length, dims };
}

type Split = Omit<Bisection, 'position'>;

function bisector(
  matrix: Matrix,
  norms: Float32Array,
  random: RandomState,
  engine: KMeansEngine,
): (leaf: Leaf) => Promise<{ halves: Leaf[]; split: Split }> {
  const { dims } = matrix;
  // One buffer for all clusters: each is copied together only while it is split.
  let buffer = new Float32Array(0);
  const rowsOf = (rows: Int32Array): Matrix => {
    if (rows.length === matrix.rows) return matrix;
    if (buffer.length < rows.length * dims) buffer = new Float32Array(rows.length * dims);
    return rowsAt(matrix, rows, buffer);
  };
  return async ({ rows, score }) => {
    if (rows.length < 2) throw tooSmall(rows.length);
    const x = rowsOf(rows);
    const p = new Float32Array(rows.length).fill(1 / rows.length);
    const seeds = random.choice(rows.length, 2, { replace: false, p });
    const { labels, centers, inertia, inertias, iterations } = await lloyd(x, rowsAt(x, Int32Array.from(seeds)), {
      tolerance: TOLERANCE,
      maxIterations: MAX_ITERATIONS,
      norms: valuesAt(norms, rows),
      engine,
    });
    const halves = [0, 1].map((half) => ({
      rows: rows.filter((_, i) => labels[i] === half),
      center: centers.data.slice(half * dims, (half + 1) * dims),
      score: inertias[half],
    }));
    const sizes = halves.map((half) => half.rows.length);
    return { halves, split: { rows, score, seeds, iterations, inertia, sizes, scores: [...inertias] } };
  };
}

function tooSmall(rows: number): UserError {
  return new UserError({
    where: 'BisectingKMeans',
    what: `the cluster to split next has ${rows === 1 ? 'one row' : 'no rows'}, and two are needed: too few rows are distinct for so many clusters`,
    fix: 'use rows that differ more, or fewer clusters',
  });
}
