import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Family } from '../../src/definitions/types.js';
import { exportJmtebV1 } from '../../src/results/jmteb-v1.js';
import type { TaskResult } from '../../src/results/types.js';
import { describeShared, sharedPath } from '../shared.js';
import { taskResult, withoutScore } from './example.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jmteb-export-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const runOf = (...results: TaskResult[]) => ({ tasks: new Map(results.map((result) => [result.task, result])) });
const read = async (...parts: string[]) => JSON.parse(await readFile(join(folder, ...parts), 'utf8')) as unknown;

describe('the export in the layout of JMTEB v1', () => {
  it('has every candidate under val_scores and the chosen one under test_scores', async () => {
    const { files, leftOut } = await exportJmtebV1(runOf(taskResult('jsts', 'STS', 0.85)), folder);
    expect(files).toEqual([join(folder, 'STS', 'scores_jsts.json'), join(folder, 'summary.json')]);
    expect(leftOut).toEqual([]);
    expect(await read('STS', 'scores_jsts.json')).toEqual({
      metric_name: 'spearman',
      metric_value: 0.85,
      details: {
        optimal_similarity_metric: 'cosine_similarity',
        val_scores: { cosine_similarity: { spearman: 0.75 }, dot_score: { spearman: 0.5 } },
        test_scores: { cosine_similarity: { spearman: 0.85 } },
      },
    });
    expect(await read('summary.json')).toEqual({ STS: { jsts: { spearman: 0.85 } } });
  });

  it('has empty val_scores for a task without a validation split', async () => {
    await exportJmtebV1(runOf(taskResult('jaqket', 'Retrieval', 0.5, { validation: null })), folder);
    expect(await read('Retrieval', 'scores_jaqket.json')).toMatchObject({ details: { val_scores: {} } });
  });

  it('has only tasks that are done and lists the others with their reason', async () => {
    const { leftOut } = await exportJmtebV1(
      runOf(
        taskResult('jsick', 'STS', 0.8, { state: 'partial', reason: '--limit 10' }),
        withoutScore('jsts', 'STS', 'failed', 'no room'),
        taskResult('mewsc16', 'Clustering', null),
        taskResult('esci', 'Reranking', 0.9),
      ),
      folder,
    );
    expect(leftOut).toEqual([
      { task: 'jsick', reason: 'partial: --limit 10' },
      { task: 'jsts', reason: 'failed: no room' },
      { task: 'mewsc16', reason: '"v_measure_score" is undefined' },
    ]);
    expect(await readdir(folder)).toEqual(['Reranking', 'summary.json']);
    expect(await read('summary.json')).toEqual({ Reranking: { esci: { 'ndcg@10': 0.9 } } });
  });

  it('is not written over the run itself', async () => {
    const run = { ...runOf(), folder };
    await expect(exportJmtebV1(run, `${folder}/x/..`)).rejects.toThrow(/this is the run itself/);
    expect(await readdir(folder)).toEqual([]);
  });
});

interface ReferenceFile {
  metric_name: string;
  metric_value: number;
  details: Record<string, never> & { val_scores: TaskResult['validation']; test_scores: TaskResult['test'] };
}

/** A result that says what a file of the reference says; scores of other candidates are made up. */
function asResult(family: Family, task: string, file: ReferenceFile): TaskResult {
  const [name] = Object.keys(file.details).filter((key) => key.startsWith('optimal_'));
  const others = Object.fromEntries(Object.keys(file.details.val_scores ?? {}).map((key) => [key, { made_up: 0.5 }]));
  return taskResult(task, family, file.metric_value, {
    main: { metric: file.metric_name, value: file.metric_value },
    choice: { name, value: file.details[name] },
    validation: file.details.val_scores,
    test: { ...others, ...file.details.test_scores },
  });
}

describeShared('the export of what the reference measured with all-MiniLM-L6-v2', () => {
  it('gives the reference’s files byte for byte, and its summary', async () => {
    const golden = sharedPath('goldens', 'families', 'minilm');
    const files: { family: Family; task: string; bytes: Buffer }[] = [];
    for (const family of ['Classification', 'Clustering', 'STS', 'PairClassification', 'Retrieval', 'Reranking'] as const)
      for (const name of await readdir(join(golden, family)))
        files.push({ family, task: name.slice('scores_'.length, -'.json'.length), bytes: await readFile(join(golden, family, name)) });
    expect(files.length).toBeGreaterThanOrEqual(13);
    const results = files.map(({ family, task, bytes }) => asResult(family, task, JSON.parse(bytes.toString()) as ReferenceFile));
    await exportJmtebV1(runOf(...results), folder);
    for (const { family, task, bytes } of files)
      expect((await readFile(join(folder, family, `scores_${task}.json`))).equals(bytes), task).toBe(true);
    expect(await read('summary.json')).toEqual(JSON.parse(await readFile(join(golden, 'summary.json'), 'utf8')));
  });
});
