import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect, it } from 'vitest';
import { FileFault } from '../../src/datasets/file-fault.js';
import type { Cell } from '../../src/datasets/parquet-column.js';
import { openParquet } from '../../src/datasets/parquet-file.js';
import { RandomFile } from '../../src/datasets/random-file.js';
import { describeShared, hasShared, sharedPath } from '../shared.js';

const root = sharedPath('data', 'parquet');
const filesUnder = (folder: string): string[] =>
  hasShared
    ? (readdirSync(join(root, folder), { recursive: true }) as string[])
        .filter((name) => name.endsWith('.parquet'))
        .map((name) => join(root, folder, name))
        .sort()
    : [];

/** A cell as the twin spells it: bigints, NaN and infinities as text. */
function spelled(cell: Cell): unknown {
  if (Array.isArray(cell)) return cell.map(spelled);
  if (typeof cell === 'bigint') return String(cell);
  if (typeof cell === 'number' && !Number.isFinite(cell))
    return Number.isNaN(cell) ? 'nan' : String(cell).replace('Infinity', 'inf');
  return cell;
}

async function readAll(path: string, only?: readonly string[]): Promise<Record<string, unknown>[]> {
  const file = await RandomFile.open(path, path);
  try {
    const parquet = await openParquet(file);
    const rows: Record<string, unknown>[] = Array.from({ length: parquet.rows }, () => ({}));
    for (const column of parquet.columns) {
      if (only !== undefined && !only.includes(column.name)) continue;
      if (column.kind === 'nulls' || (column.leaf === undefined && only === undefined)) continue;
      let row = 0;
      for await (const cells of parquet.read(column))
        for (const cell of cells) rows[row++][column.name] = spelled(cell);
      expect(row).toBe(parquet.rows);
    }
    return rows;
  } finally {
    await file.close();
  }
}

describeShared('Parquet files of the Hub, of other writers and of none', () => {
  const readable = [...filesUnder('hub'), ...filesUnder('variants'), ...filesUnder('wrong')];
  it.each(readable.map((path) => [relative(root, path), path]))('%s equals its twin exactly', async (_, path) => {
    const twin = readFileSync(path.replace(/parquet$/, 'jsonl'), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    // int64-extremes has bigints spelled as text where a number would be exact, too.
    const big = path.includes('int64-extremes');
    const columns = twin.length === 0 ? undefined : Object.keys(twin[0]);
    const nullColumns = path.includes('all-null-column') ? ['nothing'] : [];
    const rows = await readAll(
      path,
      columns?.filter((name) => !nullColumns.includes(name)),
    );
    const expected = twin.map((row) =>
      Object.fromEntries(Object.entries(row).filter(([name]) => !nullColumns.includes(name))),
    );
    const found = big ? rows.map((row) => ({ ...row, label: String(row.label) })) : rows;
    expect(found).toEqual(expected);
  });

  const broken = filesUnder('malformed');
  it.each(broken.map((path) => [relative(root, path), path]))('%s is refused', async (_, path) => {
    await expect(readAll(path)).rejects.toThrow(FileFault);
  });
});
