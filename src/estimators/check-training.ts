import type { RowVectors } from '../vectors/types.js';

/**
 * Holds labels to the rows that they name.
 *
 * @throws RangeError when there are no rows, or not one label a row
 */
export function checkTraining(features: RowVectors, labels: ArrayLike<number>): void {
  const rows = features.index.length;
  if (rows === 0) throw new RangeError('there are no training rows');
  if (labels.length !== rows) throw new RangeError(`${labels.length} labels do not fit ${rows} training rows`);
}
