import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { FileFault } from '../../src/datasets/file-fault.js';
import { openParquet } from '../../src/datasets/parquet-file.js';
import { RandomFile } from '../../src/datasets/random-file.js';
import { describeFull, describeShared, sharedPath } from '../shared.js';
import { mulberry32 } from '../pseudo-random.js';

/** One to four small damages: bits flipped, bytes set, a piece cut out, doubled or zeroed, the end cut off. */
function damaged(sound: Buffer, random: () => number): Buffer {
  let bytes: Buffer = Buffer.from(sound);
  const at = (): number => {
    // Half of the damages hit the footer, where the counts and places are.
    const footer = sound.readUInt32LE(sound.length - 8) + 8;
    const from = random() < 0.5 ? 0 : Math.max(0, bytes.length - footer);
    return from + Math.floor(random() * (bytes.length - from));
  };
  for (let n = 1 + Math.floor(random() * 4); n > 0 && bytes.length > 1; n--) {
    const start = at();
    const end = Math.min(bytes.length, start + 1 + Math.floor(random() * 16));
    const kind = random();
    if (kind < 0.5) bytes[start] ^= 1 << Math.floor(random() * 8);
    else if (kind < 0.75) bytes[start] = [0, 1, 0x7f, 0x80, 0xff][Math.floor(random() * 5)];
    else if (kind < 0.83) bytes = Buffer.concat([bytes.subarray(0, start), bytes.subarray(end)]);
    else if (kind < 0.91) bytes = Buffer.concat([bytes.subarray(0, end), bytes.subarray(start)]);
    else if (kind < 0.97) bytes.fill(0, start, end);
    else bytes = bytes.subarray(0, start);
  }
  return bytes;
}

const scratch = mkdtempSync(join(tmpdir(), 'jmteb-fuzz-'));
afterAll(() => rmSync(scratch, { recursive: true }));

/** Rows that could be read column by column, or the fault. Anything but a FileFault is thrown. */
async function outcome(path: string): Promise<number | FileFault> {
  const file = await RandomFile.open(path, path);
  try {
    const parquet = await openParquet(file);
    for (const column of parquet.columns) {
      if (column.leaf === undefined || column.kind === 'nulls' || column.kind === 'other') continue;
      let rows = 0;
      for await (const cells of parquet.read(column)) rows += cells.length;
      if (rows !== parquet.rows) throw new Error(`${rows} rows instead of ${parquet.rows}`);
    }
    return parquet.rows;
  } catch (thrown) {
    if (thrown instanceof FileFault) return thrown;
    throw thrown;
  } finally {
    await file.close();
  }
}

/** A damaged file of some kilobytes is read or refused within this time, whatever else the machine does. */
const LIMIT_MS = 8000;

async function fuzz(fixture: string, rounds: number, seed: number): Promise<{ read: number; refused: number }> {
  const sound = readFileSync(fixture);
  const random = mulberry32(seed);
  const counts = { read: 0, refused: 0 };
  for (let round = 0; round < rounds; round++) {
    const path = join(scratch, `${basename(fixture)}.${round}`);
    writeFileSync(path, damaged(sound, random));
    const start = performance.now();
    const result = await outcome(path);
    expect(performance.now() - start, `round ${round} of ${fixture}`).toBeLessThan(LIMIT_MS);
    if (result instanceof FileFault) counts.refused++;
    else counts.read++;
    rmSync(path);
  }
  return counts;
}

const FIXTURES = [
  'codec-none',
  'codec-snappy',
  'codec-gzip',
  'codec-zstd',
  'codec-brotli',
  'codec-lz4',
  'delta',
  'dictionary-fallback',
  'many-pages',
  'page-v2',
  'page-v2-zstd-groups',
  'page-index-checksum',
  'nulls',
  'number-types',
  'empty-row-group',
];

describeShared('damaged Parquet files', () => {
  it.each(FIXTURES)('%s is read with its rows or refused, in bounded time', async (name) => {
    const counts = await fuzz(sharedPath('data', 'parquet', 'variants', `${name}.parquet`), 60, 7);
    // Both have to occur, or the damages test nothing.
    expect(counts.refused).toBeGreaterThan(5);
    expect(counts.read).toBeGreaterThan(0);
  });

  it('every beginning of a file is refused', async () => {
    const sound = readFileSync(sharedPath('data', 'parquet', 'variants', 'one-row.parquet'));
    for (let length = 0; length < sound.length; length += 1 + (length >> 6)) {
      const path = join(scratch, 'cut.parquet');
      writeFileSync(path, sound.subarray(0, length));
      expect(await outcome(path), `${length} bytes`).toBeInstanceOf(FileFault);
    }
  });
});

describeFull('damaged Parquet files, many more', () => {
  it.each(FIXTURES)(
    '%s is read with its rows or refused, in bounded time',
    async (name) => {
      await fuzz(sharedPath('data', 'parquet', 'variants', `${name}.parquet`), 3000, 11);
    },
    600_000,
  );
});
