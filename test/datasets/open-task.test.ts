import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { FileSource } from '../../src/datasets/file-sources.js';
import { openTask, type TaskReading } from '../../src/datasets/open-task.js';
import { textLists } from '../../src/datasets/text-lists.js';
import type { DataOf } from '../../src/datasets/types.js';
import { readTaskDefinition } from '../../src/definitions/task-definition.js';
import type { Family, TaskDefinition } from '../../src/definitions/types.js';
import { formatProblem } from '../../src/errors.js';
import { describeShared, sharedPath } from '../shared.js';
import { parquetBytes } from './parquet-writer.js';

const scratch = mkdtempSync(join(tmpdir(), 'jmteb-open-'));
afterAll(() => rmSync(scratch, { recursive: true }));

type Content = Buffer | readonly object[];
let folders = 0;
/** A folder with these files; rows become JSON lines. */
function folderOf(files: Record<string, Content>): string {
  const folder = join(scratch, String(folders++));
  mkdirSync(folder);
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    const bytes = Buffer.isBuffer(content)
      ? content
      : (content as object[]).map((row) => `${JSON.stringify(row)}\n`).join('');
    writeFileSync(join(folder, name), bytes);
  }
  return folder;
}

const COMMON = { version: 1, title: 'T', language: 'ja' };
const sts = (over: Partial<TaskDefinition> = {}): TaskDefinition => ({
  ...COMMON,
  id: 'pairs',
  family: 'STS',
  source: { files: { validation: { path: 'v.jsonl', local: 'p/v' }, test: { path: 't.jsonl', local: 'p/t' } } },
  splits: { validation: 'validation', test: 'test' },
  columns: { sentence1: 's1', sentence2: 's2', score: 'label' },
  mainMetric: 'spearman',
  ...over,
});
const stsRow = (i: number): object => ({ s1: `甲${i}`, s2: `乙${i}`, label: i / 2 });
const stsRows = (n: number): object[] => Array.from({ length: n }, (_, i) => stsRow(i));

const retrieval = (over: Partial<TaskDefinition> = {}): TaskDefinition => ({
  ...COMMON,
  id: 'search',
  family: 'Retrieval',
  source: { files: { v: 'v.jsonl', t: 't.jsonl', c: 'c.jsonl' } },
  splits: { validation: 'v', test: 't', corpus: 'c' },
  columns: { query: 'query', relevant: 'relevant_docs', documentId: 'docid', text: 'text' },
  mainMetric: 'ndcg@10',
  ...over,
});
const documents = (n: number): object[] => Array.from({ length: n }, (_, i) => ({ docid: `d${i}`, text: `文${i}` }));

const messages = (reading: TaskReading): string[] => reading.problems.map(formatProblem);

function dataOf<F extends Family>(reading: TaskReading, family: F): DataOf<F> {
  expect(messages(reading)).toEqual([]);
  expect(reading.data?.family).toBe(family);
  return reading.data as DataOf<F>;
}

async function textsOf(reading: TaskReading, role: string): Promise<Record<string, string[]>> {
  const result: Record<string, string[]> = {};
  for (const list of textLists(reading.data as DataOf<'STS'>)) {
    if (list.role !== role) continue;
    result[list.split] = [];
    for await (const batch of list.texts()) result[list.split].push(...batch);
    expect(result[list.split]).toHaveLength(list.rows);
  }
  return result;
}

describe('where files are found', () => {
  it('a local mirror has them as JSONL or as Parquet, under the places of the definition', async () => {
    const parquet = parquetBytes([
      { name: 's1', values: ['一'] },
      { name: 's2', values: ['二'] },
      { name: 'label', values: [3] },
    ]);
    const dataDir = folderOf({ 'p/v.jsonl': stsRows(2), 'p/t.parquet': parquet });
    const data = dataOf(await openTask(sts(), { dataDir }), 'STS');
    expect(data.splits.test).toEqual({ sentence1: ['一'], sentence2: ['二'], score: Float64Array.of(3) });
    expect(data.splits.validation?.score).toEqual(Float64Array.of(0, 0.5));
    expect(data.files).toEqual([
      expect.objectContaining({ key: 'validation', name: 'p/v.jsonl', format: 'jsonl', rows: 2 }),
      {
        key: 'test',
        path: join(dataDir, 'p/t.parquet'),
        name: 'p/t.parquet',
        format: 'parquet',
        bytes: parquet.length,
        sha256: createHash('sha256').update(parquet).digest('hex'),
        rows: 1,
      },
    ]);
  });

  it('beside the definition there may be one file, several, or a pattern, read in sorted order', async () => {
    const folder = folderOf({
      'v.jsonl': stsRows(1),
      'parts/t-2.jsonl': [stsRow(2)],
      'parts/t-1.jsonl': [stsRow(1)],
      'parts/other.jsonl': [stsRow(9)],
    });
    const source = (path: string | string[]): TaskDefinition['source'] => ({
      files: { validation: 'v.jsonl', test: { path } },
    });
    for (const path of ['parts/t-*.jsonl', ['parts/t-1.jsonl', 'parts/t-2.jsonl']]) {
      const data = dataOf(await openTask(sts({ folder, source: source(path) })), 'STS');
      expect(data.splits.test.sentence1).toEqual(['甲1', '甲2']);
      expect(data.files.map(({ name, rows }) => [name, rows])).toEqual([
        ['v.jsonl', 1],
        ['parts/t-1.jsonl', 1],
        ['parts/t-2.jsonl', 1],
      ]);
    }
  });

  it('the files that a mirror lacks are told together, with what is there', async () => {
    const dataDir = folderOf({ 'p1/v.jsonl': [], 'x.jsonl': [] });
    expect(messages(await openTask(sts(), { dataDir }))).toEqual([
      `task pairs: "p/v", "p/t" are not in --data-dir ${dataDir} (as .parquet or .jsonl); ${dataDir} has p1.\n  Fix: did you mean "p1"? If not, put the files there, or name the folder that has them.`,
    ]);
    const near = folderOf({ 'p/v.jsonl': stsRows(1), 'p/tt.jsonl': [] });
    expect(messages(await openTask(sts(), { dataDir: near }))[0]).toContain(
      `"p/t" is not in --data-dir ${near} (as .parquet or .jsonl); ${join(near, 'p')} has tt.jsonl, v.jsonl.\n  Fix: did you mean "tt"?`,
    );
    expect(messages(await openTask(sts(), { dataDir: join(near, 'none') }))[0]).toContain('it is no folder');
  });

  it('two files at one place are an error, whatever other sources have', async () => {
    const dataDir = folderOf({ 'p/v.jsonl': stsRows(1), 'p/t.jsonl': [], 'p/t.parquet': Buffer.from('x') });
    const remote: FileSource = { find: async () => ({ files: [] }) };
    expect(messages(await openTask(sts(), { dataDir, remote }))[0]).toContain(
      '"p/t.parquet" and "p/t.jsonl" are both in',
    );
  });

  it('without any source the place that would do is named', async () => {
    const [message] = messages(await openTask(sts({ source: { ...sts().source, repo: 'o/n', revision: 'x' } })));
    expect(message).toContain('without the repository o/n');
    expect(message).toContain(
      'give --data-dir a folder that has "p", or fetch the rows while there is a network (jmteb fetch -t pairs)',
    );
  });

  it('a missing file beside the definition is told with its neighbours, and so is an unknown ending', async () => {
    const folder = folderOf({ 'v.jsonl': stsRows(1), 't2.jsonl': [], 'rows.csv': [] });
    expect(messages(await openTask(sts({ folder })))[0]).toMatch(
      /"t.jsonl" is not in .*has t2.jsonl, v.jsonl.\n {2}Fix: did you mean "t2.jsonl"/,
    );
    const source = { files: { validation: 'v.jsonl', test: 'rows.csv' } };
    expect(messages(await openTask(sts({ folder, source })))[0]).toContain('neither ".parquet" nor ".jsonl"');
  });

  it('another source is asked for what the mirror lacks', async () => {
    const dataDir = folderOf({ 'p/v.jsonl': stsRows(1) });
    const path = join(folderOf({ 'far.jsonl': stsRows(3) }), 'far.jsonl');
    const asked: string[] = [];
    const remote: FileSource = {
      find: async (_, key) => {
        asked.push(key);
        return { files: [{ path, name: 'data/far.jsonl', format: 'jsonl' }] };
      },
    };
    const data = dataOf(await openTask(sts(), { dataDir, remote }), 'STS');
    expect(asked).toEqual(['test']);
    expect(data.splits.test.sentence1).toHaveLength(3);
  });

  it('an arrangement of its own for mirrors is read by its own columns and splits', async () => {
    const rows = [{ query: '問', relevant_docs: 'd0' }];
    const task = retrieval({
      layout: 'qrels',
      source: { repo: 'o/n', revision: 'x', files: { queries: 'q', qrels: 'r', corpus: 'c' } },
      splits: { validation: null, test: 'qrels', corpus: 'corpus' },
      fixedChoice: 'cosine_similarity',
      columns: {
        queryId: 'id',
        query: 'text',
        documentId: 'id',
        text: 'text',
        qrelQuery: 'q',
        qrelDocument: 'd',
        grade: 's',
      },
      local: {
        files: { validation: 'm/v', test: 'm/t', corpus: 'm/c' },
        splits: { validation: 'validation', test: 'test', corpus: 'corpus' },
        columns: retrieval().columns,
      },
    });
    const without = folderOf({ 'm/t.jsonl': rows, 'm/c.jsonl': documents(2) });
    const reading = await openTask(task, { dataDir: without });
    expect(dataOf(reading, 'Retrieval').splits).toEqual({
      validation: null,
      test: { query: ['問'], relevant: [['d0']] },
    });
    expect(reading.definition.fixedChoice).toBe('cosine_similarity');
    const withIt = folderOf({ 'm/v.jsonl': rows, 'm/t.jsonl': rows, 'm/c.jsonl': documents(2) });
    const chosen = await openTask(task, { dataDir: withIt });
    expect(dataOf(chosen, 'Retrieval').splits.validation?.query).toEqual(['問']);
    expect(chosen.definition.fixedChoice).toBeUndefined();
    expect(messages(await openTask(task, { dataDir: folderOf({}) }))[0]).toContain(
      '"m/v", "m/t", "m/c" are not in --data-dir',
    );
  });
});

describe('what the definition expects', () => {
  const expecting = (expect: TaskDefinition['expect'], over: Partial<TaskDefinition> = {}): TaskDefinition =>
    sts({
      folder: folderOf({ 'v.jsonl': stsRows(2), 't.jsonl': [{ s1: '𠮷野家', s2: 'ab', label: 1 }] }),
      expect,
      ...over,
    });

  it('is compared by rows and by code points, and a difference is a problem', async () => {
    const right = { validation: { rows: 2 }, test: { rows: 1, characters: { s1: 3, s2: 2 } } };
    dataOf(await openTask(expecting(right)), 'STS');
    const reading = await openTask(expecting({ validation: { rows: 3 }, test: { characters: { s1: 4 } } }));
    expect(reading.data).toBeUndefined();
    expect(reading.changed).toEqual([
      'v.jsonl has 2 rows, expected 3.',
      't.jsonl has 3 characters in the column "s1", expected 4.',
    ]);
    expect(messages(reading)[0]).toMatch(/^v.jsonl: has 2 rows, expected 3.\n {2}Fix: .*--accept-data-changes/);
  });

  it('may be given up on purpose, and the differences are told', async () => {
    const reading = await openTask(expecting({ validation: { rows: 3 } }), { acceptDataChanges: true });
    dataOf(reading, 'STS');
    expect(reading.changed).toEqual(['v.jsonl has 2 rows, expected 3.']);
  });

  it('is compared before a limit is applied', async () => {
    const reading = await openTask(expecting({ validation: { rows: 2 } }), { limit: 1 });
    expect(dataOf(reading, 'STS').splits.validation?.sentence1).toEqual(['甲0']);
    expect(reading.limited).toBe(true);
  });

  it('is compared by SHA-256 where the definition has one, and the file is of its format', async () => {
    const rows = `${JSON.stringify(stsRow(0))}\n`;
    const sha256 = createHash('sha256').update(rows).digest('hex');
    const dataDir = folderOf({ 'p/v.jsonl': stsRows(1), 'p/t.jsonl': [stsRow(0)] });
    const files = (path: string, hash: string): TaskDefinition =>
      sts({
        source: { files: { validation: { path: 'v', local: 'p/v' }, test: { path, local: 'p/t', sha256: hash } } },
      });
    dataOf(await openTask(files('t.jsonl', sha256.toUpperCase()), { dataDir }), 'STS');
    dataOf(await openTask(files('t.parquet', '0'.repeat(64)), { dataDir }), 'STS');
    const { changed } = await openTask(files('t.jsonl', '0'.repeat(64)), { dataDir });
    expect(changed).toEqual([`p/t.jsonl has the SHA-256 ${sha256}, expected ${'0'.repeat(64)}.`]);
  });
});

describe('rows of the families', () => {
  it('all problems of a task are told together', async () => {
    const folder = folderOf({
      'v.jsonl': [{ s1: 1, s2: 'x', label: 'y' }],
      't.jsonl': [{ s1: 'a', s2: 'b', score: 1 }],
    });
    const found = messages(await openTask(sts({ folder })));
    expect(found).toHaveLength(3);
    expect(found[0]).toContain('v.jsonl, line 1, column "s1": is the number 1; text is expected.');
    expect(found[1]).toContain('v.jsonl, line 1, column "label": is the text "y"; a finite number is expected.');
    expect(found[2]).toContain('t.jsonl: has no column "label"; its columns are: "s1", "s2", "score".');
  });

  it('an empty split is a problem', async () => {
    const folder = folderOf({ 'v.jsonl': stsRows(1), 't.jsonl': [] });
    expect(messages(await openTask(sts({ folder })))[0]).toContain(
      't.jsonl: has no rows; the test split of the task pairs needs some.',
    );
  });

  it('labels keep their types, and train is read for classification', async () => {
    const rows = (labels: unknown[]): object[] => labels.map((label, i) => ({ text: `${i}`, label }));
    const task: TaskDefinition = {
      ...sts(),
      family: 'Classification',
      folder: folderOf({ 'a.jsonl': rows(['x', 'y']), 'v.jsonl': rows([1, 0]), 't.jsonl': rows([true, false]) }),
      source: { files: { a: 'a.jsonl', v: 'v.jsonl', t: 't.jsonl' } },
      splits: { train: 'a', validation: 'v', test: 't' },
      columns: { text: 'text', label: 'label' },
    };
    const reading = await openTask(task);
    const { splits } = dataOf(reading, 'Classification');
    expect([splits.train.label, splits.validation?.label, splits.test.label]).toEqual([
      ['x', 'y'],
      [1, 0],
      [true, false],
    ]);
    expect(await textsOf(reading, 'text')).toEqual({ train: ['0', '1'], validation: ['0', '1'], test: ['0', '1'] });
  });

  it('one file may be two splits, and is listed once', async () => {
    const folder = folderOf({ 'v.jsonl': stsRows(2), 't.jsonl': [] });
    const data = dataOf(
      await openTask(sts({ folder, splits: { validation: 'validation', test: 'validation' } })),
      'STS',
    );
    expect(data.splits.test).toEqual(data.splits.validation);
    expect(data.files).toHaveLength(1);
  });

  it('a corpus is streamed, its ids keep their types, and repeated ids are a warning', async () => {
    const corpus = [
      { docid: 1, text: '一' },
      { docid: '1', text: '二' },
      { docid: 1, text: '' },
    ];
    const queries = [{ query: '問', relevant_docs: [1, '1'] }];
    const reading = await openTask(
      retrieval({ folder: folderOf({ 'v.jsonl': queries, 't.jsonl': queries, 'c.jsonl': corpus }) }),
    );
    const data = dataOf(reading, 'Retrieval');
    expect([...data.corpus.ids]).toEqual([1, '1', 1]);
    expect(data.splits.test.relevant).toEqual([[1, '1']]);
    expect(reading.warnings).toEqual(['c.jsonl: 1 row repeats the id of an earlier document, for example 1.']);
    expect(await textsOf(reading, 'document')).toEqual({ corpus: ['一', '二', ''] });
    expect(await textsOf(reading, 'document')).toEqual({ corpus: ['一', '二', ''] });
    expect(await textsOf(reading, 'query')).toEqual({ validation: ['問'], test: ['問'] });
  });

  it('candidates need as many grades, whole ones', async () => {
    const row = (retrieved_docs: unknown, relevance_scores: unknown): object => ({
      query: 'q',
      retrieved_docs,
      relevance_scores,
    });
    const task = (rows: object[]): TaskDefinition => ({
      ...retrieval({ folder: folderOf({ 'v.jsonl': [row(['d0'], [1])], 't.jsonl': rows, 'c.jsonl': documents(3) }) }),
      family: 'Reranking',
      columns: {
        query: 'query',
        candidates: 'retrieved_docs',
        grades: 'relevance_scores',
        documentId: 'docid',
        text: 'text',
      },
    });
    const good = dataOf(await openTask(task([row(['d0', 'd1'], [2, 0])])), 'Reranking');
    expect(good.splits.test).toEqual({ query: ['q'], candidates: [['d0', 'd1']], grades: [[2, 0]] });
    expect(messages(await openTask(task([row(['d0'], [1]), row(['d0', 'd1', 'd2'], [1, 0])])))).toEqual([
      't.jsonl, line 2: has 3 candidates and 2 grades; each candidate needs one grade.',
    ]);
    expect(messages(await openTask(task([row(['d0'], [0.5])])))[0]).toContain(
      'is the list [0.5]; a list of whole numbers',
    );
    expect(messages(await openTask(task([row('d0', [1])])))[0]).toContain('is the text "d0"; a list of ids');
  });

  it('queries and judgements in two files are joined as mteb means them', async () => {
    const task = retrieval({
      layout: 'qrels',
      source: { files: { queries: 'q.jsonl', qrels: 'r.jsonl', c: 'c.jsonl' } },
      splits: { validation: null, test: 'qrels', corpus: 'c' },
      fixedChoice: 'cosine_similarity',
      columns: {
        queryId: 'id',
        query: 'text',
        documentId: 'docid',
        text: 'text',
        qrelQuery: 'query-id',
        qrelDocument: 'corpus-id',
        grade: 'score',
      },
      folder: folderOf({
        'q.jsonl': [
          { id: 1, text: '一' },
          { id: '2', text: '二' },
          { id: '3', text: '判定なし' },
          { id: '4', text: '零' },
        ],
        'r.jsonl': [
          { 'query-id': '2', 'corpus-id': 'd1', score: 1 },
          { 'query-id': '1', 'corpus-id': 'd2', score: 2 },
          { 'query-id': '1', 'corpus-id': 'd0', score: 1 },
          { 'query-id': '1', 'corpus-id': 'd2', score: 1 },
          { 'query-id': '4', 'corpus-id': 'd0', score: 0 },
          { 'query-id': '9', 'corpus-id': 'd0', score: 1 },
        ],
        'c.jsonl': documents(3),
      }),
    });
    const reading = await openTask(task);
    expect(dataOf(reading, 'Retrieval').splits).toEqual({
      validation: null,
      test: { query: ['一', '二', '零'], queryId: [1, '2', '4'], relevant: [['d2', 'd0'], ['d1'], []] },
    });
    expect(reading.warnings).toEqual([
      'r.jsonl: judges 1 query that the file of queries lacks, for example "9"; they are left out.',
      'r.jsonl: judges 1 pairs of query and document more than once; the last grade counts.',
    ]);
  });
});

describe('a limited run', () => {
  it('keeps the first queries, all their documents and as many others', async () => {
    const queries = (ids: string[]): object[] => ids.map((id) => ({ query: `問${id}`, relevant_docs: [id] }));
    const folder = folderOf({
      'v.jsonl': queries(['d5', 'd0']),
      't.jsonl': queries(['d7', 'd8', 'd9']),
      'c.jsonl': documents(10),
    });
    const reading = await openTask(retrieval({ folder }), { limit: 1 });
    const data = dataOf(reading, 'Retrieval');
    expect(data.splits.test.query).toEqual(['問d7']);
    expect([...data.corpus.ids]).toEqual(['d0', 'd5', 'd7']);
    expect(await textsOf(reading, 'document')).toEqual({ corpus: ['文0', '文5', '文7'] });
    expect(data.files.map(({ rows }) => rows)).toEqual([2, 3, 10]);
  });

  it('keeps the candidates of its queries only', async () => {
    const rows = [['d4', 'd2'], ['d1']].map((docs) => ({
      query: 'q',
      retrieved_docs: docs,
      relevance_scores: docs.map(() => 1),
    }));
    const task: TaskDefinition = {
      ...retrieval({ folder: folderOf({ 'v.jsonl': rows, 't.jsonl': rows, 'c.jsonl': documents(6) }) }),
      family: 'Reranking',
      columns: {
        query: 'query',
        candidates: 'retrieved_docs',
        grades: 'relevance_scores',
        documentId: 'docid',
        text: 'text',
      },
    };
    const data = dataOf(await openTask(task, { limit: 1 }), 'Reranking');
    expect([...data.corpus.ids]).toEqual(['d2', 'd4']);
    expect(data.splits.validation?.grades).toEqual([[1, 1]]);
  });

  it('keeps both labels of pairs', async () => {
    const rows = [1, 1, 1, 0, 1].map((label, i) => ({ s1: `${i}`, s2: `${i}`, label }));
    const task: TaskDefinition = {
      ...sts({ folder: folderOf({ 'v.jsonl': rows, 't.jsonl': rows }) }),
      family: 'PairClassification',
      columns: { sentence1: 's1', sentence2: 's2', label: 'label' },
    };
    const { splits } = dataOf(await openTask(task, { limit: 2 }), 'PairClassification');
    expect(splits.test).toEqual({ sentence1: ['0', '3'], sentence2: ['0', '3'], label: [1, 0] });
  });

  it('of no rows, or of a part of one, is refused', async () => {
    for (const limit of [0, -1, 1.5, NaN])
      expect(messages(await openTask(sts(), { limit }))[0]).toContain(`--limit: is ${limit}`);
  });
});

describeShared('the sets of the local mirror', () => {
  const shipped = (path: string): TaskDefinition => readTaskDefinition(join('tasks', path)).value as TaskDefinition;

  it('jsts, whose counts and characters its definition expects, is read', async () => {
    const reading = await openTask(shipped('sts/jsts.json'), { dataDir: sharedPath('data', 'jmteb') });
    const { splits, files } = dataOf(reading, 'STS');
    expect(reading.changed).toEqual([]);
    // Mean of the test scores as datasets.md gives it.
    const mean = splits.test.score.reduce((sum, score) => sum + score, 0) / 1457;
    expect(mean).toBeCloseTo(2.271929, 6);
    // The hash as the README of the rows gives it.
    expect(files[1].sha256).toBe('b843bbce0f949f73bf4c8d964d15b63333363f4268e7840aa50d93066c6c861b');
  });

  it('jaquad has a corpus whose streamed texts are those of its file', async () => {
    const reading = await openTask(shipped('retrieval/jaquad.json'), { dataDir: sharedPath('data', 'jmteb') });
    const lines = readFileSync(sharedPath('data', 'jmteb', 'jaquad-corpus', 'corpus.jsonl'), 'utf8')
      .trim()
      .split('\n');
    const rows = lines.map((line) => JSON.parse(line) as { docid: string; text: string });
    expect([...dataOf(reading, 'Retrieval').corpus.ids]).toEqual(rows.map((row) => row.docid));
    expect((await textsOf(reading, 'document')).corpus).toEqual(rows.map((row) => row.text));
  });

  it("the Parquet files with mteb's layout are read by the definition for it", async () => {
    const task = retrieval({
      layout: 'qrels',
      folder: sharedPath('data', 'parquet', 'hub', 'mteb'),
      source: {
        files: { corpus: 'corpus/test-*.parquet', queries: 'queries/test-*.parquet', qrels: 'qrels/test-*.parquet' },
      },
      splits: { validation: null, test: 'qrels', corpus: 'corpus' },
      fixedChoice: 'cosine_similarity',
      columns: {
        queryId: 'id',
        query: 'text',
        documentId: 'id',
        text: 'text',
        qrelQuery: 'query-id',
        qrelDocument: 'corpus-id',
        grade: 'score',
      },
    });
    const { splits, corpus } = dataOf(await openTask(task), 'Retrieval');
    expect(corpus.ids).toHaveLength(40);
    expect(splits.test.query).toHaveLength(40);
    expect(splits.test.relevant.every((ids) => ids.length > 0)).toBe(true);
  });

  it('a corpus with a repeated id and one with numbers for ids are read, the first with a warning', async () => {
    const queries = [{ query: '問', relevant_docs: ['d0'] }];
    const corpus = (name: string): TaskDefinition =>
      retrieval({
        folder: folderOf({
          'v.jsonl': queries,
          't.jsonl': queries,
          'c.parquet': readFileSync(sharedPath('data', 'parquet', 'wrong', `${name}.parquet`)),
        }),
        source: { files: { v: 'v.jsonl', t: 't.jsonl', c: 'c.parquet' } },
      });
    expect((await openTask(corpus('corpus-duplicate-docid'))).warnings[0]).toContain(
      'repeats the id of an earlier document',
    );
    const { ids } = dataOf(await openTask(corpus('corpus-int-docid')), 'Retrieval').corpus;
    expect([...ids].every((id) => typeof id === 'number')).toBe(true);
  });
});
