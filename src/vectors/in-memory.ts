import type { Matrix } from '../numeric/matrix.js';
import type { VectorBlock, VectorSource } from './types.js';

/**
 * Vectors that are in memory already, under the interface of those on disk. Blocks are views of the matrix.
 *
 * @param matrix shape (rows, dims); not copied, must not change while the source is read
 */
export function vectorsInMemory(matrix: Matrix): VectorSource {
  const { data, rows, dims } = matrix;
  return {
    rows,
    dims,
    async *blocks(maxRows: number): AsyncGenerator<VectorBlock> {
      if (!(maxRows >= 1)) throw new RangeError(`blocks of ${maxRows} rows`);
      const step = Math.floor(maxRows);
      for (let start = 0; start < rows; start += step) {
        const count = Math.min(step, rows - start);
        yield { start, rows: count, data: data.subarray(start * dims, (start + count) * dims) };
      }
    },
    async gather(indices: Int32Array): Promise<Float32Array> {
      const gathered = new Float32Array(indices.length * dims);
      for (let i = 0; i < indices.length; i++) {
        const row = indices[i];
        if (row < 0 || row >= rows) throw new RangeError(`row ${row} of ${rows}`);
        gathered.set(data.subarray(row * dims, (row + 1) * dims), i * dims);
      }
      return gathered;
    },
  };
}
