import { readSync } from 'node:fs';
import { MachineError, messageOf } from '../errors.js';
import { halfTable } from '../numeric/float16.js';
import type { FloatType } from './arrow-schema.js';
import type { VectorRegion } from './arrow-reader.js';
import type { VectorBlock, VectorSource } from './types.js';

/** Bytes that are read at once: fast from the page cache, and they stay in the processor's cache. */
const READ_BYTES = 16 * 2 ** 20;
/** A gap between two wanted rows that is cheaper to read than to jump over. */
const GAP_BYTES = 64 * 1024;

const BYTES: Readonly<Record<FloatType, number>> = { float16: 2, float32: 4, float64: 8 };

/** A region of an open file. */
export interface OpenRegion extends VectorRegion {
  /** File descriptor, open for reading as long as the vectors are used. */
  readonly fd: number;
  /** Names the file in errors. */
  readonly path: string;
}

/**
 * Vectors in files, under one interface: all rows of the regions, in order.
 *
 * Blocks span regions and share one buffer; `gather` reads each wanted row once, in the order of the files.
 *
 * @param regions all of the same `dims`
 * @param truncateDim leading components to give of each vector, 1 .. dims; all unless given; not normalised again
 * @throws RangeError when `truncateDim` is out of range or the regions differ in `dims`
 */
export function vectorsInRegions(regions: readonly OpenRegion[], dims: number, truncateDim = dims): VectorSource {
  if (!Number.isInteger(truncateDim) || truncateDim < 1 || truncateDim > dims)
    throw new RangeError(`the first ${truncateDim} components of ${dims}`);
  if (regions.some((region) => region.dims !== dims)) throw new RangeError('regions differ in dims');
  return new RegionSource(regions, dims, truncateDim);
}

class RegionSource implements VectorSource {
  readonly rows: number;
  /** Row of the whole at which each region begins. */
  private readonly starts: number[] = [];

  constructor(
    private readonly regions: readonly OpenRegion[],
    private readonly storedDims: number,
    readonly dims: number,
  ) {
    let rows = 0;
    for (const region of regions) {
      this.starts.push(rows);
      rows += region.rows;
    }
    this.rows = rows;
  }

  async *blocks(maxRows: number): AsyncGenerator<VectorBlock> {
    if (!(maxRows >= 1)) throw new RangeError(`blocks of ${maxRows} rows`);
    const step = Math.min(Math.floor(maxRows), this.rows);
    const data = new Float32Array(step * this.dims);
    const scratch = new Scratch();
    let region = 0;
    for (let start = 0; start < this.rows; start += step) {
      const rows = Math.min(step, this.rows - start);
      for (let filled = 0; filled < rows;) {
        while (start + filled >= this.starts[region] + this.regions[region].rows) region++;
        const from = start + filled - this.starts[region];
        const count = Math.min(rows - filled, this.regions[region].rows - from);
        this.fill(this.regions[region], from, count, data, filled, scratch);
        filled += count;
      }
      yield { start, rows, data: data.subarray(0, rows * this.dims) };
    }
  }

  async gather(indices: Int32Array): Promise<Float32Array> {
    const gathered = new Float32Array(indices.length * this.dims);
    const { rows, targets } = sortedRows(indices, this.rows);
    const scratch = new Scratch();
    let region = 0;
    for (let i = 0; i < rows.length;) {
      while (rows[i] >= this.starts[region] + this.regions[region].rows) region++;
      i = this.gatherSpan(region, rows, targets, i, gathered, scratch);
    }
    return gathered;
  }

  /** Reads the wanted rows from `i` on that lie close together in one region; returns the next `i`. */
  private gatherSpan(
    index: number,
    rows: Uint32Array,
    targets: Uint32Array,
    i: number,
    gathered: Float32Array,
    scratch: Scratch,
  ): number {
    const region = this.regions[index];
    const start = this.starts[index];
    const rowBytes = this.storedDims * BYTES[region.type];
    const mostRows = Math.max(1, Math.floor(READ_BYTES / rowBytes));
    const gapRows = Math.floor(GAP_BYTES / rowBytes) + 1;
    const end = Math.min(start + region.rows, rows[i] + mostRows);
    let to = i + 1;
    while (to < rows.length && rows[to] < end && rows[to] - rows[to - 1] <= gapRows) to++;
    const first = rows[i];
    const values = scratch.read(region, first - start, rows[to - 1] + 1 - first);
    for (let k = i; k < to; k++) {
      if (k > i && rows[k] === rows[k - 1]) {
        const done = targets[k - 1] * this.dims;
        gathered.copyWithin(targets[k] * this.dims, done, done + this.dims);
      } else this.convert(values, rows[k] - first, 1, gathered, targets[k]);
    }
    return to;
  }

  /** Rows `from` .. `from + count - 1` of a region to row `at` of `data`. */
  private fill(
    region: OpenRegion,
    from: number,
    count: number,
    data: Float32Array,
    at: number,
    scratch: Scratch,
  ): void {
    if (region.type === 'float32' && this.dims === this.storedDims) {
      const target = data.subarray(at * this.dims, (at + count) * this.dims);
      readInto(region, from, new Uint8Array(target.buffer, target.byteOffset, target.byteLength));
      return;
    }
    const step = Math.max(1, Math.floor(READ_BYTES / (this.storedDims * BYTES[region.type])));
    for (let done = 0; done < count; done += step) {
      const rows = Math.min(step, count - done);
      this.convert(scratch.read(region, from + done, rows), 0, rows, data, at + done);
    }
  }

  /** Rows of stored values, from row `from` on, to float32 rows, cut to `dims`. */
  private convert(values: StoredValues, from: number, rows: number, data: Float32Array, at: number): void {
    const { storedDims, dims } = this;
    // Whole vectors are one run of numbers.
    const [runs, length, stride] = dims === storedDims ? [1, rows * dims, 0] : [rows, dims, storedDims];
    for (let run = 0; run < runs; run++) {
      const start = from * storedDims + run * stride;
      const source = values.subarray(start, start + length);
      const target = at * dims + run * dims;
      if (source instanceof Uint16Array) decodeHalves(source, data, target);
      else data.set(source, target);
    }
  }
}

function decodeHalves(halves: Uint16Array, data: Float32Array, at: number): void {
  const table = halfTable();
  for (let i = 0; i < halves.length; i++) data[at + i] = table[halves[i]];
}

type StoredValues = Uint16Array | Float32Array | Float64Array;

/** A buffer for stored values that is used again and again. */
class Scratch {
  private buffer = new ArrayBuffer(0);

  /** Values of `rows` rows from row `from` of a region on; valid until the next call. */
  read(region: OpenRegion, from: number, rows: number): StoredValues {
    const count = rows * region.dims;
    const bytes = count * BYTES[region.type];
    if (this.buffer.byteLength < bytes) this.buffer = new ArrayBuffer(bytes);
    readInto(region, from, new Uint8Array(this.buffer, 0, bytes));
    if (region.type === 'float16') return new Uint16Array(this.buffer, 0, count);
    if (region.type === 'float32') return new Float32Array(this.buffer, 0, count);
    return new Float64Array(this.buffer, 0, count);
  }
}

/** Fills `target` with the bytes of a region from row `from` on. */
function readInto(region: OpenRegion, from: number, target: Uint8Array): void {
  const position = region.offset + from * region.dims * BYTES[region.type];
  const refuse = (what: string, cause?: unknown): never => {
    const fix = 'check the disk, leave the file alone while a run reads it, and run again';
    throw new MachineError({ where: region.path, what, fix }, { cause });
  };
  for (let done = 0; done < target.length;) {
    const length = Math.min(READ_BYTES, target.length - done);
    let read: number;
    try {
      read = readSync(region.fd, target, done, length, position + done);
    } catch (thrown) {
      return refuse(`cannot be read (${messageOf(thrown)})`, thrown);
    }
    if (read === 0) return refuse('became shorter while it was read');
    done += read;
  }
}

/**
 * Wanted rows in ascending order, and where each shall stand.
 *
 * One 64-bit number a row, the row above and its target below, is sorted much faster than with a comparison of our own.
 */
function sortedRows(indices: Int32Array, rows: number): { rows: Uint32Array; targets: Uint32Array } {
  const count = indices.length;
  const words = new Uint32Array(2 * count);
  for (let i = 0; i < count; i++) {
    if (indices[i] < 0 || indices[i] >= rows) throw new RangeError(`row ${indices[i]} of ${rows}`);
    words[2 * i] = i;
    words[2 * i + 1] = indices[i];
  }
  new BigUint64Array(words.buffer).sort();
  const sorted = { rows: new Uint32Array(count), targets: new Uint32Array(count) };
  for (let i = 0; i < count; i++) {
    sorted.targets[i] = words[2 * i];
    sorted.rows[i] = words[2 * i + 1];
  }
  return sorted;
}
