import type { Matrix } from './matrix.js';

/**
 * Similarities and distances of paired rows: row i of one matrix with row i of the other.
 *
 * All take two matrices of one shape (rows, dims) and give shape (rows,). Components are float32, differences, products and
 * sums are double, summed from the first component to the last, so that equal rows give equal bits wherever they stand. No
 * sum can overflow or vanish: squares of float32 lie within 1e-90 .. 1e77.
 */
export type RowSimilarity = (a: Matrix, b: Matrix) => Float64Array;

/** Smallest norm that a cosine divides by (torch's `normalize`). */
const NORM_FLOOR = 1e-12;
/** Rows shorter than this are not scaled to unit length (scikit-learn's `normalize`: ten float32 epsilons). */
const SHORTEST_SCALED_NORM = 10 * 2 ** -23;

/** The dot product of each pair of rows. */
export const rowDots: RowSimilarity = (a, b) => overRows(a, b, dot);

/** The sum of absolute differences of each pair of rows; >= 0. */
export const rowManhattanDistances: RowSimilarity = (a, b) =>
  overRows(a, b, (x, y, start, end) => {
    let sum = 0;
    for (let j = start; j < end; j++) sum += Math.abs(x[j] - y[j]);
    return sum;
  });

/** The Euclidean distance of each pair of rows; >= 0. */
export const rowEuclideanDistances: RowSimilarity = (a, b) =>
  overRows(a, b, (x, y, start, end) => {
    let sum = 0;
    for (let j = start; j < end; j++) {
      const difference = x[j] - y[j];
      sum += difference * difference;
    }
    return Math.sqrt(sum);
  });

/**
 * The cosine of each pair of rows, a·b / (|a||b|), norms at least 1e-12; in [-1, 1] but for the last bit, 0 where a row is
 * zero.
 *
 * Rows that are equal have exactly 1, so they tie: the root of a square is exact, a product of two roots is not.
 *
 * @see rowCosinesByDistance for the form that pair classification uses
 */
export const rowCosines: RowSimilarity = (a, b) => {
  const floor = NORM_FLOOR * NORM_FLOOR;
  return overRows(a, b, (x, y, start, end) => {
    const xx = Math.max(dot(x, x, start, end), floor);
    const yy = Math.max(dot(y, y, start, end), floor);
    return dot(x, y, start, end) / Math.sqrt(xx * yy);
  });
};

/**
 * The cosine of each pair of rows as 1 - |â - b̂|² / 2, where â and b̂ are the rows scaled to unit length and rows shorter
 * than 1.2e-6 stay as they are: with one zero row it is 0.5, with two it is 1.
 *
 * @see rowCosines for the usual form, which differs in those rows only
 */
export const rowCosinesByDistance: RowSimilarity = (a, b) =>
  overRows(a, b, (x, y, start, end) => {
    const scaleX = unitScale(dot(x, x, start, end));
    const scaleY = unitScale(dot(y, y, start, end));
    let sum = 0;
    for (let j = start; j < end; j++) {
      const difference = x[j] / scaleX - y[j] / scaleY;
      sum += difference * difference;
    }
    return 1 - sum / 2;
  });

function unitScale(squaredNorm: number): number {
  const norm = Math.sqrt(squaredNorm);
  return norm < SHORTEST_SCALED_NORM ? 1 : norm;
}

function dot(x: Float32Array, y: Float32Array, start: number, end: number): number {
  let sum = 0;
  for (let j = start; j < end; j++) sum += x[j] * y[j];
  return sum;
}

function overRows(
  a: Matrix,
  b: Matrix,
  ofRow: (x: Float32Array, y: Float32Array, start: number, end: number) => number,
): Float64Array {
  if (a.rows !== b.rows || a.dims !== b.dims) {
    throw new RangeError(`rows of shape (${a.rows}, ${a.dims}) cannot be paired with (${b.rows}, ${b.dims})`);
  }
  const values = new Float64Array(a.rows);
  for (let i = 0; i < a.rows; i++) values[i] = ofRow(a.data, b.data, i * a.dims, (i + 1) * a.dims);
  return values;
}
