import { clearInterval, setInterval } from 'node:timers';
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeParquet } from './parquet.js';

const SIZES = (process.env.JMTEB_BENCH_ROWS ?? '100000,1000027').split(',').map(Number);
const QUERIES = 720;
/** Characters of one text. */
const LENGTH = 40;
const LOOK_EVERY_MS = 50;
const COMMAND = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));

/**
 * Retrieval from end to end: `jmteb run` with the baseline on corpora of growing size in Parquet, with the peak memory of
 * its processes. It should not grow with the corpus. Vectors are stored in half precision, as they are anyway from a
 * million documents on: their norms differ in the last bits, so that search ranks by each similarity for itself.
 *
 * JMTEB_BENCH_ROWS: sizes in place of 100000,1000027. Linux only: memory of other processes is read from /proc.
 */
export async function* corpusBenchmarks() {
  for (const rows of SIZES) {
    const folder = mkdtempSync(join(process.env.JMTEB_BENCH_FOLDER ?? tmpdir(), 'jmteb-bench-'));
    try {
      await writeTask(folder, rows);
      const started = performance.now();
      const peaks = await runWatched(folder);
      const taken = (performance.now() - started) / 1000;
      const shown = [...peaks].map(([name, bytes]) => `${name} ${Math.round(bytes / 2 ** 20)} MiB`);
      yield {
        name: `corpus: run the baseline on ${rows} documents`,
        seconds: taken,
        rate: `${Math.round(rows / taken)} documents/s, peak ${shown.join(', ')}`,
        peers: [],
      };
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
}

async function writeTask(folder, rows) {
  await writeParquet(join(folder, 'corpus.parquet'), { docid: (row) => `d${row}`, text: textOf }, rows);
  for (const [split, first] of [
    ['test', 0],
    ['validation', QUERIES],
  ]) {
    const lines = Array.from({ length: QUERIES }, (_, q) => {
      const row = ((first + q) * 131) % rows;
      return JSON.stringify({ query: textOf(row).slice(0, LENGTH / 2), relevant_docs: [`d${row}`] });
    });
    writeFileSync(join(folder, `${split}.jsonl`), `${lines.join('\n')}\n`);
  }
  const task = {
    id: 'large-corpus',
    version: 1,
    family: 'Retrieval',
    title: 'Large corpus',
    language: 'ja',
    source: {
      files: {
        corpus: { path: 'corpus.parquet' },
        test: { path: 'test.jsonl' },
        validation: { path: 'validation.jsonl' },
      },
    },
    splits: { validation: 'validation', test: 'test', corpus: 'corpus' },
    columns: { query: 'query', relevant: 'relevant_docs', documentId: 'docid', text: 'text' },
    mainMetric: 'ndcg@10',
  };
  writeFileSync(join(folder, 'task.json'), JSON.stringify(task));
}

function textOf(i) {
  let state = i + 1;
  let text = '';
  for (let j = 0; j < LENGTH; j++) {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + j) | 0;
    text += String.fromCharCode(0x4e00 + ((state >>> 8) % 2000));
  }
  return text;
}

/** Runs the command; returns the peak of each of its processes by what it does. */
async function runWatched(folder) {
  const args = [
    'run',
    '-m',
    'baseline:char-ngram',
    '-t',
    join(folder, 'task.json'),
    '--store-dtype',
    'fp16',
    '--quiet',
  ];
  args.push('--cache-dir', join(folder, 'cache'), '-o', join(folder, 'results'));
  const child = spawn(process.execPath, [COMMAND, ...args], { stdio: ['ignore', 'ignore', 'inherit'] });
  const peaks = new Map();
  const timer = setInterval(() => look(child.pid, peaks), LOOK_EVERY_MS);
  const [code] = await once(child, 'close');
  clearInterval(timer);
  if (code !== 0) throw new Error(`jmteb run ended with ${code}`);
  return peaks;
}

/** Peak resident memory of a process and its children, as far as they live; files mapped into it count. */
function look(pid, peaks) {
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const status = readFileSync(`/proc/${name}/status`, 'utf8');
      if (Number(name) !== pid && !status.includes(`\nPPid:\t${pid}\n`)) continue;
      const entry = /(\w+)-child/.exec(readFileSync(`/proc/${name}/cmdline`, 'utf8'))?.[1] ?? 'parent';
      const bytes = Number(/VmHWM:\s+(\d+)/.exec(status)[1]) * 1024;
      peaks.set(entry, Math.max(peaks.get(entry) ?? 0, bytes));
    } catch {
      // It ended meanwhile.
    }
  }
}
