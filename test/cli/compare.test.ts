import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Comparison } from '../../src/compare/types.js';
import { checkSchema } from '../../src/definitions/schema-check.js';
import { jmteb } from './jmteb.js';
import { changeJson, copyOf, failTask, filePath, sampleRun, type Json } from './sample-runs.js';

let whole: string;
let cut: string;

beforeAll(async () => {
  whole = await sampleRun();
  cut = await sampleRun('--truncate-dim', '8');
});

const comparisonOf = (stdout: string) => JSON.parse(stdout) as Comparison;

describe('jmteb compare', () => {
  it('says as text what differs, by how much, and in which setting', async () => {
    const { code, stdout, stderr } = await jmteb(['compare', whole, cut]);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^sample_retrieval +ndcg@10 +46 /m);
    expect(stdout).toMatch(/^mean over datasets \(6\) /m);
    expect(stdout).toMatch(/^mean over families \(6\) /m);
    expect(stdout).toMatch(/differs from .* in: truncateDim null and 8$/m);
  });

  it('gives JSON that fits its schema, the same every time, and by --format as by --json', async () => {
    const { stdout } = await jmteb(['compare', whole, cut, '--json']);
    const comparison = comparisonOf(stdout);
    expect(checkSchema('comparison', comparison, 'stdout', 'comparison')).toEqual([]);
    expect(comparison.settings).toEqual({ resamples: 2000, seed: 0, confidence: 0.95 });
    expect(comparison.settingDifferences[0].fields).toEqual([{ field: 'truncateDim', a: null, b: 8 }]);
    expect((await jmteb(['compare', whole, cut, '--format', 'json'])).stdout).toBe(stdout);
    const other = await jmteb(['compare', whole, cut, '--json', '--seed', '1', '--confidence', '0.9']);
    expect(comparisonOf(other.stdout).settings).toEqual({ resamples: 2000, seed: 1, confidence: 0.9 });
  });

  it('gives Markdown and CSV, to a file where one is named', async () => {
    const file = filePath('comparison.md');
    const { code, stdout } = await jmteb(['compare', whole, cut, '--format', 'markdown', '-o', file]);
    expect([code, stdout]).toEqual([0, `${file}\n`]);
    expect(readFileSync(file, 'utf8')).toMatch(/^\| sample&#95;retrieval \| ndcg&#64;10 \| 46 \|/m);
    const csv = await jmteb(['compare', whole, cut, '--format', 'csv']);
    const [head, ...rows] = csv.stdout.trimEnd().split(/\r?\n/);
    expect(head).toMatch(/^kind,name,family,metric,items,a,b,difference,low,high/);
    expect(rows.filter((row) => row.startsWith('task,'))).toHaveLength(6);
  });

  it('leaves tasks that a run lacks out of everything, and says so', async () => {
    const lacking = copyOf(cut);
    changeJson(join(lacking, 'tasks', 'sample_sts.json'), failTask);
    const { code, stdout } = await jmteb(['compare', whole, lacking, '--json']);
    expect(code).toBe(0);
    expect(comparisonOf(stdout).leftOut).toMatchObject([{ task: 'sample_sts', reason: 'failed: no room' }]);
    expect(comparisonOf(stdout).averages[0].name).toBe('mean over datasets (5)');
  });

  it('refuses runs of another protocol, data, definition or limit, and names the field', async () => {
    const changed = (change: (task: Json) => void): string => {
      const copy = copyOf(whole);
      changeJson(join(copy, 'tasks', 'sample_sts.json'), change);
      return copy;
    };
    const runs = {
      '"protocol.name" differs: "published" and "corrected"': await sampleRun('--protocol', 'corrected'),
      '"settings.limit" differs: null and 5': await sampleRun('--limit', '5'),
      '"taskVersion" differs: 1 and 2': changed((task) => Object.assign(task, { taskVersion: 2 })),
      '"scoredBy.definition" differs': changed(({ scoredBy }) =>
        Object.assign(scoredBy, { definition: '0'.repeat(64) }),
      ),
      '"dataset.files" differs': changed(({ dataset }) =>
        Object.assign((dataset as { files: object[] }).files[0], { sha256: '0'.repeat(64) }),
      ),
    };
    for (const [message, run] of Object.entries(runs)) {
      const { code, stdout, stderr } = await jmteb(['compare', whole, run]);
      expect([code, stdout]).toEqual([2, '']);
      expect(stderr).toContain(message);
    }
  });

  it('refuses one run, folders that are no run, and unknown formats', async () => {
    expect((await jmteb(['compare', whole])).code).toBe(2);
    const nothing = await jmteb(['compare', whole, filePath('nothing')]);
    expect([nothing.code, nothing.stderr]).toEqual([2, expect.stringContaining('there is no such folder')]);
    const format = await jmteb(['compare', whole, cut, '--format', 'markdwn']);
    expect([format.code, format.stderr]).toEqual([2, expect.stringContaining('did you mean "markdown"?')]);
  });
});
