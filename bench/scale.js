import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { listKey, openStoredList } from '../dist/vectors/store.js';
import { seconds } from './timing.js';

const QUERIES = 720;
const DIMS = 384;
const K = 10;
const MAX_MEMORY = 2 * 2 ** 30;
const ROWS = Number(process.env.JMTEB_BENCH_ROWS ?? 7_000_027);
const COUNTS = { tokens: 1, truncated: 0, unknownTokens: 0, byteFallbackTokens: 0 };

/**
 * The largest corpus of the full benchmark, as half-precision vectors on disk: written by the store, then searched by a
 * process of its own within the default `--max-memory`.
 *
 * JMTEB_BENCH_ROWS: documents in place of 7,000,027 (which take 5.4 GB of the temporary folder, deleted at the end).
 */
export async function* scaleBenchmarks({ threads, gemm }) {
  const cache = mkdtempSync(join(process.env.JMTEB_BENCH_FOLDER ?? tmpdir(), 'jmteb-bench-'));
  try {
    const queries = await writeRandom(cache, QUERIES, 'float32', 1);
    let documents;
    const written = await seconds(async () => (documents = await writeRandom(cache, ROWS, 'float16', 2)));
    yield {
      name: `scale: make and write ${ROWS} x ${DIMS} float16`,
      seconds: written,
      rate: `${((2 * ROWS * DIMS) / written / 1e9).toFixed(2)} GB/s`,
      peers: [],
    };
    const found = await searchInChild({ documents, queries, k: K, threads, maxMemory: MAX_MEMORY });
    const rate = (2 * ROWS * QUERIES * DIMS) / found.seconds / 1e9;
    const mebibytes = (bytes) => `${Math.round(bytes / 2 ** 20)} MiB`;
    const anonymous = found.anonymous === null ? '' : `, ${mebibytes(found.anonymous)} of it anonymous`;
    yield {
      name: `scale: search them with ${QUERIES} queries, top ${K}, all three similarities, --max-memory ${mebibytes(MAX_MEMORY)}`,
      seconds: found.seconds,
      rate: `peak ${mebibytes(found.peak)}${anonymous}`,
      share: rate / gemm,
      peers: [],
    };
    if (found.peak > MAX_MEMORY) throw new Error(`the search took ${mebibytes(found.peak)}`);
  } finally {
    rmSync(cache, { recursive: true, force: true });
  }
}

/** A list of random vectors of length 1 in a store; returns its folder. */
async function writeRandom(cache, rows, type, seed) {
  const spec = { modelKey: 'scale', listKey: listKey([type, String(rows)]), rows, dims: DIMS, type };
  const list = await openStoredList(cache, spec);
  let state = seed;
  for (const shard of [...list.missing]) {
    const { start, end } = list.rangeOf(shard);
    const values = new Float32Array((end - start) * DIMS);
    for (let at = 0; at < values.length; at += DIMS) {
      let sum = 0;
      for (let i = at; i < at + DIMS; i++) {
        state = (Math.imul(state, 1664525) + 1013904223) | 0;
        values[i] = state;
        sum += values[i] * values[i];
      }
      const scale = 1 / Math.sqrt(sum);
      for (let i = at; i < at + DIMS; i++) values[i] *= scale;
    }
    await list.write(shard, values, COUNTS);
  }
  return list.folder;
}

function searchInChild(request) {
  const child = fork(fileURLToPath(new URL('./scale-search.js', import.meta.url)));
  child.send(request);
  return new Promise((settle, refuse) => {
    child.on('message', settle);
    child.on('error', refuse);
    child.on('exit', (code, signal) => refuse(new Error(`the search ended with ${code ?? signal}`)));
  });
}
