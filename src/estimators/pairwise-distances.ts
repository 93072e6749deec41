import { MachineError, UserError } from '../errors.js';
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
 * @throws MachineError when the machine has no room for it
 */
export async function pairwiseDistances(x: Matrix, options: DistanceOptions): Promise<Float64Array> {
  checkMemory(x.rows, options.maxMemory);
  const out = allocate(x.rows);
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
    fix: `use --max-memory ${Math.ceil(bytes / 2 ** 30)}GiB or more, if the machine has it`,
  });
}

function allocate(rows: number): Float64Array {
  try {
    return new Float64Array(rows * rows);
  } catch (cause) {
    const what = `no room for the distances of ${rows} rows, ${8 * rows * rows} bytes`;
    throw new MachineError(
      { where: 'hierarchical clustering', what, fix: 'free memory, or use fewer rows' },
      { cause },
    );
  }
}
