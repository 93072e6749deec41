import { spawn } from 'node:child_process';
import { createHash, randomFillSync } from 'node:crypto';
import { createReadStream, createWriteStream, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { peakMemory } from './peak-memory.js';
import { seconds } from './timing.js';

const BYTES = Number(process.env.JMTEB_BENCH_BYTES ?? 1e9);
const BLOCK = 2 ** 20;
const COMMIT = '0123456789abcdef0123456789abcdef01234567';
const COMMAND = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
const SERVER = fileURLToPath(new URL('./hub-server.js', import.meta.url));
/** What anybody would write: no check, no resume. */
const PLAIN_FETCH = `
  import { createWriteStream } from 'node:fs';
  import { pipeline } from 'node:stream/promises';
  const [address, path] = process.argv.slice(1);
  await pipeline((await fetch(address)).body, createWriteStream(path, { flush: true }));`;

/**
 * `jmteb fetch` of one large file from a Hub on this machine: beside a plain copy on the disk, beside fetch into a file, and
 * once more with half of it there already. Peak memory is that of the fetching process.
 *
 * JMTEB_BENCH_BYTES: the size in place of 1 GB. JMTEB_BENCH_FOLDER: where; room for four times the size is needed.
 */
export async function* hubBenchmarks() {
  const folder = mkdtempSync(join(process.env.JMTEB_BENCH_FOLDER ?? tmpdir(), 'jmteb-bench-'));
  const source = join(folder, 'source');
  const sha256 = await writeSource(source);
  const server = spawn(process.execPath, [SERVER, source, sha256], { stdio: ['pipe', 'pipe', 'inherit'] });
  try {
    const endpoint = String((await once(server.stdout, 'data'))[0]).trim();
    const copied = await seconds(() => copy(source, join(folder, 'copy'), BYTES));
    yield figure('hub: copy a file', copied, BYTES);
    rmSync(join(folder, 'copy'));
    const address = `${endpoint}/datasets/bench/rows/resolve/${COMMIT}/rows.parquet`;
    const plain = await timed(['--input-type=module', '-e', PLAIN_FETCH, address, join(folder, 'plain')]);
    yield figure('hub: fetch into a file, unchecked', plain.taken, BYTES, [plain.told]);
    rmSync(join(folder, 'plain'));
    const whole = await jmtebFetch(folder, endpoint, 'whole');
    const shares = [`${percent(copied / whole.taken)} of the copy`, `${percent(plain.taken / whole.taken)} of fetch`];
    yield figure('hub: jmteb fetch, checked', whole.taken, BYTES, [...shares, whole.told]);
    rmSync(join(folder, 'whole'), { recursive: true });
    const blobs = join(folder, 'half', 'hub', 'datasets--bench--rows', 'blobs');
    mkdirSync(blobs, { recursive: true });
    await copy(source, join(blobs, `${sha256}.jmteb-00000000.incomplete`), Math.floor(BYTES / 2));
    const half = await jmtebFetch(folder, endpoint, 'half');
    yield figure('hub: jmteb fetch, half of it there already', half.taken, BYTES, [half.told]);
  } finally {
    server.stdin.end();
    await once(server, 'close');
    rmSync(folder, { recursive: true, force: true });
  }
}

function figure(name, taken, bytes, more = []) {
  const rate = [`${Math.round(bytes / taken / 1e6)} MB/s`, ...more].join(', ');
  return { name: `${name} (${bytes / 1e6} MB)`, seconds: taken, rate, peers: [] };
}

function percent(share) {
  return `${Math.round(100 * share)} %`;
}

/** Bytes that no disk makes smaller. */
async function writeSource(path) {
  const hash = createHash('sha256');
  const block = randomFillSync(Buffer.alloc(BLOCK));
  const out = createWriteStream(path);
  for (let at = 0; at < BYTES; at += BLOCK) {
    block.writeDoubleLE(at, 0);
    const bytes = Buffer.from(block.subarray(0, Math.min(BLOCK, BYTES - at)));
    hash.update(bytes);
    if (!out.write(bytes)) await once(out, 'drain');
  }
  out.end();
  await once(out, 'close');
  return hash.digest('hex');
}

/** Byte by byte: a copy that the file system only notes would be no measure. */
async function copy(from, to, bytes) {
  await pipeline(createReadStream(from, { end: bytes - 1, highWaterMark: BLOCK }), createWriteStream(to));
  const file = await open(to, 'r+');
  await file.sync();
  await file.close();
}

async function jmtebFetch(folder, endpoint, home) {
  const files = { validation: 'rows.parquet', test: 'rows.parquet' };
  const task = {
    id: 'bench',
    version: 1,
    family: 'STS',
    title: 'Bench',
    language: 'ja',
    source: { repo: 'bench/rows', revision: COMMIT, files },
    splits: { validation: 'validation', test: 'test' },
    columns: { sentence1: 'a', sentence2: 'b', score: 'score' },
    mainMetric: 'spearman',
    license: 'none',
    citation: 'none',
  };
  const path = join(folder, 'task.json');
  writeFileSync(path, JSON.stringify(task));
  const HF_HOME = join(folder, home);
  const env = { ...process.env, HF_HOME, HF_ENDPOINT: endpoint };
  for (const name of ['HF_HUB_CACHE', 'HUGGINGFACE_HUB_CACHE', 'HF_HUB_OFFLINE', 'TRANSFORMERS_OFFLINE', 'HF_TOKEN'])
    delete env[name];
  return timed([COMMAND, 'fetch', '-t', path, '--quiet', '--cache-dir', join(HF_HOME, 'cache')], env);
}

/** Runs Node; its time and, where the system tells, its peak memory. */
async function timed(args, env = process.env) {
  let peak;
  const taken = await seconds(async () => {
    peak = await peakMemory(spawn(process.execPath, args, { env, stdio: ['ignore', 'ignore', 'inherit'] }));
  });
  return { taken, told: peak === undefined ? 'peak unknown' : `peak ${Math.round(peak / 2 ** 20)} MiB` };
}
