import { sortedOrder } from '../numeric/sorted-order.js';
import type { WeightedScore } from './paired-draws.js';

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

/** Spearman's rank correlation of drawn items; 0 where all values of a side are equal, as the family counts it. */
export function weightedSpearman(gold: Float64Array, scores: Float64Array): WeightedScore {
  const [rankGold, rankScores] = [weightedMidranks(gold), weightedMidranks(scores)];
  return (weights) => {
    const [x, y] = [rankGold(weights), rankScores(weights)];
    const total = weights.reduce((sum, weight) => sum + weight, 0);
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

/** Mean ranks of items that stand several times; sorted once for all draws. */
function weightedMidranks(values: Float64Array): (weights: Float64Array) => Float64Array {
  const order = sortedOrder(values);
  const ranks = new Float64Array(values.length);
  return (weights) => {
    let before = 0;
    let start = 0;
    while (start < order.length) {
      let [end, tied] = [start, 0];
      for (; end < order.length && values[order[end]] === values[order[start]]; end++) tied += weights[order[end]];
      for (let at = start; at < end; at++) ranks[order[at]] = before + (tied + 1) / 2;
      before += tied;
      start = end;
    }
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

/** F1 over labels of drawn items: `macro` over those that are drawn or predicted, `micro`, `weighted`. */
export function weightedF1(gold: Float64Array, predicted: Float64Array, average: string): WeightedScore {
  const names = [...new Set([...gold, ...predicted])];
  const numbers = new Map(names.map((name, i) => [name, i]));
  const own = Int32Array.from(gold, (label) => numbers.get(label) as number);
  const other = Int32Array.from(predicted, (label) => numbers.get(label) as number);
  const [hits, inGold, inPredicted] = [0, 0, 0].map(() => new Float64Array(names.length));
  return (weights) => {
    for (const counts of [hits, inGold, inPredicted]) counts.fill(0);
    for (let i = 0; i < weights.length; i++) {
      inGold[own[i]] += weights[i];
      inPredicted[other[i]] += weights[i];
      if (own[i] === other[i]) hits[own[i]] += weights[i];
    }
    let [sum, labels, rows, right, byRows] = [0, 0, 0, 0, 0];
    for (let label = 0; label < names.length; label++) {
      const both = inGold[label] + inPredicted[label];
      if (both === 0) continue;
      const f1 = (2 * hits[label]) / both;
      labels++;
      sum += f1;
      rows += inGold[label];
      right += hits[label];
      byRows += f1 * inGold[label];
    }
    return average === 'micro' ? right / rows : average === 'weighted' ? byRows / rows : sum / labels;
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
