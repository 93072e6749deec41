import { RandomState } from '../dist/numeric/random-state.js';

/** Uniform float32 numbers in [-1, 1), the same on every machine. */
export function pseudoRandom(count, seed) {
  const values = new Float32Array(count);
  let state = (seed * 2654435761 + 12345) >>> 0;
  for (let i = 0; i < count; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    values[i] = state / 2 ** 31 - 1;
  }
  return values;
}

/** Vectors of unit length in loose groups, as embeddings are: shape (rows, dims), with the group of each row. */
export function groupedVectors(rows, dims, groups, seed, spread = 1) {
  const random = new RandomState(seed);
  const centres = Float64Array.from({ length: groups * dims }, () => random.standardNormal());
  const data = new Float32Array(rows * dims);
  const labels = new Int32Array(rows);
  for (let i = 0; i < rows; i++) {
    const group = (labels[i] = i % groups);
    let sum = 0;
    const row = new Float64Array(dims);
    for (let j = 0; j < dims; j++) {
      row[j] = centres[group * dims + j] + spread * random.standardNormal();
      sum += row[j] * row[j];
    }
    const norm = Math.sqrt(sum);
    for (let j = 0; j < dims; j++) data[i * dims + j] = row[j] / norm;
  }
  return { data, labels };
}
