import { rowOf, type Matrix } from '../numeric/matrix.js';

/** Cosine, and ratio of the lengths, of the two vectors of a text. */
export interface RowComparison {
  /** In [-1, 1]; null where either vector is zero. */
  readonly cosine: number | null;
  /** Length of the first over that of the second; null where either is zero. */
  readonly ratio: number | null;
}

/**
 * Compares vectors of the same texts, row by row, in double.
 *
 * @param a shape (texts, dims)
 * @param b the same shape
 */
export function compareRows(a: Matrix, b: Matrix): RowComparison[] {
  return Array.from({ length: a.rows }, (_, i) => {
    const [x, y] = [rowOf(a, i), rowOf(b, i)];
    const [xx, yy] = [dot(x, x), dot(y, y)];
    if (xx === 0 || yy === 0) return { cosine: null, ratio: null };
    // Of equal vectors it is 1, and never more than that.
    const cosine = Math.max(-1, Math.min(1, dot(x, y) / Math.sqrt(xx * yy)));
    return { cosine, ratio: Math.sqrt(xx / yy) };
  });
}

/** Rows in double, of length 1; zero rows stay. Shape (rows, dims). */
export function unitRows({ data, rows, dims }: Matrix): Float64Array {
  const unit = Float64Array.from(data);
  for (let i = 0; i < rows; i++) {
    const row = unit.subarray(i * dims, (i + 1) * dims);
    const length = Math.sqrt(dot(row, row));
    if (length > 0) for (let j = 0; j < dims; j++) row[j] /= length;
  }
  return unit;
}

export function dot(x: ArrayLike<number>, y: ArrayLike<number>): number {
  let sum = 0;
  for (let j = 0; j < x.length; j++) sum += x[j] * y[j];
  return sum;
}
