const BLOCK = 128;
const LANES = 8;
const { fround } = Math;

/**
 * Sum of float32 values in float32, in the order of NumPy's `sum` over contiguous memory.
 *
 * As `pairwiseSum`, but every addition is rounded to float32.
 *
 * @param values shape (n,); not changed
 * @returns the sum, a float32 value; 0 for no values
 */
export function pairwiseSumFloat32(values: Float32Array): number {
  const n = values.length;
  let sum = 0;
  if (n < LANES) {
    for (const value of values) sum = fround(sum + value);
    return sum;
  }
  if (n > BLOCK) {
    const half = Math.floor(n / 2 / LANES) * LANES;
    return fround(pairwiseSumFloat32(values.subarray(0, half)) + pairwiseSumFloat32(values.subarray(half)));
  }
  const r = values.slice(0, LANES);
  const whole = n - (n % LANES);
  for (let i = LANES; i < whole; i += LANES) for (let lane = 0; lane < LANES; lane++) r[lane] += values[i + lane];
  const low = fround(fround(r[0] + r[1]) + fround(r[2] + r[3]));
  const high = fround(fround(r[4] + r[5]) + fround(r[6] + r[7]));
  sum = fround(low + high);
  for (let i = whole; i < n; i++) sum = fround(sum + values[i]);
  return sum;
}

/**
 * Squared norm in float32, in the order of NumPy's `einsum`: four lanes, of every 16 values the last four first, and the
 * lanes added two by two.
 *
 * @param values holds the vector
 * @param start where it begins
 * @param dims its length
 * @returns a float32 value, >= 0
 */
export function squaredNormFloat32(values: Float32Array, start: number, dims: number): number {
  const lanes = new Float32Array(4);
  const add = (from: number): void => {
    const end = Math.min(from + 4, dims);
    for (let j = from; j < end; j++) lanes[j - from] += fround(values[start + j] * values[start + j]);
  };
  const whole = dims - (dims % 16);
  for (let j = 0; j < whole; j += 16) for (let part = 12; part >= 0; part -= 4) add(j + part);
  for (let j = whole; j < dims; j += 4) add(j);
  return fround(fround(lanes[0] + lanes[1]) + fround(lanes[2] + lanes[3]));
}

/**
 * Squared Euclidean distance in float32 as scikit-learn's k-means sums it: four squares at a time.
 *
 * @param a holds the first vector, from `atA` on
 * @param b holds the second, from `atB` on
 * @param dims their length
 * @returns a float32 value, >= 0
 */
export function squaredDistanceFloat32(
  a: Float32Array,
  atA: number,
  b: Float32Array,
  atB: number,
  dims: number,
): number {
  const whole = dims - (dims % 4);
  let sum = 0;
  let j = 0;
  for (; j < whole; j += 4) {
    const d0 = fround(a[atA + j] - b[atB + j]);
    const d1 = fround(a[atA + j + 1] - b[atB + j + 1]);
    const d2 = fround(a[atA + j + 2] - b[atB + j + 2]);
    const d3 = fround(a[atA + j + 3] - b[atB + j + 3]);
    const four = fround(fround(fround(fround(d0 * d0) + fround(d1 * d1)) + fround(d2 * d2)) + fround(d3 * d3));
    sum = fround(sum + four);
  }
  for (; j < dims; j++) {
    const d = fround(a[atA + j] - b[atB + j]);
    sum = fround(sum + fround(d * d));
  }
  return sum;
}
