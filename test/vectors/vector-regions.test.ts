import { mkdtemp, open, rm, truncate, writeFile, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MachineError } from '../../src/errors.js';
import { matrix } from '../../src/numeric/matrix.js';
import { vectorsInMemory } from '../../src/vectors/in-memory.js';
import type { VectorSource } from '../../src/vectors/types.js';
import { vectorsInRegions, type OpenRegion } from '../../src/vectors/vector-regions.js';
import { floatsToHalf, halfTable } from '../../src/numeric/float16.js';
import { mulberry32 } from '../pseudo-random.js';
import { randomVectors } from './random-vectors.js';

let folder: string;
let handles: FileHandle[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jmteb-regions-'));
  handles = [];
});
afterEach(async () => {
  await Promise.all(handles.map((handle) => handle.close()));
  await rm(folder, { recursive: true, force: true });
});

type Values = Float32Array | Uint16Array | Float64Array;

/** Writes regions of these sizes, one file each, at an odd offset. */
async function regionsOf(values: Values, dims: number, sizes: readonly number[]): Promise<OpenRegion[]> {
  const regions: OpenRegion[] = [];
  let start = 0;
  for (const [i, rows] of sizes.entries()) {
    const part = values.subarray(start * dims, (start + rows) * dims);
    const path = join(folder, String(i));
    await writeFile(
      path,
      Buffer.concat([Buffer.alloc(5), new Uint8Array(part.buffer, part.byteOffset, part.byteLength)]),
    );
    const handle = await open(path);
    handles.push(handle);
    const type = values instanceof Uint16Array ? 'float16' : values instanceof Float32Array ? 'float32' : 'float64';
    regions.push({ fd: handle.fd, path, offset: 5, rows, dims, type });
    start += rows;
  }
  return regions;
}

async function blocksOf(source: VectorSource, maxRows: number) {
  const blocks: { start: number; rows: number; data: number[] }[] = [];
  for await (const { start, rows, data } of source.blocks(maxRows)) blocks.push({ start, rows, data: [...data] });
  return blocks;
}

const SIZES = [10, 0, 1, 25, 4];
const ROWS = 40;
const DIMS = 6;

describe('vectors in files', () => {
  const floats = randomVectors(ROWS * DIMS);
  const halves = floatsToHalf(floats);
  const rounded = Float32Array.from(halves, (bits) => halfTable()[bits]);
  const kinds: [string, Values, Float32Array][] = [
    ['float32', floats, floats],
    ['float16', halves, rounded],
    ['float64', Float64Array.from(floats), floats],
  ];

  it.each(kinds)('of %s give the blocks and rows of the same vectors in memory', async (_, values, expected) => {
    const source = vectorsInRegions(await regionsOf(values, DIMS, SIZES), DIMS);
    const inMemory = vectorsInMemory(matrix(expected, ROWS, DIMS));
    expect([source.rows, source.dims]).toEqual([ROWS, DIMS]);
    for (const maxRows of [1, 3, 7, 40, 1000, Infinity])
      expect(await blocksOf(source, maxRows)).toEqual(await blocksOf(inMemory, maxRows));
    const next = mulberry32(9);
    for (const count of [0, 1, 5, 200]) {
      const indices = Int32Array.from({ length: count }, () => Math.floor(next() * ROWS));
      expect(await source.gather(indices)).toEqual(await inMemory.gather(indices));
    }
  });

  it.each(kinds)('of %s are cut to their first components, and not normalised', async (_, values, expected) => {
    const source = vectorsInRegions(await regionsOf(values, DIMS, SIZES), DIMS, 2);
    const cut = Float32Array.from({ length: ROWS * 2 }, (_, i) => expected[(i >> 1) * DIMS + (i & 1)]);
    const inMemory = vectorsInMemory(matrix(cut, ROWS, 2));
    expect(source.dims).toBe(2);
    expect(await blocksOf(source, 7)).toEqual(await blocksOf(inMemory, 7));
    const indices = Int32Array.of(39, 0, 0, 10, 11, 12, 39);
    expect(await source.gather(indices)).toEqual(await inMemory.gather(indices));
  });

  it('are gathered over gaps of any size, and over reads of more than one buffer', async () => {
    const rows = 5000;
    const dims = 1024;
    const values = Float32Array.from({ length: rows * dims }, (_, i) => i);
    const source = vectorsInRegions(await regionsOf(values, dims, [3000, 2000]), dims);
    const next = mulberry32(4);
    const scattered = Int32Array.from({ length: 300 }, () => Math.floor(next() * rows));
    const all = Int32Array.from({ length: rows }, (_, i) => rows - 1 - i);
    for (const indices of [scattered, all]) {
      const gathered = await source.gather(indices);
      for (let i = 0; i < indices.length; i++) {
        expect(gathered[i * dims]).toBe(values[indices[i] * dims]);
        expect(gathered[i * dims + dims - 1]).toBe(values[indices[i] * dims + dims - 1]);
      }
    }
    let sum = 0;
    for await (const { start, data } of source.blocks(4500)) {
      expect(data[0]).toBe(values[start * dims]);
      expect(data[data.length - 1]).toBe(values[start * dims + data.length - 1]);
      sum += data.length;
    }
    expect(sum).toBe(values.length);
  });

  it('refuse rows that are not there, blocks of nothing and too many components', async () => {
    const regions = await regionsOf(floats, DIMS, SIZES);
    const source = vectorsInRegions(regions, DIMS);
    await expect(source.gather(Int32Array.of(40))).rejects.toThrow(RangeError);
    await expect(source.gather(Int32Array.of(-1))).rejects.toThrow(RangeError);
    await expect(blocksOf(source, 0)).rejects.toThrow(RangeError);
    await expect(blocksOf(source, NaN)).rejects.toThrow(RangeError);
    expect(() => vectorsInRegions(regions, DIMS, 7)).toThrow(RangeError);
    expect(() => vectorsInRegions(regions, DIMS, 0)).toThrow(RangeError);
    expect(() => vectorsInRegions(regions, 5)).toThrow(RangeError);
  });

  it('that become shorter while they are read are an error that names the file', async () => {
    const source = vectorsInRegions(await regionsOf(floats, DIMS, [40]), DIMS);
    await truncate(join(folder, '0'), 100);
    await expect(blocksOf(source, 40)).rejects.toBeInstanceOf(MachineError);
    await expect(source.gather(Int32Array.of(39))).rejects.toThrow(/\/0: became shorter/);
  });
});
