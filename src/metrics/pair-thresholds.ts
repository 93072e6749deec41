import { sortedOrder } from '../numeric/sorted-order.js';

/** Which scores mean a positive pair: `low` for a distance, `high` for a similarity. */
export type PositiveSide = 'low' | 'high';

/** The best cuts of a list of scored pairs, each for a metric of its own. */
export interface PairThresholds {
  /** In [0, 1]: the accuracy at its cut. */
  readonly accuracy: number;
  readonly accuracyThreshold: number;
  /** In [0, 1]: the F1 of the positive pairs at its cut. */
  readonly f1: number;
  readonly f1Threshold: number;
}

/**
 * The thresholds that separate positive from negative pairs best.
 *
 * The pairs are walked from the positive side, equal scores in input order; after each pair but the last everything walked
 * so far counts as positive, the first best cut is kept, and its threshold is the mean of the scores on both sides. So the
 * cut "all are positive" is never tried, a cut may fall between equal scores (then the threshold, applied, gives another
 * value), and where nothing is better than 0 the threshold stays -1.
 *
 * @param scores finite, shape (n,)
 * @param labels 1 positive, 0 negative; shape (n,)
 * @param positive which scores mean a positive pair
 * @throws RangeError when the lengths differ or a score is NaN
 */
export function searchThresholds(scores: Float64Array, labels: Uint8Array, positive: PositiveSide): PairThresholds {
  if (scores.length !== labels.length) throw new RangeError(`${scores.length} scores for ${labels.length} labels`);
  const order = sortedOrder(scores, positive === 'low' ? 'ascending' : 'descending');
  const n = scores.length;
  const positives = labels.reduce((sum, label) => sum + label, 0);
  let [accuracy, accuracyThreshold, f1, f1Threshold] = [0, -1, 0, -1];
  let found = 0;
  let negativesLeft = n - positives;
  for (let i = 0; i < n - 1; i++) {
    if (labels[order[i]] === 1) found++;
    else negativesLeft--;
    const middle = (scores[order[i]] + scores[order[i + 1]]) / 2;
    const accuracyHere = (found + negativesLeft) / n;
    if (accuracyHere > accuracy) [accuracy, accuracyThreshold] = [accuracyHere, middle];
    if (found === 0) continue;
    // In this form, not as 2PR / (P + R): the last bit decides which of two equal cuts is the first best.
    const f1Here = 2 / (1 / (found / (i + 1)) + 1 / (found / positives));
    if (f1Here > f1) [f1, f1Threshold] = [f1Here, middle];
  }
  return { accuracy, accuracyThreshold, f1, f1Threshold };
}

/**
 * Labels by a threshold: of a distance 1 when the score is below it, of a similarity 1 unless it is below it.
 *
 * @returns 1 positive, 0 negative; shape (n,)
 */
export function applyThreshold(scores: Float64Array, threshold: number, positive: PositiveSide): Uint8Array {
  const below = positive === 'low' ? 1 : 0;
  return Uint8Array.from(scores, (score) => (score < threshold ? below : 1 - below));
}

/** The share of labels that are predicted; in [0, 1], higher is better. Shapes (n,), n >= 1. */
export function binaryAccuracy(predicted: Uint8Array, labels: Uint8Array): number {
  let equal = 0;
  for (let i = 0; i < labels.length; i++) if (predicted[i] === labels[i]) equal++;
  return equal / labels.length;
}

/**
 * F1 of the positive label, 2 TP / (predicted + actual positives); 0 where there is neither a predicted nor an actual one.
 * In [0, 1], higher is better. Shapes (n,).
 */
export function binaryF1(predicted: Uint8Array, labels: Uint8Array): number {
  let [found, total] = [0, 0];
  for (let i = 0; i < labels.length; i++) {
    found += predicted[i] & labels[i];
    total += predicted[i] + labels[i];
  }
  return total === 0 ? 0 : (2 * found) / total;
}
