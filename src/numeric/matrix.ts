/** Row-major float32 matrix: component j of row i is `data[i * dims + j]`; `data.length` is `rows * dims`. */
export interface Matrix {
  readonly data: Float32Array;
  readonly rows: number;
  readonly dims: number;
}

/**
 * A matrix over given values (not copied).
 *
 * @throws RangeError when the number of values is not rows * dims
 */
export function matrix(data: Float32Array, rows: number, dims: number): Matrix {
  if (data.length !== rows * dims) {
    throw new RangeError(`${data.length} values are not ${rows} rows of ${dims}`);
  }
  return { data, rows, dims };
}

/** Row i as a view. */
export function rowOf(m: Matrix, i: number): Float32Array {
  return m.data.subarray(i * m.dims, (i + 1) * m.dims);
}
