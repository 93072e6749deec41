import { openSession } from '../engine/session.js';
import { f64 } from '../engine/tensor.js';
import type { Matrix } from '../numeric/matrix.js';
import { rowOf } from '../numeric/matrix.js';
import { GraphBuilder } from '../onnx/graph-builder.js';
import { directDistance } from './direct-distances.js';
import { firstEqualRows } from './equal-rows.js';

/** Rows of one matrix product, and of the square tiles in which its result is mirrored. */
const BLOCK = 256;
const TILE = 64;
/**
 * Below this share of |a|² + |b|² the squared distance |a|² + |b|² - 2 a·b has lost digits to cancellation: its rounding
 * error, about 3e-15 of |a|² + |b|², would come too near to 1e-12 of the distance. Such pairs are done directly.
 */
const CANCELLED = 1 / 64;

/**
 * Euclidean distances of all pairs of rows by float64 matrix products, |a|² + |b|² - 2 a·b.
 *
 * The rows are taken less the one nearest to their mean (differences of float32 values are exact in float64, and whole
 * numbers stay whole); pairs that are close for their length are done directly. Equal rows have distance exactly 0, and
 * the same distances to every other row.
 *
 * @param x shape (rows, dims), finite
 * @param out shape (rows, rows), row-major, symmetric within 1e-13 relative of the true distances; filled but for its diagonal
 * @param threads of the engine, >= 1
 */
export async function productDistances(x: Matrix, out: Float64Array, threads: number): Promise<void> {
  const { rows, dims } = x;
  const centred = lessMiddleRow(x);
  const norms = Float64Array.from({ length: rows }, (_, i) => squaredNorm(centred.subarray(i * dims, (i + 1) * dims)));
  const session = await openSession(productGraph(), { threads });
  try {
    for (let start = 0; start < rows; start += BLOCK) {
      const end = Math.min(start + BLOCK, rows);
      const { products } = await session.run({
        a: f64(centred.subarray(start * dims, end * dims), [end - start, dims]),
        b: f64(centred.subarray(0, end * dims), [end, dims]),
      });
      for (let i = start; i < end; i++) {
        const ofRow = (products.data as Float64Array).subarray((i - start) * end, (i - start) * end + i);
        finishRow(x, norms, ofRow, i, out.subarray(i * rows, i * rows + i));
      }
      mirror(out, rows, start, end);
    }
  } finally {
    await session.close();
  }
  copyEqualRows(firstEqualRows(x), out);
}

function productGraph(): Uint8Array {
  const graph = new GraphBuilder('products');
  const a = graph.input('a', 'float64', ['m', 'dims']);
  const b = graph.input('b', 'float64', ['n', 'dims']);
  graph.output(graph.node('Gemm', [a, b], { transB: 1 }), 'float64', ['m', 'n'], 'products');
  return graph.build();
}

/** Rows less the one that lies nearest to their mean: far from the origin the products would cancel. */
function lessMiddleRow(x: Matrix): Float64Array {
  const { data, rows, dims } = x;
  const mean = new Float64Array(dims);
  for (let i = 0; i < rows; i++) for (let k = 0; k < dims; k++) mean[k] += data[i * dims + k] / rows;
  let [middle, least] = [0, Infinity];
  for (let i = 0; i < rows; i++) {
    let sum = 0;
    for (let k = 0; k < dims; k++) sum += (data[i * dims + k] - mean[k]) ** 2;
    if (sum < least) [middle, least] = [i, sum];
  }
  const origin = rowOf(x, middle);
  const centred = new Float64Array(rows * dims);
  for (let i = 0; i < rows; i++) for (let k = 0; k < dims; k++) centred[i * dims + k] = data[i * dims + k] - origin[k];
  return centred;
}

function squaredNorm(row: Float64Array): number {
  let sum = 0;
  for (let k = 0; k < row.length; k++) sum += row[k] * row[k];
  return sum;
}

/** Distances of row i to the rows before it. */
function finishRow(x: Matrix, norms: Float64Array, products: Float64Array, i: number, out: Float64Array): void {
  if (distancesOfProducts(norms[i], norms, products, out)) return;
  for (let j = 0; j < i; j++) {
    const both = norms[i] + norms[j];
    if (!(both - 2 * products[j] >= CANCELLED * both)) out[j] = directDistance(rowOf(x, i), rowOf(x, j));
  }
}

/** Whether none of the squared distances has lost digits. */
function distancesOfProducts(norm: number, norms: Float64Array, products: Float64Array, out: Float64Array): boolean {
  let areSound = true;
  for (let j = 0; j < out.length; j++) {
    const both = norm + norms[j];
    const squared = both - 2 * products[j];
    if (!(squared >= CANCELLED * both)) areSound = false;
    out[j] = Math.sqrt(squared);
  }
  return areSound;
}

/** Copies what rows [start, end) hold below the diagonal to above it, tile by tile: both sides stay in the cache. */
function mirror(out: Float64Array, rows: number, start: number, end: number): void {
  for (let top = start; top < end; top += TILE) {
    const bottom = Math.min(top + TILE, end);
    for (let left = 0; left < bottom; left += TILE)
      mirrorTile(out, rows, top, bottom, left, Math.min(left + TILE, bottom));
  }
}

function mirrorTile(out: Float64Array, rows: number, top: number, bottom: number, left: number, right: number): void {
  for (let j = left; j < right; j++) {
    const target = j * rows;
    for (let i = Math.max(top, j + 1); i < bottom; i++) out[target + i] = out[i * rows + j];
  }
}

/** Rows that equal an earlier one get its distances, bit for bit, however the product was cut up. */
function copyEqualRows(first: Int32Array, out: Float64Array): void {
  const rows = first.length;
  for (let i = 0; i < rows; i++) {
    if (first[i] === i) continue;
    const source = out.subarray(first[i] * rows, (first[i] + 1) * rows);
    const self = source[i];
    source[first[i]] = 0;
    for (let j = 0; j < rows; j++) {
      out[i * rows + j] = source[j];
      out[j * rows + i] = source[j];
    }
    source[i] = self;
  }
}
