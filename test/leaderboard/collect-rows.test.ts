import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { collectRows, publishedRows } from '../../src/leaderboard/collect-rows.js';
import { runFolder } from '../../src/results/run-folder.js';
import { writeRunRecord, writeTaskResult } from '../../src/results/result-file.js';
import { runRecord, taskResult, withoutScore } from '../results/example.js';

let results: string;
beforeEach(async () => {
  results = await mkdtemp(join(tmpdir(), 'jmteb-collect-'));
});
afterEach(() => rm(results, { recursive: true, force: true }));

async function run(id: string, variant = '0000000.fp32.published'): Promise<string> {
  const folder = runFolder(results, id, variant);
  const record = runRecord();
  await writeRunRecord(folder, { ...record, variant, model: { ...record.model, id } });
  return folder;
}

describe('rows from a results folder', () => {
  it('are the runs in it, with scores of tasks that are done and reasons for the others', async () => {
    const folder = await run('cl-nagoya/ruri-small');
    await writeTaskResult(folder, taskResult('jsts', 'STS', 0.8, { taskVersion: 3 }));
    await writeTaskResult(folder, taskResult('jsick', 'STS', null));
    await writeTaskResult(folder, taskResult('jaqket', 'Retrieval', 0.5, { state: 'partial', reason: '--limit 10' }));
    await writeTaskResult(folder, withoutScore('esci', 'Reranking', 'failed', 'no room'));
    const dataset = { ...taskResult('x', 'STS', 0).dataset, changed: true };
    await writeTaskResult(folder, taskResult('mewsc16', 'Clustering', 0.5, { dataset }));
    await run('baseline/char-ngram');
    const { rows, warnings } = await collectRows(results);
    expect(warnings).toEqual([]);
    expect(rows.map(({ model, from }) => [model, from])).toEqual([
      ['baseline/char-ngram', 'baseline/char-ngram/0000000.fp32.published'],
      ['cl-nagoya/ruri-small', 'cl-nagoya/ruri-small/0000000.fp32.published'],
    ]);
    expect(rows[1]).toMatchObject({ variant: '0000000.fp32.published', source: 'measured', protocol: 'published' });
    expect(Object.fromEntries(rows[1].scores)).toEqual({ jsts: 0.8, mewsc16: 0.5 });
    expect(Object.fromEntries(rows[1].reasons ?? [])).toEqual({
      jsick: '"spearman" is undefined',
      jaqket: 'partial: --limit 10',
      esci: 'failed: no room',
    });
    expect(rows[1].changed).toEqual(['mewsc16']);
    expect(rows[1].definitions?.get('jsts')).toEqual({ version: 3, hash: undefined });
  });

  it('pass over foreign files and warn of broken runs', async () => {
    const good = await run('a/good');
    await writeTaskResult(good, taskResult('jsts', 'STS', 0.8));
    await writeFile(join(good, 'tasks', 'jsick.json'), '{');
    await mkdir(join(results, 'b', 'broken'), { recursive: true });
    await writeFile(join(results, 'b', 'broken', 'run.json'), '{"schema": "other"}');
    await mkdir(join(results, 'c', 'foreign', 'run.json'), { recursive: true });
    await mkdir(join(results, 'published'));
    await writeFile(join(results, 'published', 'jmteb-v1.json'), '{}');
    await writeFile(join(results, 'leaderboard.md'), '');
    await mkdir(join(results, '.git', 'x'), { recursive: true });
    await writeFile(join(results, '.git', 'x', 'run.json'), '');
    const { rows, warnings } = await collectRows(results);
    expect(rows.map(({ model }) => model)).toEqual(['a/good']);
    expect(warnings.map((warning) => warning.split(': ')[0]).sort()).toEqual(
      [
        join(good, 'tasks', 'jsick.json'),
        join(results, 'b', 'broken', 'run.json'),
        join(results, 'c', 'foreign', 'run.json'),
      ].sort(),
    );
  });

  it('do not follow links in circles', async () => {
    await run('a/good');
    await symlink(results, join(results, 'a', 'again'));
    expect((await collectRows(results)).rows).toHaveLength(1);
  });

  it('come from a run folder itself too', async () => {
    expect((await collectRows(await run('a/good'))).rows.map(({ from }) => from)).toEqual(['.']);
  });

  it('need a folder that is there', async () => {
    await expect(collectRows(join(results, 'none'))).rejects.toThrow(/none: the folder cannot be read/);
  });
});

describe('published rows', () => {
  it('have the protocol of the published figures', () => {
    const models = { 'a/b': { STS: { jsts: { spearman: 0.5 } }, Retrieval: { jaqket: { 'ndcg@10': 0.25 } } } };
    const [row] = publishedRows({ id: 'jmteb-v1', models });
    expect(row).toMatchObject({
      model: 'a/b',
      variant: null,
      source: 'published',
      protocol: 'published',
      from: 'jmteb-v1',
    });
    expect(Object.fromEntries(row.scores)).toEqual({ jsts: 0.5, jaqket: 0.25 });
  });
});
