import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeParquet } from './parquet.js';

const ROWS = Number(process.env.JMTEB_BENCH_ROWS ?? 1e6);
const CHILD = fileURLToPath(new URL('./rows-child.js', import.meta.url));
/** Characters of one text. */
const LENGTH = 60;

const TASK = {
  id: 'bench',
  version: 1,
  family: 'Retrieval',
  title: 'bench',
  language: 'ja',
  source: {
    files: {
      corpus: { path: 'c', local: 'corpus' },
      test: { path: 't', local: 'test' },
      validation: { path: 'v', local: 'validation' },
    },
  },
  splits: { validation: 'validation', test: 'test', corpus: 'corpus' },
  columns: { query: 'query', relevant: 'relevant_docs', documentId: 'docid', text: 'text' },
  mainMetric: 'ndcg@10',
};

/**
 * Reading a corpus: the first row, all rows found, hashed and checked, and the texts streamed once more, each format in a
 * process of its own.
 *
 * JMTEB_BENCH_ROWS: the size in place of a million.
 */
export async function* rowBenchmarks() {
  for (const format of ['jsonl', 'parquet']) {
    const folder = mkdtempSync(join(process.env.JMTEB_BENCH_FOLDER ?? tmpdir(), 'jmteb-bench-'));
    try {
      await WRITERS[format](join(folder, `corpus.${format}`));
      const query = `${JSON.stringify({ query: textOf(1), relevant_docs: ['d1'] })}\n`;
      for (const split of ['test', 'validation']) writeFileSync(join(folder, `${split}.jsonl`), query);
      const { first, opened, streamed, peak } = JSON.parse(
        execFileSync(process.execPath, [CHILD, folder, format, JSON.stringify(TASK)], { encoding: 'utf8' }),
      );
      const bytes = statSync(join(folder, `corpus.${format}`)).size;
      const figure = (name, taken) => ({
        name: `rows: ${name}, ${ROWS} rows of ${format} (${Math.round(bytes / 1e6)} MB)`,
        seconds: taken,
        rate: `${Math.round(ROWS / taken / 1000)}k rows/s, peak ${Math.round(peak / 2 ** 20)} MiB`,
        peers: [],
      });
      if (first !== undefined) yield { ...figure('the first row', first), rate: 'from the closed file' };
      yield figure('open and check', opened);
      yield figure('stream the texts', streamed);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
}

const WRITERS = {
  jsonl: async (path) => {
    const out = createWriteStream(path);
    for (let i = 0; i < ROWS; i++)
      if (!out.write(`${JSON.stringify({ docid: `d${i}`, text: textOf(i) })}\n`)) await once(out, 'drain');
    out.end();
    await once(out, 'close');
  },
  parquet: (path) => writeParquet(path, { docid: (i) => `d${i}`, text: textOf }, ROWS),
};

function textOf(i) {
  const digest = createHash('sha256').update(String(i)).digest();
  return Array.from({ length: LENGTH }, (_, j) =>
    String.fromCodePoint(0x4e00 + ((digest[j % 32] * 31 + j) % 2000)),
  ).join('');
}
