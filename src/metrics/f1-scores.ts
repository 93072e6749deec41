import { pairwiseSum } from '../numeric/pairwise-sum.js';

/** F1 of every label, and their averages. */
export interface F1Scores {
  /** Labels that occur in gold or prediction, ascending. */
  readonly labels: Float64Array;
  /** F1 of each of `labels`. */
  readonly perLabel: Float64Array;
  /** The plain mean over `labels`. */
  readonly macro: number;
  /** F1 of all decisions together; with one label a row this is the accuracy. */
  readonly micro: number;
  /** The mean weighted by how many rows have the label in gold. */
  readonly weighted: number;
}

/**
 * Share of rows whose label is predicted.
 *
 * @param gold shape (rows,)
 * @param predicted shape (rows,)
 * @returns in [0, 1], higher is better; null when there are no rows
 * @throws RangeError when the lengths differ
 */
export function accuracy(gold: ArrayLike<number>, predicted: ArrayLike<number>): number | null {
  checkLengths(gold, predicted);
  if (gold.length === 0) return null;
  let hits = 0;
  for (let i = 0; i < gold.length; i++) if (gold[i] === predicted[i]) hits++;
  return hits / gold.length;
}

/**
 * F1 of labels: 2 tp / (rows that have the label + rows predicted to have it).
 *
 * The labels are the union of those in gold and those predicted, so one that is only predicted, or never, has F1 0 and
 * lowers the macro average; the divisor is never 0.
 *
 * @param gold any numbers but NaN; shape (rows,)
 * @param predicted shape (rows,)
 * @returns every value in [0, 1], higher is better; null when there are no rows
 * @throws RangeError when the lengths differ
 * Source: formulas and orders of sums as in scikit-learn 1.5.0, `f1_score`.
 */
export function f1Scores(gold: ArrayLike<number>, predicted: ArrayLike<number>): F1Scores | null {
  checkLengths(gold, predicted);
  if (gold.length === 0) return null;
  const labels = Float64Array.from(new Set([...Array.from(gold), ...Array.from(predicted)])).sort();
  const position = new Map(Array.from(labels, (label, i) => [label, i]));
  const hits = new Float64Array(labels.length);
  const inGold = new Float64Array(labels.length);
  const inPredicted = new Float64Array(labels.length);
  for (let i = 0; i < gold.length; i++) {
    const own = position.get(gold[i]) as number;
    inGold[own]++;
    inPredicted[position.get(predicted[i]) as number]++;
    if (gold[i] === predicted[i]) hits[own]++;
  }
  const perLabel = hits.map((count, i) => (2 * count) / (inGold[i] + inPredicted[i]));
  return {
    labels,
    perLabel,
    macro: pairwiseSum(perLabel) / labels.length,
    micro: pairwiseSum(hits) / gold.length,
    weighted: pairwiseSum(perLabel.map((f1, i) => f1 * inGold[i])) / gold.length,
  };
}

function checkLengths(gold: ArrayLike<number>, predicted: ArrayLike<number>): void {
  if (gold.length !== predicted.length) {
    throw new RangeError(`${gold.length} gold labels do not fit ${predicted.length} predicted ones`);
  }
}
