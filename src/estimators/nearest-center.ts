import { squaredNormFloat32 } from '../numeric/float32-sums.js';
import type { Matrix } from '../numeric/matrix.js';

const { fround } = Math;

/** Rows and their nearest centres. */
export interface Assignment {
  /** Number of the nearest centre of each row; shape (rows,) */
  readonly labels: Int32Array;
  /** |c|^2 - 2 x.c for that centre: the squared distance less |x|^2; shape (rows,) */
  readonly relative: Float32Array;
}

/**
 * For each row the number of the nearest centre: argmin over j of |c_j|^2 - 2 x.c_j, the first of equal ones.
 *
 * Everything is rounded to float32 as in scikit-learn, the products summed in order: exact ties between centres come out
 * as there. A double has room for the product of two float32 numbers, so one rounding follows each multiply-add.
 *
 * @param x shape (rows, dims)
 * @param centers shape (nClusters, dims)
 */
export function nearestCenters(x: Matrix, centers: Matrix): Assignment {
  const labels = new Int32Array(x.rows);
  const relative = new Float32Array(x.rows).fill(Infinity);
  const norms = squaredNorms(centers);
  for (let j = 0; j < centers.rows; j += 4) {
    if (j + 4 <= centers.rows) compareFour(x, centers, j, norms, labels, relative);
    else for (let last = j; last < centers.rows; last++) compareOne(x, centers, last, norms, labels, relative);
  }
  return { labels, relative };
}

/** Share of its terms by which a distance can be wrong: far more than float32 products summed in any order are. */
const UNCERTAINTY = 2 ** -17;

/**
 * As `nearestCenters`, from distances that may have been summed in another order: a row with two centres so nearly equally
 * near that rounding decides is computed again, in order.
 *
 * @param distances |c|^2 - 2 x.c; row-major, shape (rows, nClusters)
 * @param norms |c|^2; shape (nClusters,)
 */
export function nearestByDistance(
  distances: Float32Array,
  x: Matrix,
  centers: Matrix,
  norms: Float32Array,
): Assignment {
  const nCenters = norms.length;
  const labels = new Int32Array(x.rows);
  const relative = new Float32Array(x.rows);
  const largestNorm = norms.reduce((largest, norm) => Math.max(largest, norm), 0);
  for (let i = 0, at = 0; i < x.rows; i++, at += nCenters) {
    let first = distances[at];
    let second = Infinity;
    let label = 0;
    for (let j = 1; j < nCenters; j++) {
      const distance = distances[at + j];
      if (distance < first) {
        second = first;
        first = distance;
        label = j;
      } else if (distance < second) second = distance;
    }
    const isCertain = second - first > UNCERTAINTY * (largestNorm + Math.abs(first));
    labels[i] = isCertain ? label : nearestCenters(oneRow(x, i), centers).labels[0];
    relative[i] = distances[at + labels[i]];
  }
  return { labels, relative };
}

function oneRow({ data, dims }: Matrix, row: number): Matrix {
  return { data: data.subarray(row * dims, (row + 1) * dims), rows: 1, dims };
}

/** |c|^2 of every row in float32. */
export function squaredNorms(centers: Matrix): Float32Array {
  const { data, rows, dims } = centers;
  return Float32Array.from({ length: rows }, (_, j) => squaredNormFloat32(data, j * dims, dims));
}

function compareOne(
  x: Matrix,
  centers: Matrix,
  j: number,
  norms: Float32Array,
  labels: Int32Array,
  smallest: Float32Array,
): void {
  const { data, rows, dims } = x;
  const c = centers.data;
  const from = j * dims;
  for (let i = 0, at = 0; i < rows; i++, at += dims) {
    let dot = 0;
    for (let d = 0; d < dims; d++) dot = fround(dot + data[at + d] * c[from + d]);
    const distance = fround(norms[j] - 2 * dot);
    if (distance < smallest[i]) {
      smallest[i] = distance;
      labels[i] = j;
    }
  }
}

/** Four centres at once: their sums do not wait for one another. */
function compareFour(
  x: Matrix,
  centers: Matrix,
  j: number,
  norms: Float32Array,
  labels: Int32Array,
  smallest: Float32Array,
): void {
  const { data, rows, dims } = x;
  const c = centers.data;
  const [c0, c1, c2, c3] = [j * dims, (j + 1) * dims, (j + 2) * dims, (j + 3) * dims];
  const distances = new Float32Array(4);
  for (let i = 0, at = 0; i < rows; i++, at += dims) {
    let [s0, s1, s2, s3] = [0, 0, 0, 0];
    for (let d = 0; d < dims; d++) {
      const value = data[at + d];
      s0 = fround(s0 + value * c[c0 + d]);
      s1 = fround(s1 + value * c[c1 + d]);
      s2 = fround(s2 + value * c[c2 + d]);
      s3 = fround(s3 + value * c[c3 + d]);
    }
    distances[0] = norms[j] - 2 * s0;
    distances[1] = norms[j + 1] - 2 * s1;
    distances[2] = norms[j + 2] - 2 * s2;
    distances[3] = norms[j + 3] - 2 * s3;
    for (let four = 0; four < 4; four++) {
      if (distances[four] < smallest[i]) {
        smallest[i] = distances[four];
        labels[i] = j + four;
      }
    }
  }
}
