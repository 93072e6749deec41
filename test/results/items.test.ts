import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as arrow from 'apache-arrow';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UserError } from '../../src/errors.js';
import type { ItemTable } from '../../src/families/types.js';
import { itemsFromArrow, itemsToArrow, readItems, writeItems } from '../../src/results/items.js';
import { mulberry32 } from '../pseudo-random.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jmteb-items-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const retrieval: ItemTable = {
  rows: 3,
  columns: [
    { name: 'id', type: 'text', values: ['質問 1', '', 'q🍣3'] },
    { name: 'main', type: 'float64', values: [0.5, null, 1] },
    { name: 'ranking', type: 'texts', values: [['d1', '文書'], [], ['d1']] },
    { name: 'scores', type: 'floats', values: [[0.25, -1e-300], [], [1 / 3]] },
    { name: 'gold', type: 'float64', values: Float64Array.of(-1, 0, 1e300) },
  ],
};
const plain = (table: ItemTable) => ({
  rows: table.rows,
  columns: table.columns.map((column) => ({ ...column, values: Array.from(column.values as ArrayLike<unknown>) })),
});

describe('item tables', () => {
  it('come back as they were written, nulls, empty lists and Japanese text included', async () => {
    const path = join(folder, 'deep', 'jsts.arrow');
    await writeItems(path, retrieval);
    expect(plain(await readItems(path))).toEqual(plain(retrieval));
  });

  it('come back when they have no rows', async () => {
    const empty: ItemTable = {
      rows: 0,
      columns: [
        { name: 'id', type: 'text', values: [] },
        { name: 'main', type: 'float64', values: [] },
        { name: 'ranking', type: 'texts', values: [] },
      ],
    };
    expect(plain(itemsFromArrow(await itemsToArrow(empty), 'x'))).toEqual(plain(empty));
  });

  it('give the same bytes for equal values, however the numbers are kept', async () => {
    const typed: ItemTable = { rows: 2, columns: [{ name: 'main', type: 'float64', values: Float64Array.of(0.1, 2) }] };
    const listed: ItemTable = { rows: 2, columns: [{ name: 'main', type: 'float64', values: [0.1, 2] }] };
    expect(await itemsToArrow(typed)).toEqual(await itemsToArrow(listed));
    expect(await itemsToArrow(retrieval)).toEqual(await itemsToArrow(retrieval));
  });

  it('are plain Arrow files without dictionaries that apache-arrow reads', async () => {
    const table = arrow.tableFromIPC(await itemsToArrow(retrieval));
    expect(table.schema.fields.map((field) => String(field.type))).toEqual([
      'Utf8',
      'Float64',
      'List<Utf8>',
      'List<Float64>',
      'Float64',
    ]);
    expect(table.getChild('id')?.toArray()).toEqual(['質問 1', '', 'q🍣3']);
    expect(table.getChild('main')?.toJSON()).toEqual([0.5, null, 1]);
    expect([...(table.getChild('ranking')?.get(0) as Iterable<string>)]).toEqual(['d1', '文書']);
    expect([...(table.getChild('scores')?.get(2) as Iterable<number>)]).toEqual([1 / 3]);
  });

  it('refuse numbers that are not finite and name column and row', async () => {
    const bad: ItemTable = {
      rows: 2,
      columns: [
        { name: 'main', type: 'float64', values: [1, Number.NaN] },
        { name: 'scores', type: 'floats', values: [[Infinity], []] },
      ],
    };
    await expect(itemsToArrow(bad, 'items/x.arrow')).rejects.toThrow(
      /items\/x\.arrow: column "main", row 1 .*\n.*column "scores", row 0/,
    );
  });

  it('refuse columns of another length and names that occur twice', async () => {
    const bad: ItemTable = {
      rows: 2,
      columns: [
        { name: 'a', type: 'text', values: ['x'] },
        { name: 'a', type: 'text', values: ['x', 'y'] },
      ],
    };
    await expect(itemsToArrow(bad, 'f')).rejects.toThrow(/has 1 values, expected 2[^]*occurs twice/);
  });

  it('are read from files that other programs made, without our digest', () => {
    const int = arrow.vectorFromArray([3n, -4n], new arrow.Int64());
    const float = arrow.vectorFromArray([0.5, null], new arrow.Float32());
    const flag = arrow.vectorFromArray([true, false], new arrow.Bool());
    const text = arrow.vectorFromArray(['a', '日本'], new arrow.LargeUtf8());
    const pair = arrow.vectorFromArray(
      [[1, 2], [3, 4]],
      new arrow.FixedSizeList(2, new arrow.Field('item', new arrow.Float32(), false)),
    );
    const table = new arrow.Table({ int, float, flag, text, pair });
    const read = itemsFromArrow(arrow.tableToIPC(table, 'file'), 'x');
    expect(plain(read)).toEqual({
      rows: 2,
      columns: [
        { name: 'int', type: 'float64', values: [3, -4] },
        { name: 'float', type: 'float64', values: [0.5, null] },
        { name: 'flag', type: 'float64', values: [1, 0] },
        { name: 'text', type: 'text', values: ['a', '日本'] },
        { name: 'pair', type: 'floats', values: [[1, 2], [3, 4]] },
      ],
    });
  });

  it('are read over several record batches', () => {
    const batch = (values: number[]) =>
      new arrow.Table({ main: arrow.vectorFromArray(values, new arrow.Float64()) }).batches[0];
    const table = new arrow.Table([batch([1, 2]), batch([3])]);
    expect(table.batches).toHaveLength(2);
    expect(itemsFromArrow(arrow.tableToIPC(table, 'file'), 'x').columns[0].values).toEqual([1, 2, 3]);
  });

  it('say that dictionaries are not read', () => {
    const table = new arrow.Table({ id: arrow.vectorFromArray(['a', 'b', 'a']) });
    expect(() => itemsFromArrow(arrow.tableToIPC(table, 'file'), 'x')).toThrow(/dictionar/);
  });

  it('answer a missing file, a folder and an empty file with an error that names it', async () => {
    const empty = join(folder, 'empty.arrow');
    await writeFile(empty, '');
    await expect(readItems(join(folder, 'none.arrow'))).rejects.toThrow(/none\.arrow: there is no such item table/);
    await expect(readItems(folder)).rejects.toThrow(UserError);
    await expect(readItems(empty)).rejects.toThrow(/empty\.arrow: not a readable item table/);
  });

  it('answer every truncation with an error', async () => {
    const bytes = await itemsToArrow(retrieval);
    for (let length = 0; length < bytes.length; length++)
      expect(() => itemsFromArrow(bytes.slice(0, length), 'x'), `${length} bytes`).toThrow(UserError);
  });

  it('notice every single changed byte that changes a value, and fail on nothing else than an error', async () => {
    const bytes = await itemsToArrow(retrieval);
    const expected = plain(retrieval);
    const next = mulberry32(1);
    for (let at = 0; at < bytes.length; at++) {
      const damaged = bytes.slice();
      damaged[at] ^= 1 + Math.floor(next() * 255);
      try {
        // Padding and redundant fields may change; values may not.
        expect(plain(itemsFromArrow(damaged, 'x')), `byte ${at}`).toEqual(expected);
      } catch (thrown) {
        if (!(thrown instanceof UserError)) throw thrown;
      }
    }
  });

  it('survive garbage quickly: many changed bytes, in files without a digest too', async () => {
    const foreign = arrow.tableToIPC(arrow.tableFromIPC(await itemsToArrow(retrieval)), 'file');
    const bare = arrow.tableToIPC(
      new arrow.Table({
        id: arrow.vectorFromArray(['a', 'b'], new arrow.Utf8()),
        list: arrow.vectorFromArray([['x'], ['y', 'z']], new arrow.List(new arrow.Field('item', new arrow.Utf8(), false))),
      }),
      'file',
    );
    const next = mulberry32(2);
    const started = performance.now();
    for (let round = 0; round < 6000; round++) {
      const bytes = (round % 2 === 0 ? foreign : bare).slice();
      const changes = 1 + Math.floor(next() * 6);
      for (let i = 0; i < changes; i++) {
        // Half of the changes fall into the footer, where the structure stands.
        const reach = round % 3 === 0 ? bytes.length : 600;
        bytes[bytes.length - 1 - Math.floor(next() * Math.min(reach, bytes.length))] = Math.floor(next() * 256);
      }
      try {
        itemsFromArrow(bytes, 'x');
      } catch (thrown) {
        if (!(thrown instanceof UserError)) throw thrown;
      }
    }
    // A loop over a made-up length would take hours; 6000 small files take well under a second.
    expect(performance.now() - started).toBeLessThan(20_000);
  });

  it('survive random bytes between the marks of an Arrow file', () => {
    const next = mulberry32(3);
    for (let round = 0; round < 2000; round++) {
      const bytes = Uint8Array.from({ length: 20 + Math.floor(next() * 300) }, () => Math.floor(next() * 256));
      bytes.set(new TextEncoder().encode('ARROW1\0\0'));
      bytes.set(new TextEncoder().encode('ARROW1'), bytes.length - 6);
      new DataView(bytes.buffer).setInt32(bytes.length - 10, Math.floor(next() * bytes.length), true);
      expect(() => itemsFromArrow(bytes, 'x')).toThrow(UserError);
    }
  });

  it('do not read the file of a value that was changed on disk', async () => {
    const path = join(folder, 'changed.arrow');
    await writeItems(path, retrieval);
    const bytes = await readFile(path);
    const at = bytes.indexOf(Buffer.from(Float64Array.of(1 / 3).buffer));
    bytes[at + 7] ^= 0x80;
    await writeFile(path, bytes);
    await expect(readItems(path)).rejects.toThrow(/values are not those that were written/);
  });
});
