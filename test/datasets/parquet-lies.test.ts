import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openParquet } from '../../src/datasets/parquet-file.js';
import { RandomFile } from '../../src/datasets/random-file.js';
import { parquetBytes, type Lies } from './parquet-writer.js';

const scratch = mkdtempSync(join(tmpdir(), 'jmteb-lies-'));
afterAll(() => rmSync(scratch, { recursive: true }));

const columns = [
  { name: 'docid', values: ['a', 'b', 'c'] },
  { name: 'grade', values: [1, -2, 2 ** 40] },
];

async function read(bytes: Buffer): Promise<Record<string, unknown[]>> {
  const path = join(scratch, 'file.parquet');
  writeFileSync(path, bytes);
  const file = await RandomFile.open(path, 'file.parquet');
  try {
    const parquet = await openParquet(file);
    const result: Record<string, unknown[]> = {};
    for (const column of parquet.columns) {
      result[column.name] = [];
      for await (const cells of parquet.read(column)) result[column.name].push(...cells);
    }
    return result;
  } finally {
    await file.close();
  }
}

describe('a Parquet file that says something else than it holds', () => {
  it('is read when it does not', async () => {
    expect(await read(parquetBytes(columns, 2))).toEqual({ docid: ['a', 'b', 'c'], grade: [1, -2, 2 ** 40] });
  });

  const lies: [string, Lies, RegExp][] = [
    ['more rows than its pages have', { rows: 4 }, /3 values for 4 rows/],
    ['more rows than anybody has', { rows: 2 ** 40 }, /at most 67108864 are read/],
    [
      'rows without end in every place',
      { rows: 2 ** 26, chunkValues: 2 ** 26, pageValues: 2 ** 26 },
      /at most 16777216/,
    ],
    ['fewer values in a page', { pageValues: 2 }, /pages hold 2 values or more, the footer says 3/],
    ['more values in a page', { pageValues: 4 }, /ends before its values|pages hold 4 values/],
    ['a negative number of values', { pageValues: -1 }, /claims -1 values/],
    ['a page beyond its column', { pageBytes: 2 ** 30 }, /longer than the column/],
    ['a page of a negative size', { pageBytes: -5 }, /negative size/],
    ['a column behind the end', { chunkStart: 2 ** 40 }, /but the data end at/],
    ['a column before the beginning', { chunkStart: 0 }, /but the data end at/],
    ['an encoding that there is not', { encoding: 77 }, /encoding 77/],
    ['a dictionary that is not there', { encoding: 8 }, /no.* comes before it|none comes before it/],
  ];
  it.each(lies)('%s: refused', async (_, lie, message) => {
    await expect(read(parquetBytes(columns, Infinity, lie))).rejects.toThrow(message);
  });
});
