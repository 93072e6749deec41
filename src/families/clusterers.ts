import { birch } from '../estimators/birch.js';
import { bisectingKMeans } from '../estimators/bisecting-k-means.js';
import type { KMeansEngine } from '../estimators/k-means-engine.js';
import { miniBatchKMeans } from '../estimators/mini-batch-k-means.js';
import { ward } from '../estimators/ward.js';
import type { FAMILY_RULES } from '../definitions/family-rules.js';
import type { Matrix } from '../numeric/matrix.js';
import type { RandomState } from '../numeric/random-state.js';

export type Clusterer = (typeof FAMILY_RULES.Clustering.candidates)[number];

export interface ClustererOptions {
  /** Moves on as far as the algorithm draws. */
  readonly random: RandomState;
  readonly engine: KMeansEngine;
  readonly threads: number;
  readonly maxMemory: number;
}

/** What an algorithm makes of the rows. */
export interface Clustering {
  /** Cluster of each row; shape (rows,) */
  readonly labels: Int32Array;
  readonly warning?: string;
}

export interface ClustererRecord {
  /** Whether it draws from the generator; those that do not give the same for every seed. */
  readonly isRandom: boolean;
  readonly run: (x: Matrix, nClusters: number, options: ClustererOptions) => Promise<Clustering>;
}

/** The protocol's algorithms by name, with scikit-learn's defaults. */
export const CLUSTERERS = {
  MiniBatchKMeans: {
    isRandom: true,
    run: async (x, nClusters, options) => withCount(await miniBatchKMeans(x, nClusters, options), nClusters),
  },
  AgglomerativeClustering: { isRandom: false, run: (x, nClusters, options) => ward(x, nClusters, options) },
  BisectingKMeans: {
    isRandom: true,
    run: async (x, nClusters, options) => withCount(await bisectingKMeans(x, nClusters, options), nClusters),
  },
  Birch: { isRandom: false, run: (x, nClusters, options) => birch(x, nClusters, options) },
} as const satisfies Record<Clusterer, ClustererRecord>;

/** Warns of clusters without rows: fewer rows are distinct, or a centre was left behind. */
export function withCount({ labels }: { readonly labels: Int32Array }, nClusters: number): Clustering {
  const found = new Set(labels).size;
  return found === nClusters ? { labels } : { labels, warning: `only ${found} of ${nClusters} clusters have rows` };
}
