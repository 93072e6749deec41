const BLOCK = 128;
const LANES = 8;

/**
 * Sum of float64 values in the order of NumPy's `sum` over contiguous memory.
 *
 * Up to 7 values are added in turn, up to 128 in eight interleaved sums, longer lists as two halves (the first a
 * multiple of eight). Other groupings differ in the last digit, which decides where two scores are compared for equality.
 *
 * @param values shape (n,); not changed
 * @returns the sum; 0 for no values
 */
export function pairwiseSum(values: Float64Array): number {
  const n = values.length;
  if (n < LANES) return values.reduce((sum, value) => sum + value, 0);
  if (n > BLOCK) {
    const half = Math.floor(n / 2 / LANES) * LANES;
    return pairwiseSum(values.subarray(0, half)) + pairwiseSum(values.subarray(half));
  }
  const r = values.slice(0, LANES);
  const whole = n - (n % LANES);
  for (let i = LANES; i < whole; i += LANES) for (let lane = 0; lane < LANES; lane++) r[lane] += values[i + lane];
  let sum = r[0] + r[1] + (r[2] + r[3]) + (r[4] + r[5] + (r[6] + r[7]));
  for (let i = whole; i < n; i++) sum += values[i];
  return sum;
}
