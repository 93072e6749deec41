import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readSummary, writeRunRecord, writeTaskResult } from '../../src/results/result-file.js';
import { summaryOf, writeSummary } from '../../src/results/summary.js';
import { runRecord, taskResult, withoutScore } from './example.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jmteb-summary-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const results = [
  taskResult('paws_x_ja', 'PairClassification', 0.625),
  taskResult('jsts', 'STS', 0.85),
  taskResult('jsick', 'STS', 0.1 + 0.2),
  withoutScore('esci', 'Reranking', 'failed', 'x'),
  withoutScore('mrtydi', 'Retrieval', 'skipped', 'x'),
  taskResult('jaqket', 'Retrieval', 0.7, { state: 'partial', reason: '--limit 10' }),
  taskResult('mewsc16', 'Clustering', null),
];
const expected = {
  STS: { jsick: { spearman: 0.30000000000000004 }, jsts: { spearman: 0.85 } },
  PairClassification: { paws_x_ja: { binary_f1: 0.625 } },
};

describe('a summary', () => {
  it('has only tasks that are done with a defined score, in the order of families and ids', () => {
    expect(JSON.stringify(summaryOf(results))).toBe(JSON.stringify(expected));
    expect(JSON.stringify(summaryOf([...results].reverse()))).toBe(JSON.stringify(expected));
  });

  it('is written from all tasks in the folder, those of earlier runs included', async () => {
    await writeRunRecord(folder, runRecord());
    await writeTaskResult(folder, results[0]);
    expect((await writeSummary(folder)).summary).toEqual({ PairClassification: { paws_x_ja: { binary_f1: 0.625 } } });
    for (const result of results.slice(1)) await writeTaskResult(folder, result);
    expect((await writeSummary(folder)).summary).toEqual(expected);
    expect(readSummary(folder)).toEqual(expected);
    expect(await readFile(join(folder, 'summary.json'), 'utf8')).toBe(`${JSON.stringify(expected, null, 2)}\n`);
  });

  it('says which task files it could not read', async () => {
    await writeRunRecord(folder, runRecord());
    await writeTaskResult(folder, results[1]);
    await writeFile(join(folder, 'tasks', 'esci.json'), '?');
    const { summary, problems } = await writeSummary(folder);
    expect(summary).toEqual({ STS: { jsts: { spearman: 0.85 } } });
    expect(problems.map(({ where }) => where)).toEqual([join(folder, 'tasks', 'esci.json')]);
  });

  it('of a run without results is empty', async () => {
    await writeRunRecord(folder, runRecord());
    await writeSummary(folder);
    expect(await readFile(join(folder, 'summary.json'), 'utf8')).toBe('{}\n');
  });
});
