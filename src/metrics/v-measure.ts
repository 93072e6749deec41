import { pairwiseSum } from '../numeric/pairwise-sum.js';

export interface VMeasure {
  /** 1 when no cluster holds rows of two classes. */
  readonly homogeneity: number;
  /** 1 when no class is spread over two clusters. */
  readonly completeness: number;
  /** Harmonic mean of the two. */
  readonly vMeasure: number;
}

const EPSILON = 2 ** -52;

/**
 * Homogeneity, completeness and V-measure of a clustering (beta 1, natural logarithms).
 *
 * Homogeneity is I(gold; predicted) / H(gold), completeness I(gold; predicted) / H(predicted). One class has
 * homogeneity 1, one cluster completeness 1, no rows have all three. Terms of the mutual information below 2^-52 are
 * dropped and nothing is clipped, so a value may exceed 1 in the last digit, as in scikit-learn.
 *
 * @param gold class of each row, any numbers; shape (rows,)
 * @param predicted cluster of each row, any numbers; shape (rows,)
 * @returns in [0, 1] up to rounding, higher is better; neither names nor order of labels matter up to rounding
 * @throws RangeError when the lengths differ or a label is not finite
 * Source: Rosenberg and Hirschberg, "V-Measure", EMNLP-CoNLL 2007; formulas as in scikit-learn 1.5.0.
 */
export function vMeasure(gold: ArrayLike<number>, predicted: ArrayLike<number>): VMeasure {
  if (gold.length !== predicted.length) {
    throw new RangeError(`${gold.length} gold labels do not fit ${predicted.length} predicted ones`);
  }
  if (gold.length === 0) return { homogeneity: 1, completeness: 1, vMeasure: 1 };
  const classes = numberLabels(gold);
  const clusters = numberLabels(predicted);
  const information = mutualInformation(classes, clusters);
  const homogeneity = shareOf(information, entropy(classes.sizes, gold.length));
  const completeness = shareOf(information, entropy(clusters.sizes, gold.length));
  const sum = homogeneity + completeness;
  return { homogeneity, completeness, vMeasure: sum === 0 ? 0 : (2 * homogeneity * completeness) / sum };
}

/** Labels renumbered 0, 1, ... in ascending order, and how many rows each has. */
interface Numbered {
  readonly of: Int32Array;
  readonly sizes: Float64Array;
}

function numberLabels(labels: ArrayLike<number>): Numbered {
  const all = Float64Array.from(labels);
  if (!all.every(Number.isFinite)) throw new RangeError('a label is not a finite number');
  const distinct = Float64Array.from(new Set(all)).sort();
  const numbers = new Map(Array.from(distinct, (label, number) => [label, number]));
  const of = Int32Array.from(all, (label) => numbers.get(label)!);
  const sizes = new Float64Array(distinct.length);
  for (const number of of) sizes[number]++;
  return { of, sizes };
}

function shareOf(information: number, entropy: number): number {
  return entropy === 0 ? 1 : information / entropy;
}

function entropy(sizes: Float64Array, rows: number): number {
  if (sizes.length === 1) return 0;
  return -pairwiseSum(sizes.map((size) => (size / rows) * (Math.log(size) - Math.log(rows))));
}

/** Sum over the filled cells of the contingency table, class by class. */
function mutualInformation(classes: Numbered, clusters: Numbered): number {
  const nClusters = clusters.sizes.length;
  if (classes.sizes.length === 1 || nClusters === 1) return 0;
  const rows = classes.of.length;
  const counts = new Map<number, number>();
  for (let i = 0; i < rows; i++) {
    const cell = classes.of[i] * nClusters + clusters.of[i];
    counts.set(cell, (counts.get(cell) ?? 0) + 1);
  }
  const terms = Float64Array.from(counts.keys())
    .sort()
    .map((cell) => {
      const count = counts.get(cell)!;
      const outer = classes.sizes[Math.floor(cell / nClusters)] * clusters.sizes[cell % nClusters];
      const share = count / rows;
      const logOuter = -Math.log(outer) + Math.log(rows) + Math.log(rows);
      const term = share * (Math.log(count) - Math.log(rows)) + share * logOuter;
      return Math.abs(term) < EPSILON ? 0 : term;
    });
  return Math.max(pairwiseSum(terms), 0);
}
