import { notFinite } from './not-finite.js';
import type { RowForm } from './row-blocks.js';

/** Shorter rows than ten float32 steps at 1 are left as they are, as in scikit-learn: they count as zero vectors. */
const SHORTEST = 10 * 2 ** -23;

/**
 * Float32 rows of unit length; a row shorter than 1.2e-6 keeps its components, so that its cosine with anything is 0 or
 * next to it.
 */
export const UNIT_ROWS: RowForm<Float32Array> = {
  bytesPerValue: 4,
  make: (length) => new Float32Array(length),
  convert(rows, into, dims) {
    for (let start = 0; start < rows.length; start += dims) {
      const length = rowLength(rows, start, dims);
      const divisor = length < SHORTEST ? 1 : length;
      for (let j = start; j < start + dims; j++) into[j] = rows[j] / divisor;
    }
  },
};

function rowLength(rows: Float32Array, start: number, dims: number): number {
  let squares = 0;
  for (let j = start; j < start + dims; j++) squares += rows[j] * rows[j];
  if (!Number.isFinite(squares)) throw notFinite('vectors');
  return Math.fround(Math.sqrt(squares));
}
