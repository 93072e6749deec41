import { pairwiseSumFloat32 } from '../numeric/float32-sums.js';
import type { Matrix } from '../numeric/matrix.js';
import type { KMeansEngine } from './k-means-engine.js';

/** A matrix less the mean of its rows, for more exact distances. */
export interface Centred {
  /** Shape (rows, dims), a copy. */
  readonly matrix: Matrix;
  /** Float32 mean of each column; shape (dims,) */
  readonly means: Float32Array;
}

/** Subtracts the mean of the rows, in float32. */
export async function centred(x: Matrix, engine: KMeansEngine): Promise<Centred> {
  const { data, rows, dims } = x;
  const means = await columnMeans(x, engine);
  const copy = new Float32Array(data.length);
  for (let i = 0, at = 0; i < rows; i++) for (let j = 0; j < dims; j++, at++) copy[at] = data[at] - means[j];
  return { matrix: { data: copy, rows, dims }, means };
}

/**
 * Mean of every column in float32, summed row after row as NumPy's `mean(axis=0)` does.
 *
 * @param x shape (rows, dims), rows >= 1
 */
export async function columnMeans({ data, rows, dims }: Matrix, engine: KMeansEngine): Promise<Float32Array> {
  // A single column lies in one piece, and NumPy sums that pairwise.
  if (dims === 1) return Float32Array.of(pairwiseSumFloat32(data) / rows);
  const nothing = { data: new Float32Array(dims), rows: 1, dims };
  const sum = await engine.addRows(nothing, { data, rows, dims }, new Int32Array(rows));
  return sum.data.map((value) => value / rows);
}

/** Adds the mean again; a new matrix. */
export function uncentred({ data, rows, dims }: Matrix, means: Float32Array): Matrix {
  return { data: data.map((value, at) => value + means[at % dims]), rows, dims };
}

/** The rows at `indices`, in that order; a copy, or written into `buffer` where one is given. */
export function rowsAt({ data, dims }: Matrix, indices: Int32Array, buffer?: Float32Array): Matrix {
  const rows = indices.length;
  const copy = buffer === undefined ? new Float32Array(rows * dims) : buffer.subarray(0, rows * dims);
  for (let i = 0; i < rows; i++) copy.set(data.subarray(indices[i] * dims, (indices[i] + 1) * dims), i * dims);
  return { data: copy, rows, dims };
}

/** The values at `indices`, in that order. */
export function valuesAt(values: Float32Array, indices: Int32Array): Float32Array {
  const picked = new Float32Array(indices.length);
  for (let i = 0; i < indices.length; i++) picked[i] = values[indices[i]];
  return picked;
}
