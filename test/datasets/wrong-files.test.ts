import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { describeShared, sharedPath } from '../shared.js';
import { jmteb } from '../cli/jmteb.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'jmteb-wrong-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Kind {
  readonly family: string;
  readonly columns: Readonly<Record<string, string>>;
  readonly mainMetric: string;
  readonly corpus?: string;
}

const PAIRS: Kind = {
  family: 'PairClassification',
  columns: { sentence1: 'sentence1', sentence2: 'sentence2', label: 'label' },
  mainMetric: 'binary_f1',
};
const RERANKING: Kind = {
  family: 'Reranking',
  columns: {
    query: 'query',
    candidates: 'retrieved_docs',
    grades: 'relevance_scores',
    documentId: 'docid',
    text: 'text',
  },
  mainMetric: 'ndcg@10',
  corpus: 'hub/reranking/jsquad_rerank-corpus/corpus.parquet',
};
const RETRIEVAL: Kind = {
  family: 'Retrieval',
  columns: { query: 'query', relevant: 'relevant_docs', documentId: 'docid', text: 'text' },
  mainMetric: 'ndcg@10',
  corpus: 'hub/retrieval/jsquad-corpus/corpus.parquet',
};
const CLASSES: Kind = {
  family: 'Classification',
  columns: { text: 'text', label: 'label' },
  mainMetric: 'macro_f1',
};

/** Runs a task whose every split is one file of the shared Parquet files. */
async function run(file: string, { family, columns, mainMetric, corpus }: Kind) {
  copyFileSync(sharedPath('data', 'parquet', file), join(folder, 'rows.parquet'));
  if (corpus !== undefined) copyFileSync(sharedPath('data', 'parquet', corpus), join(folder, 'corpus.parquet'));
  const task = {
    id: 'wrong',
    version: 1,
    family,
    title: 'Wrong',
    language: 'ja',
    source: { files: { rows: 'rows.parquet', ...(corpus === undefined ? {} : { corpus: 'corpus.parquet' }) } },
    splits: {
      ...(family === 'Classification' ? { train: 'rows' } : {}),
      validation: 'rows',
      test: 'rows',
      ...(corpus === undefined ? {} : { corpus: 'corpus' }),
    },
    columns,
    mainMetric,
  };
  const path = join(folder, 'wrong.json');
  writeFileSync(path, JSON.stringify(task));
  const places = ['-o', join(folder, 'results'), '--cache-dir', join(folder, 'cache')];
  return jmteb(['run', '-m', 'baseline:char-ngram', '-t', path, ...places]);
}

describeShared('rows of the wrong content, run as a task', () => {
  it.each([
    ['wrong/pair-three-labels.parquet', PAIRS, /label/],
    ['wrong/rerank-lengths.parquet', RERANKING, /relevance_scores|grades/],
    ['wrong/rerank-all-zero.parquet', RERANKING, /row 2: .* has only grades of 0/],
    ['variants/empty.parquet', CLASSES, /no rows/],
    ['malformed/page-garbage.parquet', CLASSES, /rows\.parquet/],
  ] as const)(
    '%s is refused: the file and what is wrong are named, nothing is written',
    async (file, kind, message) => {
      const { code, stderr } = await run(file, kind);
      expect(code, stderr).toBe(2);
      expect(stderr).toMatch(message);
      expect(stderr).toContain('rows.parquet');
      expect(stderr).not.toContain('    at ');
    },
  );

  it('a relevant document that is in no corpus is a warning with its id', async () => {
    const { code, stdout, stderr } = await run('wrong/retrieval-unknown-docid.parquet', RETRIEVAL);
    expect(code, stderr).toBe(0);
    expect(`${stdout}${stderr}`).toMatch(/not in the corpus/);
  });

  it('labels that are texts make classes', async () => {
    const { code, stderr } = await run('variants/arrow-dictionary-labels.parquet', CLASSES);
    expect(code, stderr).toBe(0);
  });
});
