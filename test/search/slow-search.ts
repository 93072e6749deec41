import type { Matrix } from '../../src/numeric/matrix.js';
import { matrix } from '../../src/numeric/matrix.js';
import { RandomState } from '../../src/numeric/random-state.js';
import type { Similarity } from '../../src/search/similarity.js';
import type { RowVectors } from '../../src/vectors/types.js';
import { vectorsInMemory } from '../../src/vectors/in-memory.js';

/** A similarity by the letter of the protocol, in float64. */
export function slowSimilarity(name: Similarity, a: ArrayLike<number>, b: ArrayLike<number>): number {
  let product = 0;
  let aa = 0;
  let bb = 0;
  let square = 0;
  for (let i = 0; i < a.length; i++) {
    product += a[i] * b[i];
    aa += a[i] * a[i];
    bb += b[i] * b[i];
    square += (a[i] - b[i]) ** 2;
  }
  if (name === 'dot_score') return product;
  if (name === 'euclidean_distance') return 100 / (Math.sqrt(square) + 1e-4);
  return product / Math.max(Math.sqrt(aa), 1e-12) / Math.max(Math.sqrt(bb), 1e-12);
}

/** Every document compared with every query, all sorted: the k first rows, score descending, row ascending. */
export function slowSearch(
  name: Similarity,
  queries: Matrix,
  documents: Matrix,
  index: Int32Array,
  k: number,
): { readonly documents: number[]; readonly scores: number[] } {
  const found = { documents: [] as number[], scores: [] as number[] };
  for (let q = 0; q < queries.rows; q++) {
    const query = row(queries, q);
    const scores = Array.from(index, (vector) => slowSimilarity(name, query, row(documents, vector)));
    const order = scores.map((_, i) => i).sort((a, b) => scores[b] - scores[a] || a - b);
    for (const document of order.slice(0, k)) {
      found.documents.push(document);
      found.scores.push(scores[document]);
    }
  }
  return found;
}

function row(m: Matrix, i: number): Float32Array {
  return m.data.subarray(i * m.dims, (i + 1) * m.dims);
}

/** Normal numbers; `lengths` spreads the rows' norms, `unit` makes them 1 in float32. */
export function randomRows(
  seed: number,
  rows: number,
  dims: number,
  kind: 'normal' | 'lengths' | 'unit' | 'signs',
): Matrix {
  const random = new RandomState(seed);
  const data = Float32Array.from(random.standardNormal(rows * dims) as Float64Array);
  if (kind === 'signs') return matrix(data.map(Math.sign), rows, dims);
  for (let i = 0; kind !== 'normal' && i < rows; i++) {
    const values = data.subarray(i * dims, (i + 1) * dims);
    const norm = Math.sqrt(values.reduce((sum, x) => sum + x * x, 0));
    const factor = kind === 'unit' ? 1 / norm : Math.exp(random.standardNormal(1)[0 as never] as number);
    values.forEach((x, j) => (values[j] = x * factor));
  }
  return matrix(data, rows, dims);
}

export function identity(rows: number): Int32Array {
  return Int32Array.from({ length: rows }, (_, i) => i);
}

/** Every row of a matrix once. */
export function allRows(m: Matrix): RowVectors {
  return { source: vectorsInMemory(m), index: identity(m.rows) };
}
