import { UserError } from '../errors.js';
import type { Matrix } from '../numeric/matrix.js';
import { directDistances } from './direct-distances.js';
import { productDistances } from './product-distances.js';

export interface DistanceOptions {
  /** Threads of the engine, >= 1. */
  readonly threads: number;
  /** Bytes that the matrix may take. */
  readonly maxMemory: number;
}

/** Up to so many differences the direct way takes under half a second. */
const DIRECT_DIFFERENCES = 4e8;

/**
 * Euclidean distances of all pairs of rows in float64: small problems directly, with the bits of SciPy, large ones through
 * matrix products. Equal rows have distance exactly 0, and the same distances to every other row, in both.
 *
 * @param x shape (rows, dims), finite
 * @returns shape (rows, rows), symmetric, within 1e-13 relative of the true distances; the diagonal is Infinity
 * @throws UserError when the matrix needs more than `maxMemory`
 */
export async function pairwiseDistances(x: Matrix, options: DistanceOptions): Promise<Float64Array> {
  checkMemory(x.rows, options.maxMemory);
  const out = new Float64Array(x.rows * x.rows);
  if ((x.rows * x.rows * x.dims) / 2 <= DIRECT_DIFFERENCES) directDistances(x, out);
  else await productDistances(x, out, options.threads);
  for (let i = 0; i < x.rows; i++) out[i * x.rows + i] = Infinity;
  return out;
}

function checkMemory(rows: number, maxMemory: number): void {
  const bytes = 8 * rows * rows;
  if (bytes <= maxMemory) return;
  const gib = (count: number): string => `${(count / 2 ** 30).toFixed(1)} GiB`;
  throw new UserError({
    where: 'hierarchical clustering',
    what: `the distances of ${rows} rows take ${bytes} bytes (${gib(bytes)}), more than the limit of ${gib(maxMemory)}`,
    fix: `raise --max-memory to ${Math.ceil((bytes / 2 ** 30) * 10) / 10} GiB or more`,
  });
}
