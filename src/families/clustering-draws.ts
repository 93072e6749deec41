import { FAMILY_RULES } from '../definitions/family-rules.js';
import { messageOf, UserError } from '../errors.js';
import type { KMeansEngine } from '../estimators/k-means-engine.js';
import { mlKMeans } from '../estimators/ml-k-means.js';
import { vMeasure } from '../metrics/v-measure.js';
import type { Matrix } from '../numeric/matrix.js';
import { RandomState } from '../numeric/random-state.js';
import { CLUSTERERS, withCount } from './clusterers.js';
import type { Clusterer, ClustererRecord, Clustering } from './clusterers.js';
import type { CandidateScores, FamilyOptions, Scores } from './types.js';

const { candidates } = FAMILY_RULES.Clustering;

/** Vectors and gold clusters of a split. */
export interface ClusteringSplit {
  readonly name: 'validation' | 'test';
  /** Its file, for messages. */
  readonly where: string;
  readonly x: Matrix;
  /** Gold cluster of each row, any numbers; shape (rows,) */
  readonly gold: Float64Array;
}

/** What one seed gives. */
export interface Draw {
  readonly seed: number;
  readonly validation: CandidateScores | null;
  readonly test: CandidateScores;
  /** Clusters of the test rows by candidate. */
  readonly testLabels: Readonly<Record<string, Int32Array>>;
}

/** Of all metrics, for a candidate that failed. */
const UNDEFINED: Scores = { v_measure_score: null, homogeneity_score: null, completeness_score: null };

/**
 * Clusters both splits with every algorithm, seed by seed; an algorithm that draws nothing runs once for all seeds.
 *
 * @param splits validation may be missing
 * @param nClusters how many clusters to make
 * @param options `seed`, `clusteringSeeds`, `seedMode`, `clusterers`, `threads`, `maxMemory`, `onProgress` are read
 * @param engine lent to the algorithms
 * @param onWarning called for each warning of a seed; those of algorithms that run once are repeated
 * @returns one draw a seed, in order
 * @throws UserError when an algorithm refuses the rows: it names split and algorithm
 */
export async function clusteringDraws(
  splits: { readonly validation: ClusteringSplit | null; readonly test: ClusteringSplit },
  nClusters: number,
  options: FamilyOptions,
  engine: KMeansEngine,
  onWarning: (warning: string) => void,
): Promise<Draw[]> {
  const { threads, maxMemory, seedMode, clusteringSeeds, clusterers, onProgress } = options;
  const sameForAll = new Map<string, Clustering>();
  const fits = clusteringSeeds * (splits.validation === null ? 1 : 2) * (candidates.length + clusterers.length);
  let done = 0;

  const runOnce = async (split: ClusteringSplit, name: Clusterer, random: RandomState): Promise<Clustering> => {
    const { isRandom, run }: ClustererRecord = CLUSTERERS[name];
    const key = `${split.name} ${name}`;
    const known = sameForAll.get(key);
    if (known !== undefined) return known;
    const result = await naming(`${split.where}, ${name}`, () =>
      run(split.x, nClusters, { random, engine, threads, maxMemory }),
    );
    if (!isRandom) sameForAll.set(key, result);
    return result;
  };
  const scored = (split: ClusteringSplit, name: string, { labels, warning }: Clustering): Scores => {
    if (warning !== undefined) onWarning(`${split.name}, ${name}: ${warning}`);
    onProgress?.('clusterings', ++done, fits);
    const { vMeasure: v, homogeneity, completeness } = vMeasure(split.gold, labels);
    return { v_measure_score: v, homogeneity_score: homogeneity, completeness_score: completeness };
  };
  /** `randomFor` gives the generator of the next algorithm. */
  const clusterSplit = async (split: ClusteringSplit, randomFor: () => RandomState, seed: number): Promise<Half> => {
    const half: Half = { scores: {}, labels: {} };
    for (const name of candidates) {
      const result = await runOnce(split, name, randomFor());
      half.labels[name] = result.labels;
      half.scores[name] = scored(split, name, result);
    }
    for (const name of clusterers) {
      try {
        const result = withCount({ labels: await mlKMeans(split.x, nClusters, seed) }, nClusters);
        half.labels[name] = result.labels;
        half.scores[name] = scored(split, name, result);
      } catch (thrown) {
        onWarning(`${split.name}, ${name}: it failed and has no scores: ${messageOf(thrown)}`);
        half.scores[name] = UNDEFINED;
      }
    }
    return half;
  };

  const draws: Draw[] = [];
  for (let seed = options.seed; seed < options.seed + clusteringSeeds; seed++) {
    const stream = new RandomState(seed);
    const anew = (): RandomState => new RandomState(seed);
    const { validation, test } = splits;
    const onValidation =
      validation === null ? null : await clusterSplit(validation, seedMode === 'each' ? anew : () => stream, seed);
    const onTest = await clusterSplit(test, seedMode === 'each' ? anew : () => stream.clone(), seed);
    draws.push({ seed, validation: onValidation?.scores ?? null, test: onTest.scores, testLabels: onTest.labels });
  }
  return draws;
}

/** One split under one seed, by candidate. */
interface Half {
  readonly scores: Record<string, Scores>;
  readonly labels: Record<string, Int32Array>;
}

async function naming<T>(where: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    if (!(thrown instanceof UserError)) throw thrown;
    throw new UserError(thrown.problems.map((problem) => ({ ...problem, where })));
  }
}
