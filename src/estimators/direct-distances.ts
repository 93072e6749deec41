import type { Matrix } from '../numeric/matrix.js';
import { rowOf } from '../numeric/matrix.js';

/**
 * Euclidean distance of two rows: differences and their squares are summed in float64, component by component.
 *
 * @param a shape (dims,)
 * @param b shape (dims,)
 */
export function directDistance(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let k = 0; k < a.length; k++) {
    const difference = a[k] - b[k];
    sum += difference * difference;
  }
  return Math.sqrt(sum);
}

/**
 * Euclidean distances of all pairs of rows, with the very bits of SciPy 1.13.1's `pdist`: it sums in the same order.
 *
 * @param x shape (rows, dims)
 * @param out shape (rows, rows), row-major; filled but for its diagonal
 */
export function directDistances(x: Matrix, out: Float64Array): void {
  for (let i = 1; i < x.rows; i++) {
    const values = out.subarray(i * x.rows, i * x.rows + i);
    distancesToEarlier(Float64Array.from(rowOf(x, i)), x, values);
    for (let j = 0; j < i; j++) out[j * x.rows + i] = values[j];
  }
}

/** Four rows at a time: four sums that do not wait for each other, each still in order. */
function distancesToEarlier(row: Float64Array, x: Matrix, out: Float64Array): void {
  const { data, dims } = x;
  let j = 0;
  for (; j + 4 <= out.length; j += 4) {
    let [a, b, c, d] = [0, 0, 0, 0];
    let at = j * dims;
    for (let k = 0; k < dims; k++, at++) {
      const value = row[k];
      const da = value - data[at];
      const db = value - data[at + dims];
      const dc = value - data[at + 2 * dims];
      const dd = value - data[at + 3 * dims];
      a += da * da;
      b += db * db;
      c += dc * dc;
      d += dd * dd;
    }
    out[j] = Math.sqrt(a);
    out[j + 1] = Math.sqrt(b);
    out[j + 2] = Math.sqrt(c);
    out[j + 3] = Math.sqrt(d);
  }
  for (; j < out.length; j++) {
    let sum = 0;
    for (let k = 0; k < dims; k++) {
      const difference = row[k] - data[j * dims + k];
      sum += difference * difference;
    }
    out[j] = Math.sqrt(sum);
  }
}
