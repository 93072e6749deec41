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
 * @param norms squared norm of each row in float32, of `x` or of `x` less its mean (which one such row spoils for all)
 * @param x the rows, to find the one to blame
 * @throws UserError when a norm is infinite or NaN
 */
export function checkNorms(algorithm: string, norms: Float32Array, x: Matrix): void {
  if (norms.every(Number.isFinite)) return;
  const at = x.data.findIndex((value) => !Number.isFinite(value));
  const what =
    at < 0
      ? 'the vectors are too long for a squared length in float32'
      : `component ${at % x.dims} of vector ${Math.floor(at / x.dims)} is ${x.data[at]}`;
  throw new UserError({ where: algorithm, what, fix: 'give finite vectors of moderate length' });
}
