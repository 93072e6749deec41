/** Rows `start` .. `start + rows - 1`; `data` is row-major float32 and valid until the next block is asked for. */
export interface VectorBlock {
  readonly start: number;
  readonly rows: number;
  readonly data: Float32Array;
}

/**
 * Vectors that are read block by block, on disk or in memory. Shape (rows, dims), float32 when read, whatever is stored.
 */
export interface VectorSource {
  readonly rows: number;
  readonly dims: number;
  /** All rows in order, in blocks of at most `maxRows` rows. */
  blocks(maxRows: number): AsyncIterable<VectorBlock>;
  /** The rows at `indices`, in that order, repeats allowed; shape (indices.length, dims), a fresh array. */
  gather(indices: Int32Array): Promise<Float32Array>;
}

/**
 * The vectors of the rows of one role of one split: row i of the data has vector `index[i]` of `source` (equal texts are
 * embedded once).
 */
export interface RowVectors {
  readonly source: VectorSource;
  readonly index: Int32Array;
}
