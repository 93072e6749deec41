import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { listKey, openStoredList } from '../dist/vectors/store.js';
import { openStoredVectors } from '../dist/vectors/stored-vectors.js';
import { pseudoRandom } from './pseudo-random.js';
import { seconds } from './timing.js';

const ROWS = 200_000;
const DIMS = 384;

/** Writing a list of vectors, opening it (every shard is verified) and reading it, in order and scattered. */
export async function* storeBenchmarks() {
  const cache = mkdtempSync(join(tmpdir(), 'jmteb-bench-'));
  try {
    const values = pseudoRandom(ROWS * DIMS, 3);
    const spec = { modelKey: '0'.repeat(64), listKey: listKey(['bench']), rows: ROWS, dims: DIMS, type: 'float32' };
    const counts = { tokens: 1, truncated: 0, unknownTokens: 0, byteFallbackTokens: 0 };
    const list = await openStoredList(cache, spec);
    const bytes = values.byteLength;
    const figure = (name, taken, size) => ({
      name: `${name}, ${ROWS} x ${DIMS} float32`,
      seconds: taken,
      rate: `${(size / taken / 1e9).toFixed(2)} GB/s`,
      peers: [],
    });
    const write = await seconds(async () => {
      for (const shard of [...list.missing]) {
        const { start, end } = list.rangeOf(shard);
        await list.write(shard, values.subarray(start * DIMS, end * DIMS), counts);
      }
    });
    yield figure('store: write', write, bytes);
    yield figure('store: open and verify', await seconds(() => openStoredList(cache, spec)), bytes);
    const source = await openStoredVectors(list.folder);
    const read = await seconds(async () => {
      for await (const block of source.blocks(32_768)) if (block.rows === 0) throw new Error('an empty block');
    });
    yield figure('store: read in blocks', read, bytes);
    const scattered = Int32Array.from({ length: 50_000 }, (_, i) => (i * 7919) % ROWS);
    yield figure('store: gather 50,000 rows', await seconds(() => source.gather(scattered)), 50_000 * DIMS * 4);
    await source.close();
  } finally {
    rmSync(cache, { recursive: true, force: true });
  }
}
