import { UserError } from '../errors.js';
import type { Matrix } from '../numeric/matrix.js';

/**
 * Refuses a number of clusters that the rows cannot fill.
 *
 * @throws UserError when there are fewer rows than clusters
 * @throws RangeError when `nClusters` is no integer >= 1
 */
export function checkClusterCount(algorithm: string, { rows }: Matrix, nClusters: number): void {
  if (!Number.isInteger(nClusters) || nClusters < 1) throw new RangeError(`${nClusters} is no number of clusters`);
  if (rows >= nClusters) return;
  throw new UserError({
    where: algorithm,
    what: `${rows} rows cannot be put into ${nClusters} clusters; as many rows as clusters are needed at least`,
    fix: 'use more rows, or fewer clusters',
  });
}

/**
 * Refuses vectors that have no finite length.
 *
 * @param norms squared norm of each row in float32
 * @throws UserError when one is infinite or NaN
 */
export function checkNorms(algorithm: string, norms: Float32Array): void {
  const row = norms.findIndex((norm) => !Number.isFinite(norm));
  if (row < 0) return;
  throw new UserError({
    where: algorithm,
    what: `vector ${row} holds a value that is not finite, or too large for a squared length in float32`,
    fix: 'give finite vectors of moderate length',
  });
}
