import type { Matrix } from '../numeric/matrix.js';

/**
 * For each row the first row that equals it, itself where there is none before.
 *
 * @param x shape (rows, dims), finite; 0 and -0 are equal
 * @returns shape (rows,)
 */
export function firstEqualRows(x: Matrix): Int32Array {
  const first = Int32Array.from({ length: x.rows }, (_, i) => i);
  const byHash = new Map<number, number[]>();
  const float = new Float32Array(1);
  const bits = new Int32Array(float.buffer);
  for (let i = 0; i < x.rows; i++) {
    let hash = 0;
    for (let at = i * x.dims; at < (i + 1) * x.dims; at++) {
      float[0] = x.data[at] + 0;
      hash = (Math.imul(hash, 0x01000193) ^ bits[0]) | 0;
      hash ^= hash >>> 15;
    }
    const same = byHash.get(hash);
    if (same === undefined) byHash.set(hash, [i]);
    else {
      const equal = same.find((j) => areEqual(x, i, j));
      if (equal === undefined) same.push(i);
      else first[i] = equal;
    }
  }
  return first;
}

function areEqual(x: Matrix, i: number, j: number): boolean {
  for (let k = 0; k < x.dims; k++) if (x.data[i * x.dims + k] !== x.data[j * x.dims + k]) return false;
  return true;
}
