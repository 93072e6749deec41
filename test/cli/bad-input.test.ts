import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { jmteb, temporaryFolder } from './jmteb.js';

let root: string;

beforeEach(() => {
  root = temporaryFolder();
});

function write(name: string, content: string | Uint8Array): string {
  const path = join(root, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  return path;
}

const lines = (rows: readonly unknown[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('');

const FAMILIES = {
  STS: {
    files: ['validation', 'test'],
    columns: { sentence1: 'a', sentence2: 'b', score: 'label' },
    metric: 'spearman',
  },
  PairClassification: {
    files: ['validation', 'test'],
    columns: { sentence1: 'a', sentence2: 'b', label: 'label' },
    metric: 'binary_f1',
  },
  Reranking: {
    files: ['validation', 'test', 'corpus'],
    columns: { query: 'query', candidates: 'docs', grades: 'grades', documentId: 'docid', text: 'text' },
    metric: 'ndcg@10',
  },
} as const;

/** A definition of one's own, its files beside it as `<id>/<split>.jsonl`. */
function task(id: string, family: keyof typeof FAMILIES, rows: Record<string, readonly unknown[] | string>): string {
  const { files, columns, metric } = FAMILIES[family];
  for (const [split, content] of Object.entries(rows))
    write(`tasks/${id}/${split}.jsonl`, typeof content === 'string' ? content : lines(content));
  return write(
    `tasks/${id}.json`,
    JSON.stringify({
      id,
      version: 1,
      family,
      title: id,
      language: 'ja',
      source: { files: Object.fromEntries(files.map((name) => [name, `${id}/${name}.jsonl`])) },
      splits: Object.fromEntries(files.map((name) => [name, name])),
      columns,
      mainMetric: metric,
    }),
  );
}

const pairs = (labels: readonly unknown[]) => labels.map((label, i) => ({ a: `左${i}`, b: `右${i}`, label }));
const sts = (id: string) => task(id, 'STS', { validation: pairs([1, 2, 3]), test: pairs([3, 2, 5]) });

/** Runs and expects exit code 2, every text in stderr, and nothing written. */
async function expectRefused(args: readonly string[], ...texts: readonly (string | RegExp)[]): Promise<string> {
  const [output, cache] = [join(root, 'results'), join(root, 'cache')];
  const { code, stdout, stderr } = await jmteb(['run', '-o', output, '--cache-dir', cache, ...args]);
  expect(stderr).not.toContain('fault of the program');
  for (const text of texts) expect(stderr).toMatch(text);
  expect(code, stderr).toBe(2);
  expect(stdout).toBe('');
  expect([existsSync(output), existsSync(cache)]).toEqual([false, false]);
  return stderr;
}

const BASELINE = ['-m', 'baseline:char-ngram'];

describe('jmteb run with bad input exits with 2 and writes nothing', () => {
  it('for an unknown task, with the nearest name', async () => {
    await expectRefused([...BASELINE, '-t', 'jstss'], 'there is no task "jstss"', 'jsts');
  });

  it('for an unknown option, with the nearest name', async () => {
    await expectRefused(
      [...BASELINE, '-s', 'sample', '--data-dri', 'x'],
      '--data-dri: there is no such option',
      '--data-dir',
    );
  });

  it('for no model, and for a model that is neither a folder nor known', async () => {
    await expectRefused(['-s', 'sample'], '--model: no model is named');
    await expectRefused(['-s', 'sample', '-m', join(root, 'none')], 'there is no such folder');
  });

  it('for a model folder without weights', async () => {
    write('model/config.json', JSON.stringify({ model_type: 'bert' }));
    await expectRefused(['-s', 'sample', '-m', join(root, 'model')], /model\.safetensors|weights/);
  });

  it('for a wrong column, with those that are there', async () => {
    const path = task('t', 'STS', { validation: [{ a: 'x', c: 'y', label: 1 }], test: pairs([1, 2]) });
    await expectRefused([...BASELINE, '-t', path], 't/validation.jsonl', '"b"');
  });

  it('for a label that is not binary', async () => {
    const path = task('t', 'PairClassification', { validation: pairs([0, 1, 2]), test: pairs([0, 1]) });
    await expectRefused([...BASELINE, '-t', path], 'task t, t/validation.jsonl', /label/);
  });

  it('for a limit that leaves too little to score, which it names', async () => {
    const path = task('t', 'PairClassification', { validation: pairs([0, 0, 1]), test: pairs([0, 1]) });
    await expectRefused([...BASELINE, '-t', path, '--limit', '1'], 't/validation.jsonl', /--limit 1 left rows out/);
  });

  it('for candidates that name a document that is not there', async () => {
    const query = (docs: string[]) => [{ query: '問', docs, grades: docs.map((_, i) => (i === 0 ? 1 : 0)) }];
    const path = task('t', 'Reranking', {
      validation: query(['d1', 'd2']),
      test: query(['d1', 'd9']),
      corpus: ['d1', 'd2'].map((docid) => ({ docid, text: docid })),
    });
    await expectRefused([...BASELINE, '-t', path], 't/test.jsonl', 'd9');
  });

  it('for an empty split', async () => {
    const path = task('t', 'STS', { validation: pairs([1, 2]), test: '' });
    await expectRefused([...BASELINE, '-t', path], 't/test.jsonl', /no rows|empty/);
  });

  it('for a JSON syntax error, with its line', async () => {
    const path = task('t', 'STS', { validation: `${lines(pairs([1, 2]))}{"a": "x", "b" "y"}\n`, test: pairs([1, 2]) });
    await expectRefused([...BASELINE, '-t', path], /t\/validation\.jsonl.*(line|row)\D*3/);
  });

  it('for a truncated Parquet file', async () => {
    write('rows/t/test.parquet', Uint8Array.from([0x50, 0x41, 0x52, 0x31, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]));
    write('rows/t/validation.jsonl', lines(pairs([1, 2])));
    const path = write(
      't.json',
      JSON.stringify({
        id: 't',
        version: 1,
        family: 'STS',
        title: 't',
        language: 'ja',
        source: {
          files: { validation: { path: 'v', local: 't/validation' }, test: { path: 't', local: 't/test' } },
        },
        splits: { validation: 'validation', test: 'test' },
        columns: FAMILIES.STS.columns,
        mainMetric: 'spearman',
      }),
    );
    await expectRefused(
      [...BASELINE, '-t', path, '--data-dir', join(root, 'rows')],
      'test.parquet',
      /Parquet|footer|cut/,
    );
  });

  it('for NaN in given vectors, and for a text that they lack', async () => {
    const path = sts('t');
    const texts = ['左0', '左1', '左2', '右0', '右1', '右2'];
    given('nan', texts, (i) => (i === 3 ? NaN : i + 1));
    await expectRefused(
      ['-m', `vectors:${join(root, 'nan')}`, '-t', path],
      /^[^\n]*v\.npy, row 2: [^\n]*\n[^\n]*finite\.\n$/,
    );
    given('few', texts.slice(0, 4), (i) => i + 1);
    await expectRefused(['-m', `vectors:${join(root, 'few')}`, '-t', path], '右1', '右2');
  });

  it('for an output that cannot be written, and says everything else at once', async () => {
    const file = write('file', '');
    const bad = task('bad', 'PairClassification', { validation: pairs([0, 1, 2]), test: '' });
    const args = [...BASELINE, '-t', `${bad},nothing_like_it`, '--protocol', 'publishd', '--clusterer', 'kmeans'];
    const { code, stderr } = await jmteb([
      'run',
      ...args,
      '-o',
      join(file, 'results'),
      '--cache-dir',
      join(root, 'cache'),
    ]);
    expect(code).toBe(2);
    for (const text of ['publishd', 'kmeans', 'nothing_like_it', 'bad/test.jsonl', '--output', 'is a file'])
      expect(stderr).toContain(text);
    expect(readdirSync(root).sort()).toEqual(['file', 'tasks']);
  });

  it('for a suite without rows at hand: every task is named', async () => {
    const stderr = await expectRefused([...BASELINE, '-s', 'jmteb-v1', '--data-dir', root]);
    for (const id of ['jsts', 'jsick', 'esci', 'mrtydi', 'livedoor_news']) expect(stderr).toContain(id);
  });
});

/** A folder of given vectors: `v.npy` and `v.jsonl`, two dimensions. */
function given(name: string, texts: readonly string[], value: (i: number) => number): void {
  write(`${name}/v.jsonl`, lines(texts.map((text) => ({ text }))));
  const values = Float32Array.from({ length: 2 * texts.length }, (_, i) => value(i));
  const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (${texts.length}, 2), }`;
  const padded = header.padEnd(128 - 10 - 1, ' ') + '\n';
  const head = Buffer.concat([
    Buffer.from('\x93NUMPY\x01\x00', 'latin1'),
    Buffer.from([padded.length, 0]),
    Buffer.from(padded),
  ]);
  write(`${name}/v.npy`, Buffer.concat([head, Buffer.from(values.buffer)]));
}
