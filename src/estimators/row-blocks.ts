import type { RowVectors } from '../vectors/types.js';

/** Rows that are read at once. */
const READ_BYTES = 2 ** 20;

/** Consecutive rows in the form that an estimator computes with; valid until the next block is asked for. */
export interface RowBlock<Values> {
  readonly start: number;
  readonly rows: number;
  /** Row-major, shape (rows, dims). */
  readonly values: Values;
}

/** A typed array of the form: where the rows go, and how they get there. */
export interface RowForm<Values> {
  readonly bytesPerValue: number;
  make(length: number): Values;
  /** Fills `into` with `rows`, both row-major of the same length. */
  convert(rows: Float32Array, into: Values, dims: number): void;
}

/**
 * Float32 rows in blocks of another form (in double, of unit length), read as often as one likes.
 *
 * All blocks are kept where they fit into `maxBytes`; otherwise every block is read and converted again each time, into
 * one array. Results do not depend on which of the two it is: block sizes are a function of the shape alone.
 */
export class RowBlocks<Values extends Float32Array | Float64Array> {
  readonly rows: number;
  readonly dims: number;
  /** Number of blocks. */
  readonly count: number;
  private readonly rowsPerBlock: number;
  private readonly keeps: boolean;
  private readonly kept: (Values | undefined)[] = [];
  private scratch: Values | undefined;

  /**
   * @param maxRows most rows of a block, >= 1; blocks are as equal as can be
   * @param maxBytes bytes that kept blocks may take together
   */
  constructor(
    private readonly vectors: RowVectors,
    private readonly form: RowForm<Values>,
    maxRows: number,
    maxBytes: number,
  ) {
    this.rows = vectors.index.length;
    this.dims = vectors.source.dims;
    const blocks = Math.max(1, Math.ceil(this.rows / maxRows));
    this.rowsPerBlock = Math.max(1, Math.ceil(this.rows / blocks));
    this.count = Math.ceil(this.rows / this.rowsPerBlock);
    this.keeps = this.rows * this.dims * form.bytesPerValue <= maxBytes;
  }

  /** Block `i` of `count`. */
  async at(i: number): Promise<RowBlock<Values>> {
    const start = i * this.rowsPerBlock;
    const rows = Math.min(this.rowsPerBlock, this.rows - start);
    const kept = this.kept[i];
    if (kept !== undefined) return { start, rows, values: kept };
    const values = this.room(rows);
    await this.fill(values, start, rows);
    if (this.keeps) this.kept[i] = values;
    return { start, rows, values };
  }

  /** In pieces, so that what is read takes little room beside what is made of it. */
  private async fill(values: Values, start: number, rows: number): Promise<void> {
    const { vectors, form, dims } = this;
    const step = rowsWithin(READ_BYTES, 4 * dims);
    for (let from = 0; from < rows; from += step) {
      const to = Math.min(rows, from + step);
      const read = await vectors.source.gather(vectors.index.subarray(start + from, start + to));
      form.convert(read, values.subarray(from * dims, to * dims) as Values, dims);
    }
  }

  private room(rows: number): Values {
    const isLast = rows < this.rowsPerBlock;
    if (this.keeps || isLast) return this.form.make(rows * this.dims);
    this.scratch ??= this.form.make(rows * this.dims);
    return this.scratch;
  }
}

/** Rows as they are. */
export const AS_FLOAT32: RowForm<Float32Array> = {
  bytesPerValue: 4,
  make: (length) => new Float32Array(length),
  convert: (rows, into) => into.set(rows),
};

/** Rows in double: exact. */
export const IN_DOUBLE: RowForm<Float64Array> = {
  bytesPerValue: 8,
  make: (length) => new Float64Array(length),
  convert: (rows, into) => into.set(rows),
};

/** Most rows of so many values each that stay within `bytes`, at least one. */
export function rowsWithin(bytes: number, bytesPerRow: number): number {
  return Math.max(1, Math.floor(bytes / Math.max(1, bytesPerRow)));
}
