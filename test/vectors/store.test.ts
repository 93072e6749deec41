import {
  copyFile,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  unlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as arrow from 'apache-arrow';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkSchema } from '../../src/definitions/schema-check.js';
import { MachineError, UserError } from '../../src/errors.js';
import { listStore } from '../../src/vectors/list-store.js';
import { headerMetadata, headerOf, shardHeader, type ShardHeader } from '../../src/vectors/shard-header.js';
import { openStoredVectors } from '../../src/vectors/stored-vectors.js';
import {
  openStoredList,
  shardRowsFor,
  type ListSpec,
  type ShardPart,
  type StoredList,
} from '../../src/vectors/store.js';
import type { FileOperations } from '../../src/write-atomically.js';
import { mulberry32 } from '../pseudo-random.js';
import { randomVectors } from './random-vectors.js';

let cache: string;
beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), 'jmteb-store-'));
});
afterEach(() => rm(cache, { recursive: true, force: true }));

const small: ListSpec = { modelKey: 'model1', listKey: 'list1', rows: 7, dims: 3, type: 'float32' };
/** Three shards: 4096, 4096 and 8 rows. */
const large: ListSpec = { ...small, rows: 8200, dims: 4 };
const counts = (shard: number) => ({
  tokens: 100 + shard,
  truncated: shard,
  unknownTokens: 7 * shard,
  byteFallbackTokens: 5 * shard,
});

async function fill(list: StoredList, spec: ListSpec, seed = 1): Promise<Float32Array> {
  const vectors = randomVectors(spec.rows * spec.dims, seed);
  for (const shard of list.missing) await write(list, spec, vectors, shard);
  return vectors;
}

async function write(list: StoredList, spec: ListSpec, vectors: Float32Array, shard: number): Promise<void> {
  const { start, end } = list.rangeOf(shard);
  await list.write(shard, vectors.subarray(start * spec.dims, end * spec.dims), counts(shard));
}

async function* partsOf(parts: readonly ShardPart[]): AsyncGenerator<ShardPart> {
  yield* parts;
}

async function readAll(folder: string): Promise<Float32Array> {
  const source = await openStoredVectors(folder);
  const all = new Float32Array(source.rows * source.dims);
  for await (const { start, data } of source.blocks(1000)) all.set(data, start * source.dims);
  await source.close();
  return all;
}

/** Every bit in the full run; otherwise a sample that meets every place in a byte. */
const BIT_STEP = process.env.JMTEB_TEST_FULL === '1' ? 1 : 17;

const filesOf = async (folder: string) => (await readdir(folder)).sort();

describe('a list of vectors', () => {
  it('comes back as it was written, shard by shard, with what was counted', async () => {
    const list = await openStoredList(cache, large);
    expect(list).toMatchObject({ shards: 3, missing: [0, 1, 2], warnings: [] });
    expect(list.rangeOf(2)).toEqual({ start: 8192, end: 8200 });
    expect(await readdir(cache)).toEqual([]);
    const vectors = await fill(list, large);
    expect(list.missing).toEqual([]);
    expect(list.counts()).toEqual({ tokens: 303, truncated: 3, unknownTokens: 21, byteFallbackTokens: 15 });
    expect(await readAll(list.folder)).toEqual(vectors);
    expect(await filesOf(list.folder)).toEqual(['00000.arrow', '00001.arrow', '00002.arrow', 'manifest.json']);
  });

  it('is complete when it is opened again, and has the same counts', async () => {
    const first = await openStoredList(cache, large);
    await fill(first, large);
    const second = await openStoredList(cache, large);
    expect(second).toMatchObject({ missing: [], warnings: [] });
    expect(second.counts()).toEqual(first.counts());
  });

  it('goes on where it was stopped, with the same counts and bytes as without a stop', async () => {
    const stopped = await openStoredList(cache, large);
    const vectors = randomVectors(large.rows * large.dims);
    await write(stopped, large, vectors, 1);
    const resumed = await openStoredList(cache, large);
    expect(resumed.missing).toEqual([0, 2]);
    await fill(resumed, large);
    const straight = await openStoredList(join(cache, 'other'), large);
    await fill(straight, large);
    expect(resumed.counts()).toEqual(straight.counts());
    for (const name of await filesOf(straight.folder))
      expect(await readFile(join(resumed.folder, name))).toEqual(await readFile(join(straight.folder, name)));
  });

  it('has no count where a shard has none', async () => {
    const list = await openStoredList(cache, small);
    await list.write(0, randomVectors(21), { tokens: null, truncated: 0, unknownTokens: null, byteFallbackTokens: 2 });
    expect((await openStoredList(cache, small)).counts()).toEqual({
      tokens: null,
      truncated: 0,
      unknownTokens: null,
      byteFallbackTokens: 2,
    });
  });

  it('has no count of bytes where it was written before they were counted', () => {
    const spec = { ...small, rows: 7 };
    const { byteFallbackTokens: _, ...older } = shardHeader(spec, 0, 'ab', counts(1));
    expect(headerOf(headerMetadata(older as ShardHeader))).toEqual({ ...older, byteFallbackTokens: null });
  });

  it('has shards of 4,096 rows, and of 65,536 from a million on', () => {
    expect([1, 999_999, 1_000_000, 7_000_000].map(shardRowsFor)).toEqual([4096, 4096, 65_536, 65_536]);
  });

  it('without rows can be read', async () => {
    const none = { ...small, rows: 0 };
    const list = await openStoredList(cache, none);
    expect(list).toMatchObject({ shards: 0, missing: [] });
    const source = await openStoredVectors(list.folder);
    expect([source.rows, source.dims]).toEqual([0, 3]);
    await source.close();
  });

  it('is a folder of plain Arrow files that apache-arrow reads', async () => {
    for (const type of ['float32', 'float16'] as const) {
      const spec = { ...small, type, modelKey: type };
      const list = await openStoredList(cache, spec);
      await list.write(
        0,
        Float32Array.from({ length: 21 }, (_, i) => i / 8),
        counts(0),
      );
      const table = arrow.tableFromIPC(await readFile(join(list.folder, '00000.arrow')));
      const name = type === 'float32' ? 'Float32' : 'Float16';
      expect(table.schema.fields.map((field) => `${field.name} ${field.type}`)).toEqual([
        `embedding FixedSizeList[3]<${name}>`,
      ]);
      expect(table.numRows).toBe(7);
      const row = table.getChild('embedding')?.get(6) as Iterable<number>;
      expect([...row]).toEqual([18 / 8, 19 / 8, 20 / 8]);
    }
  });

  it('has a manifest that follows its schema and names every shard', async () => {
    const list = await openStoredList(cache, large);
    const vectors = randomVectors(large.rows * large.dims);
    await write(list, large, vectors, 2);
    const read = async () =>
      JSON.parse(await readFile(join(list.folder, 'manifest.json'), 'utf8')) as Record<string, unknown>;
    expect(await read()).toMatchObject({ complete: false, shards: [{ file: '00002.arrow', rows: 8 }] });
    await fill(list, large);
    const manifest = await read();
    expect(checkSchema('vector-list', manifest, 'manifest.json', 'manifest')).toEqual([]);
    expect(manifest).toMatchObject({ ...large, complete: true, shardRows: 4096 });
    expect((manifest.shards as unknown[]).length).toBe(3);
  });

  it.each(['float32', 'float16'] as const)('has the same bytes in %s when a shard comes in parts', async (type) => {
    const spec = { ...large, type };
    const vectors = randomVectors(4096 * 4);
    const [whole, parted] = [
      await openStoredList(join(cache, 'whole'), spec),
      await openStoredList(join(cache, 'parted'), spec),
    ];
    const zero = { tokens: 0, truncated: 0, unknownTokens: 0, byteFallbackTokens: 0 };
    await whole.write(1, vectors, { ...zero, tokens: 9, truncated: null });
    await parted.writeParts(
      1,
      partsOf([
        { rows: vectors.subarray(0, 4 * 4000), ...zero, tokens: 7, truncated: null },
        { rows: vectors.subarray(4 * 4000, 4 * 4001), ...zero, tokens: 2 },
        { rows: vectors.subarray(4 * 4001), ...zero },
      ]),
    );
    for (const name of ['00001.arrow', 'manifest.json'])
      expect(await readFile(join(parted.folder, name))).toEqual(await readFile(join(whole.folder, name)));
    expect(await readdir(parted.folder)).toEqual(await readdir(whole.folder));
    expect(parted.missing).toEqual([0, 2]);
  });

  it('has nothing of a shard whose parts end early, fail or do not fit', async () => {
    const list = await openStoredList(cache, large);
    const part = (rows: number) => ({ rows: new Float32Array(4 * rows), ...counts(0) });
    async function* failing() {
      yield part(5);
      throw new Error('the model failed');
    }
    await expect(list.writeParts(0, failing())).rejects.toThrow('the model failed');
    await expect(list.writeParts(0, partsOf([part(4000)]))).rejects.toThrow(RangeError);
    await expect(list.writeParts(0, partsOf([part(4000), part(97)]))).rejects.toThrow(RangeError);
    const bad = part(1);
    bad.rows[2] = NaN;
    await expect(list.writeParts(0, partsOf([part(4000), bad]))).rejects.toThrow(/row 4000: the vector holds NaN/);
    expect(await filesOf(list.folder)).toEqual([]);
    expect(list.missing).toEqual([0, 1, 2]);
  });

  it('refuses what is no number, naming the row of the list', async () => {
    const list = await openStoredList(cache, large);
    const rows = new Float32Array(32);
    rows[4 * 5 + 1] = NaN;
    await expect(list.write(2, rows, counts(0))).rejects.toThrow(/row 8197: the vector holds NaN/);
    rows[4 * 5 + 1] = -Infinity;
    await expect(list.write(2, rows, counts(0))).rejects.toBeInstanceOf(UserError);
    expect((await openStoredList(cache, large)).missing).toEqual([0, 1, 2]);
  });

  it('refuses rows and keys that do not fit', async () => {
    const list = await openStoredList(cache, small);
    await expect(list.write(0, new Float32Array(20), counts(0))).rejects.toThrow(RangeError);
    await expect(list.write(1, new Float32Array(21), counts(0))).rejects.toThrow(RangeError);
    for (const key of ['', '..', 'a/b', '../x'])
      await expect(openStoredList(cache, { ...small, listKey: key })).rejects.toThrow(RangeError);
  });

  it('keeps half precision rounded to the nearest, and refuses what it cannot hold', async () => {
    const spec = { ...small, type: 'float16' as const };
    const list = await openStoredList(cache, spec);
    const rows = Float32Array.from({ length: 21 }, (_, i) => [1 / 3, 1 + 2 ** -11, 65504, -(2 ** -25), 1e-7][i % 5]);
    await list.write(0, rows, counts(0));
    const expected = [0.333251953125, 1, 65504, -0, 2 * 2 ** -24];
    expect([...(await readAll(list.folder))]).toEqual(Array.from({ length: 21 }, (_, i) => expected[i % 5]));
    rows[3] = 65505;
    await expect(list.write(0, rows, counts(0))).rejects.toThrow(
      /row 1: the vector holds 65505, more than half precision/,
    );
  });
});

describe('a broken shard', () => {
  async function stored(spec = large): Promise<{ folder: string; vectors: Float32Array }> {
    const list = await openStoredList(cache, spec);
    return { vectors: await fill(list, spec), folder: list.folder };
  }

  it.each<[string, (path: string, bytes: Buffer) => Promise<unknown>]>([
    ['cut short', (path, bytes) => writeFile(path, bytes.subarray(0, bytes.length - 5))],
    ['empty', (path) => writeFile(path, '')],
    ['of zeros', (path, bytes) => writeFile(path, Buffer.alloc(bytes.length))],
    ['with something appended', (path, bytes) => writeFile(path, Buffer.concat([bytes, Buffer.from('x')]))],
    ['that is another shard', (path) => copyFile(path.replace('00001', '00000'), path)],
    ['that is a folder', (path) => unlink(path).then(() => mkdir(path))],
    ['with one bit changed', (path, bytes) => writeFile(path, flipped(bytes, 8 * 5000 + 3))],
  ])('%s is set aside with a warning and made again', async (_, harm) => {
    const { folder, vectors } = await stored();
    const path = join(folder, '00001.arrow');
    await harm(path, await readFile(path));
    const list = await openStoredList(cache, large);
    expect(list.missing).toEqual([1]);
    expect(list.warnings).toHaveLength(1);
    expect(list.warnings[0]).toMatch(
      /00001\.arrow is not a shard of this list: .*set aside as .*00001\.arrow\.corrupt-1/,
    );
    expect(await filesOf(folder)).toContain('00001.arrow.corrupt-1');
    expect(list.counts()).toEqual({ tokens: 202, truncated: 2, unknownTokens: 14, byteFallbackTokens: 10 });
    await expect(openStoredVectors(folder)).rejects.toThrow(/00001\.arrow: these vectors are not stored/);
    await fill(list, large);
    expect(await readAll(folder)).toEqual(vectors);
    expect((await openStoredList(cache, large)).warnings).toEqual([]);
  });

  it('gets a number of its own each time', async () => {
    const { folder } = await stored(small);
    for (let n = 1; n <= 3; n++) {
      await writeFile(join(folder, '00000.arrow'), `broken ${n}`);
      const list = await openStoredList(cache, small);
      expect(list.warnings[0]).toContain(`.corrupt-${n}`);
      await fill(list, small);
    }
    expect(await readFile(join(folder, '00000.arrow.corrupt-2'), 'utf8')).toBe('broken 2');
  });

  it.each<[string, Partial<ListSpec>]>([
    ['dims', { dims: 4 }],
    ['type', { type: 'float16' }],
    ['modelKey', { modelKey: 'model2' }],
    ['listKey', { listKey: 'list2' }],
    ['listRows', { rows: 6 }],
  ])('is one of a list with another %s', async (field, other) => {
    const { folder } = await stored(small);
    const spec = { ...small, ...other };
    const target = join(cache, 'vectors', spec.modelKey, spec.listKey);
    if (target !== folder) {
      await mkdir(target, { recursive: true });
      await copyFile(join(folder, '00000.arrow'), join(target, '00000.arrow'));
    }
    const list = await openStoredList(cache, spec);
    expect(list.missing).toEqual([0]);
    expect(list.warnings[0]).toMatch(
      field === 'listRows' ? /"rows" is 7, expected 6|"listRows"/ : new RegExp(`"${field}" is`),
    );
  });

  it(
    'is found whatever bit of it is changed, or its values and counts are as they were',
    { timeout: 300_000 },
    async () => {
      const { folder, vectors } = await stored(small);
      const path = join(folder, '00000.arrow');
      const bytes = await readFile(path);
      let harmless = 0;
      let tried = 0;
      for (let bit = 0; bit < bytes.length * 8; bit += BIT_STEP) {
        tried++;
        await writeFile(path, flipped(bytes, bit));
        const list = await openStoredList(cache, small);
        if (list.missing.length === 0) {
          harmless++;
          expect(await readAll(folder)).toEqual(vectors);
          expect(list.counts()).toEqual(counts(0));
        } else {
          expect(list.warnings).toHaveLength(1);
          await unlink(`${path}.corrupt-1`);
        }
      }
      // Padding, and fields of the container that nobody needs.
      expect(harmless).toBeLessThan(tried * 0.5);
    },
  );

  it('of random bytes is answered with an error, whatever they are', async () => {
    const { folder } = await stored(small);
    const path = join(folder, '00000.arrow');
    const bytes = await readFile(path);
    const next = mulberry32(11);
    for (let round = 0; round < 400; round++) {
      const harmed = Buffer.from(bytes);
      for (let i = 0; i < 1 + (round % 12); i++) {
        const at = Math.floor(next() * harmed.length);
        const value = [0, 255, 127, 128, Math.floor(next() * 256)][Math.floor(next() * 5)];
        harmed.fill(value, at, Math.min(harmed.length, at + 1 + Math.floor(next() * 8)));
      }
      await writeFile(path, harmed.subarray(0, round % 5 === 0 ? Math.floor(next() * harmed.length) : harmed.length));
      const failed = await readAll(folder).catch((thrown: unknown) => thrown);
      if (failed instanceof Float32Array) expect(failed).toHaveLength(21);
      else expect(failed).toBeInstanceOf(UserError);
      expect((await openStoredList(cache, small)).missing.length).toBeLessThanOrEqual(1);
      await rm(`${path}.corrupt-1`, { force: true });
    }
  });
});

function flipped(bytes: Buffer, bit: number): Buffer {
  const harmed = Buffer.from(bytes);
  harmed[bit >> 3] ^= 1 << (bit & 7);
  return harmed;
}

describe('a manifest', () => {
  it.each([
    ['gone', null],
    ['cut short', '{"schema": "jmt'],
    ['of something else', '[1, 2]'],
    [
      'of another list',
      JSON.stringify({
        schema: 'jmteb/vector-list/1',
        modelKey: 'x',
        listKey: 'y',
        rows: 1,
        dims: 1,
        type: 'float16',
        shardRows: 4096,
        complete: true,
        shards: [],
      }),
    ],
  ])('that is %s is made again from the shards', async (_, text) => {
    const list = await openStoredList(cache, large);
    await fill(list, large);
    const path = join(list.folder, 'manifest.json');
    const good = await readFile(path, 'utf8');
    if (text === null) await unlink(path);
    else await writeFile(path, text);
    const again = await openStoredList(cache, large);
    expect(again.missing).toEqual([]);
    expect(again.counts()).toEqual(list.counts());
    expect(await readFile(path, 'utf8')).toBe(good);
  });
});

describe('a disk that fails', () => {
  const fault = (code: string) => Object.assign(new Error(`${code}: made up`), { code });

  /** The real disk, but writing fails after `bytes` bytes. */
  function fullDisk(bytes: number, code: string): FileOperations {
    let room = bytes;
    return {
      mkdir: async (path) => void (await mkdir(path, { recursive: true })),
      create: async (path) => {
        const file = await open(path, 'wx');
        return {
          writeFile: async (piece) => {
            await file.writeFile(piece.subarray(0, room));
            if (piece.length > room) throw fault(code);
            room -= piece.length;
          },
          sync: () => file.sync(),
          close: () => file.close(),
        };
      },
      rename,
      unlink,
      syncFolder: async () => undefined,
    };
  }

  it.each(['ENOSPC', 'EDQUOT', 'EIO'])(
    'with %s at any byte leaves no half of a shard, and says what to do',
    async (code) => {
      const size = 21 * 4 + 2000;
      for (let bytes = 0; bytes < size; bytes += 61) {
        const list = await openStoredList(cache, small, fullDisk(bytes, code));
        const vectors = randomVectors(21);
        const failed = await list.write(0, vectors, counts(0)).catch((thrown: unknown) => thrown);
        const later = await openStoredList(cache, small);
        if (failed !== undefined) {
          expect(failed).toBeInstanceOf(MachineError);
          expect((failed as Error).message).toMatch(
            /list1\/(00000\.arrow|manifest\.json): could not be written[^]*Fix: /,
          );
        }
        expect(later.warnings).toEqual([]);
        if (later.missing.length === 0) expect(await readAll(list.folder)).toEqual(vectors);
        expect((await filesOf(list.folder)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
        await rm(list.folder, { recursive: true });
      }
    },
  );

  it('with ENOSPC at any byte of a shard that comes in parts leaves nothing of it', async () => {
    const vectors = randomVectors(21);
    const parts = (): AsyncGenerator<ShardPart> =>
      partsOf([0, 2, 5].map((row, i) => ({ rows: vectors.subarray(3 * row, 3 * [2, 5, 7][i]), ...counts(i) })));
    let stored = 0;
    for (let bytes = 0; bytes < 2 * 21 * 4 + 3000; bytes += 61) {
      const list = await openStoredList(cache, small, fullDisk(bytes, 'ENOSPC'));
      const failed = await list.writeParts(0, parts()).catch((thrown: unknown) => thrown);
      if (failed !== undefined) {
        expect(failed).toBeInstanceOf(MachineError);
        expect((failed as Error).message).toMatch(
          /list1\/(00000\.arrow|manifest\.json): could not be written: no room/,
        );
      } else stored += 1;
      const later = await openStoredList(cache, small);
      expect(later.warnings).toEqual([]);
      if (later.missing.length === 0) expect(await readAll(list.folder)).toEqual(vectors);
      expect((await filesOf(list.folder)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
      await rm(list.folder, { recursive: true });
    }
    expect(stored).toBeGreaterThan(0);
  });

  it('for lack of permission names the path', async () => {
    const list = await openStoredList(cache, small, fullDisk(0, 'EACCES'));
    const failed = list.write(0, randomVectors(21), counts(0));
    await expect(failed).rejects.toBeInstanceOf(MachineError);
    await expect(failed).rejects.toThrow(/00000\.arrow: could not be written: no permission[^]*--cache-dir/);
  });

  it('because a file stands where a folder should be names the path', async () => {
    await writeFile(join(cache, 'vectors'), '');
    const failed = openStoredList(cache, small).then((list) => list.write(0, randomVectors(21), counts(0)));
    await expect(failed).rejects.toBeInstanceOf(MachineError);
    await expect(failed).rejects.toThrow(/vectors/);
  });

  it('that is read-only can be read from', async () => {
    const list = await openStoredList(cache, small);
    const vectors = await fill(list, small);
    await unlink(join(list.folder, 'manifest.json'));
    const readOnly: FileOperations = { ...fullDisk(0, 'EROFS'), mkdir: async () => Promise.reject(fault('EROFS')) };
    const again = await openStoredList(cache, small, readOnly);
    expect(again).toMatchObject({ missing: [], warnings: [] });
    expect(await readAll(again.folder)).toEqual(vectors);
  });

  it('leaves what dead processes left behind to be cleared', async () => {
    const list = await openStoredList(cache, small);
    await fill(list, small);
    const left = join(list.folder, '.00000.arrow.99999999-0123456789ab.tmp');
    await writeFile(left, 'half');
    await openStoredList(cache, small);
    await expect(stat(left)).rejects.toThrow(/ENOENT/);
  });
});

describe('the store', () => {
  it('lists what it holds', async () => {
    expect(await listStore(cache)).toEqual([]);
    await fill(await openStoredList(cache, small), small);
    const partial = await openStoredList(cache, { ...large, listKey: 'list0', type: 'float16' });
    await write(partial, large, randomVectors(large.rows * large.dims), 0);
    await mkdir(join(cache, 'vectors', 'model2', 'junk'), { recursive: true });
    const entries = await listStore(cache);
    expect(entries).toMatchObject([
      { modelKey: 'model1', listKey: 'list0', rows: 8200, dims: 4, type: 'float16', complete: false },
      { modelKey: 'model1', listKey: 'list1', rows: 7, dims: 3, type: 'float32', complete: true },
      { modelKey: 'model2', listKey: 'junk', rows: null, complete: false, bytes: 0 },
    ]);
    expect(entries[0].bytes).toBeGreaterThan(4096 * 4 * 2);
    expect(Math.abs(Date.parse(entries[1].modified) - Date.now())).toBeLessThan(60_000);
  });
});
