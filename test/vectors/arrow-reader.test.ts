import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as arrow from 'apache-arrow';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ArrowFault } from '../../src/vectors/arrow-file.js';
import { openArrow } from '../../src/vectors/arrow-reader.js';
import { vectorsInRegions } from '../../src/vectors/vector-regions.js';
import { mulberry32 } from '../pseudo-random.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jmteb-arrow-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const lists = (dims: number, item: arrow.DataType) =>
  new arrow.FixedSizeList(dims, new arrow.Field('item', item as arrow.Float, true));

/** A table of several record batches, as other programs write them. */
function foreign(
  batches: readonly { texts: string[]; rows: number[][] }[],
  item: arrow.DataType = new arrow.Float32(),
) {
  const tables = batches.map(({ texts, rows }) => {
    const text = arrow.vectorFromArray(texts, new arrow.Utf8());
    return new arrow.Table({ text, embedding: arrow.vectorFromArray(rows, lists(2, item)) }).batches[0];
  });
  return Buffer.from(arrow.tableToIPC(new arrow.Table(tables), 'file'));
}

const example = [
  {
    texts: ['日本', '', 'a🍣'],
    rows: [
      [1, 2],
      [3, 4],
      [5, 6],
    ],
  },
  { texts: ['x'], rows: [[7, 8]] },
  {
    texts: ['y', 'z'],
    rows: [
      [9, 10],
      [11, 12],
    ],
  },
];

async function save(name: string, bytes: Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, bytes);
  return path;
}

async function readAll(path: string): Promise<{ texts: string[]; values: number[] }> {
  const reader = await openArrow(path);
  try {
    const texts: string[] = [];
    for await (const chunk of reader.texts('text')) texts.push(...chunk);
    const regions = reader.vectorRegions('embedding').map((region) => ({ ...region, fd: reader.handle.fd, path }));
    const source = vectorsInRegions(regions, regions[0].dims);
    const values: number[] = [];
    for await (const { data } of source.blocks(4)) values.push(...data);
    return { texts, values };
  } finally {
    await reader.close();
  }
}

describe('an Arrow file that is read where it lies', () => {
  it.each([
    ['float16', new arrow.Float16()],
    ['float32', new arrow.Float32()],
    ['float64', new arrow.Float64()],
  ])('gives texts and %s vectors of all record batches', async (name, item) => {
    const path = await save(`${name}.arrow`, foreign(example, item));
    const reader = await openArrow(path);
    expect(reader.rows).toBe(6);
    expect(reader.columns).toEqual(['text', 'embedding']);
    expect(reader.vectorRegions('embedding')).toMatchObject([3, 1, 2].map((rows) => ({ rows, dims: 2, type: name })));
    await reader.close();
    expect(await readAll(path)).toEqual({
      texts: ['日本', '', 'a🍣', 'x', 'y', 'z'],
      values: Array.from({ length: 12 }, (_, i) => i + 1),
    });
  });

  it('gives texts in chunks of bounded size, large ones alone', async () => {
    const texts = Array.from({ length: 70_000 }, (_, i) => `文${i}`);
    texts[100] = 'あ'.repeat(6_000_000);
    const rows = texts.map(() => [0, 1]);
    const path = await save('long.arrow', foreign([{ texts, rows }]));
    const reader = await openArrow(path);
    const sizes: number[] = [];
    const read: string[] = [];
    for await (const chunk of reader.texts('text')) {
      sizes.push(chunk.length);
      read.push(...chunk);
    }
    await reader.close();
    expect(read).toEqual(texts);
    expect(sizes).toEqual([100, 1, 65_536 - 101, 70_000 - 65_536]);
  });

  it('says what a column is not, and which there are', async () => {
    const reader = await openArrow(await save('x.arrow', foreign(example)));
    expect(() => reader.vectorRegions('text')).toThrow(/column "text" does not hold fixed-size lists of floats/);
    expect(() => reader.vectorRegions('vector')).toThrow(/no column "vector"; its columns are "text", "embedding"/);
    await expect(reader.texts('embedding').next()).rejects.toThrow(/does not hold texts/);
    await reader.close();
  });

  it('refuses vectors that are null or have a null', async () => {
    const list = lists(2, new arrow.Float32());
    for (const rows of [[[1, 2], null], [[1, null]]]) {
      const table = new arrow.Table({ embedding: arrow.vectorFromArray(rows as number[][], list) });
      const path = await save('null.arrow', arrow.tableToIPC(table, 'file'));
      await expect(openArrow(path)).rejects.toThrow(/null/);
    }
  });

  it('answers any bytes with a fault or with values', async () => {
    const bytes = foreign(example);
    const next = mulberry32(23);
    let faults = 0;
    for (let round = 0; round < 1500; round++) {
      const harmed = Buffer.from(bytes);
      for (let i = 0; i <= round % 10; i++) {
        const at = Math.floor(next() * harmed.length);
        const value = [0, 255, 127, 128, Math.floor(next() * 256)][Math.floor(next() * 5)];
        harmed.fill(value, at, Math.min(harmed.length, at + 1 + Math.floor(next() * 8)));
      }
      const cut = round % 7 === 0 ? Math.floor(next() * harmed.length) : harmed.length;
      const path = await save('harmed.arrow', harmed.subarray(0, cut));
      const result = await readAll(path).catch((thrown: unknown) => thrown);
      if (result instanceof Error) {
        faults++;
        // Regions that differ in size, or none at all, are for the caller to refuse.
        if (!(result instanceof ArrowFault) && !/regions|undefined/.test(result.message)) throw result;
      }
    }
    expect(faults).toBeGreaterThan(300);
  });
});
