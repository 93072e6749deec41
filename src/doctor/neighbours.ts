import type { Matrix } from '../numeric/matrix.js';
import { dot, unitRows } from './row-cosines.js';

/**
 * Mean share of the k nearest other texts, by cosine, that two models have in common.
 *
 * Of equally near texts the earlier one counts as nearer.
 *
 * @param a shape (texts, dims)
 * @param b the same number of texts
 * @param k >= 1; at most a third of the texts are taken, so that a small list can differ, too
 * @returns in [0, 1]; null for fewer than three texts
 */
export function neighbourOverlap(a: Matrix, b: Matrix, k: number): number | null {
  const nearest = Math.min(k, Math.floor(a.rows / 3));
  if (nearest < 1) return null;
  const [first, second] = [nearestRows(a, nearest), nearestRows(b, nearest)];
  let shared = 0;
  for (const [i, rows] of first.entries()) {
    const others = new Set(second[i]);
    shared += rows.filter((row) => others.has(row)).length;
  }
  return shared / (nearest * a.rows);
}

function nearestRows(vectors: Matrix, k: number): number[][] {
  const { rows, dims } = vectors;
  const unit = unitRows(vectors);
  const row = (i: number): Float64Array => unit.subarray(i * dims, (i + 1) * dims);
  const cosines = new Float64Array(rows * rows);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < i; j++) cosines[i * rows + j] = cosines[j * rows + i] = dot(row(i), row(j));
  return Array.from({ length: rows }, (_, i) => {
    const own = cosines.subarray(i * rows, (i + 1) * rows);
    const others = Array.from({ length: rows }, (_, j) => j).filter((j) => j !== i);
    return others.sort((x, y) => own[y] - own[x] || x - y).slice(0, k);
  });
}
