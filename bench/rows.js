import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openTask } from '../dist/datasets/open-task.js';
import { textLists } from '../dist/datasets/text-lists.js';
import { seconds } from './timing.js';

const ROWS = 200_000;
/** Characters of one text. */
const LENGTH = 120;

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

/** Reading a corpus from JSON lines: found, hashed, checked, and its texts streamed once more. */
export async function* rowBenchmarks() {
  const folder = mkdtempSync(join(tmpdir(), 'jmteb-bench-'));
  try {
    mkdirSync(folder, { recursive: true });
    const lines = Array.from({ length: ROWS }, (_, i) => JSON.stringify({ docid: `d${i}`, text: textOf(i) }));
    writeFileSync(join(folder, 'corpus.jsonl'), lines.join('\n'));
    const query = `${JSON.stringify({ query: textOf(1), relevant_docs: ['d1'] })}\n`;
    for (const split of ['test', 'validation']) writeFileSync(join(folder, `${split}.jsonl`), query);
    let reading;
    const opened = await seconds(async () => {
      reading = await openTask(TASK, { dataDir: folder });
    });
    if (reading.data === undefined) throw new Error(JSON.stringify(reading.problems));
    const figure = (name, taken) => ({
      name,
      seconds: taken,
      rate: `${Math.round(ROWS / taken / 1000)}k rows/s`,
      peers: [],
    });
    yield figure(`rows: open and check a corpus of ${ROWS} JSON lines`, opened);
    const streamed = await seconds(async () => {
      for (const list of textLists(reading.data)) for await (const chunk of list.texts()) if (chunk.length < 0) break;
    });
    yield figure('rows: stream its texts', streamed);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function textOf(i) {
  const digest = createHash('sha256').update(String(i)).digest();
  return Array.from({ length: LENGTH }, (_, j) =>
    String.fromCodePoint(0x4e00 + ((digest[j % 32] * 31 + j) % 2000)),
  ).join('');
}
