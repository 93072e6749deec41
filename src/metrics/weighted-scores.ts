import type { WeightedScore } from './paired-draws.js';

// What a system says is read anew at each call, so that its answers can be swapped in place; weightedVMeasure alone reads it
// once.

/** The mean of items' shares. */
export function weightedMean(values: Float64Array): WeightedScore {
  return (weights) => {
    let [sum, total] = [0, 0];
    for (let i = 0; i < values.length; i++) {
      sum += weights[i] * values[i];
      total += weights[i];
    }
    return sum / total;
  };
}

/**
 * Spearman's rank correlation of drawn items; 0 where all values of a side are equal, as the family counts it.
 *
 * @param gold midranks of the items: multiples of 0.5 from 1 to their number
 * @param ranks the same of what a system says
 */
export function weightedSpearman(gold: Float64Array, ranks: Float64Array): WeightedScore {
  const [rankGold, rankOther] = [weightedMidranks(gold), weightedMidranks(ranks)];
  return (weights) => {
    const [x, y] = [rankGold(weights), rankOther(weights)];
    let total = 0;
    for (let i = 0; i < weights.length; i++) total += weights[i];
    const middle = (total + 1) / 2;
    let [xy, xx, yy] = [0, 0, 0];
    for (let i = 0; i < weights.length; i++) {
      const [dx, dy] = [x[i] - middle, y[i] - middle];
      xy += weights[i] * dx * dy;
      xx += weights[i] * dx * dx;
      yy += weights[i] * dy * dy;
    }
    return xx === 0 || yy === 0 ? 0 : xy / Math.sqrt(xx * yy);
  };
}

/** Mean ranks of items that stand several times: counted by twice their rank, so that nothing is sorted. */
function weightedMidranks(values: Float64Array): (weights: Float64Array) => Float64Array {
  const at = new Float64Array(2 * values.length + 1);
  const ranks = new Float64Array(values.length);
  return (weights) => {
    at.fill(0);
    for (let i = 0; i < values.length; i++) at[2 * values[i]] += weights[i];
    let before = 0;
    for (let place = 0; place < at.length; place++) {
      const tied = at[place];
      at[place] = before + (tied + 1) / 2;
      before += tied;
    }
    for (let i = 0; i < values.length; i++) ranks[i] = at[2 * values[i]];
    return ranks;
  };
}

/** F1 of the positive label (1) of drawn items; 0 where nothing is or is called positive. */
export function weightedBinaryF1(gold: Float64Array, predicted: Float64Array): WeightedScore {
  return (weights) => {
    let [found, total] = [0, 0];
    for (let i = 0; i < weights.length; i++) {
      found += weights[i] * gold[i] * predicted[i];
      total += weights[i] * (gold[i] + predicted[i]);
    }
    return total === 0 ? 0 : (2 * found) / total;
  };
}

/**
 * F1 over labels of drawn items: `macro` over those that are drawn or predicted, `micro`, `weighted`.
 *
 * @param gold labels as numbers from 0 to `labels` - 1
 * @param predicted the same of what a system says
 */
export function weightedF1(
  gold: Float64Array,
  predicted: Float64Array,
  labels: number,
  average: string,
): WeightedScore {
  const [hits, inGold, inPredicted] = [0, 0, 0].map(() => new Float64Array(labels));
  return (weights) => {
    for (const counts of [hits, inGold, inPredicted]) counts.fill(0);
    for (let i = 0; i < weights.length; i++) {
      inGold[gold[i]] += weights[i];
      inPredicted[predicted[i]] += weights[i];
      if (gold[i] === predicted[i]) hits[gold[i]] += weights[i];
    }
    let [sum, met, rows, right, byRows] = [0, 0, 0, 0, 0];
    for (let label = 0; label < labels; label++) {
      const both = inGold[label] + inPredicted[label];
      if (both === 0) continue;
      const f1 = (2 * hits[label]) / both;
      met++;
      sum += f1;
      rows += inGold[label];
      right += hits[label];
      byRows += f1 * inGold[label];
    }
    return average === 'micro' ? right / rows : average === 'weighted' ? byRows / rows : sum / met;
  };
}

/** V-measure of drawn items. */
export function weightedVMeasure(gold: readonly string[], clusters: Float64Array): WeightedScore {
  const classOf = numbered(gold);
  const clusterOf = numbered([...clusters]);
  const nClusters = Math.max(...clusterOf) + 1;
  const classSizes = new Float64Array(Math.max(...classOf) + 1);
  const clusterSizes = new Float64Array(nClusters);
  const cells = new Float64Array(classSizes.length * nClusters);
  return (weights) => {
    for (const counts of [classSizes, clusterSizes, cells]) counts.fill(0);
    for (let i = 0; i < weights.length; i++) {
      classSizes[classOf[i]] += weights[i];
      clusterSizes[clusterOf[i]] += weights[i];
      cells[classOf[i] * nClusters + clusterOf[i]] += weights[i];
    }
    const [hClass, hCluster, hBoth] = [entropy(classSizes), entropy(clusterSizes), entropy(cells)];
    const shared = Math.max(0, hClass + hCluster - hBoth);
    const homogeneity = hClass === 0 ? 1 : shared / hClass;
    const completeness = hCluster === 0 ? 1 : shared / hCluster;
    const sum = homogeneity + completeness;
    return sum === 0 ? 0 : (2 * homogeneity * completeness) / sum;
  };
}

function numbered(names: readonly (string | number)[]): Int32Array {
  const numbers = new Map([...new Set(names)].map((name, i) => [name, i]));
  return Int32Array.from(names, (name) => numbers.get(name) as number);
}

function entropy(sizes: Float64Array): number {
  const total = sizes.reduce((sum, size) => sum + size, 0);
  let sum = 0;
  for (const size of sizes) if (size > 0 && size < total) sum -= (size / total) * Math.log(size / total);
  return sum;
}
