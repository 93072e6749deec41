const { fround } = Math;

/** Share of the largest count below which a cluster is moved. */
const REASSIGNMENT_RATIO = 0.01;

/** When and which clusters of mini-batch k-means have had too few rows. */
export interface LowCountClusters {
  /** To be asked once a step, with the counts before it: some cluster has no rows, or 10 rows a cluster have passed. */
  isDue(counts: Float32Array): boolean;
  /** Clusters with less than a hundredth of the largest count, at most as many as half a batch. */
  find(counts: Float32Array): number[];
  /** Gives them the smallest count of the others, so that they are not moved again at once. */
  raise(counts: Float32Array, clusters: readonly number[]): void;
}

/**
 * Finds clusters to be given a new place, as scikit-learn's MiniBatchKMeans does.
 *
 * @param nClusters how many there are
 * @param batchSize rows of a batch
 */
export function lowCountClusters(nClusters: number, batchSize: number): LowCountClusters {
  let rowsSince = 0;
  return {
    isDue(counts) {
      rowsSince += batchSize;
      if (!counts.includes(0) && rowsSince < 10 * nClusters) return false;
      rowsSince = 0;
      return true;
    },
    find(counts) {
      const bound = fround(REASSIGNMENT_RATIO * largestOf(counts));
      const low = Array.from(counts.keys()).filter((cluster) => counts[cluster] < bound);
      if (low.length <= 0.5 * batchSize) return low;
      const byCount = Array.from(counts.keys()).sort((a, b) => counts[a] - counts[b]);
      const lowest = new Set(byCount.slice(0, Math.floor(0.5 * batchSize)));
      return low.filter((cluster) => lowest.has(cluster));
    },
    raise(counts, clusters) {
      const others = counts.filter((_, cluster) => !clusters.includes(cluster));
      const smallest = -largestOf(others.map((count) => -count));
      for (const cluster of clusters) counts[cluster] = smallest;
    },
  };
}

function largestOf(values: Float32Array): number {
  return values.reduce((largest, value) => Math.max(largest, value), -Infinity);
}
