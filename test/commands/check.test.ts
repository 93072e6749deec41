import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { check } from '../../src/commands/check.js';
import { compare } from '../../src/commands/compare.js';
import { loadDefinitions } from '../../src/definitions/catalogue.js';
import { publishedScores, readPublished } from '../../src/definitions/published.js';
import { valueOf } from '../../src/definitions/reading.js';
import { writeImported, type Imported } from '../../src/results/imported.js';
import { writeRunRecord, writeTaskResult } from '../../src/results/result-file.js';
import { temporaryFolder } from '../cli/jmteb.js';
import { HASH, runRecord, taskResult } from '../results/example.js';

const root = temporaryFolder();
afterAll(() => rmSync(root, { recursive: true, force: true }));

const MODEL = 'cl-nagoya/ruri-small';
const published = valueOf(readPublished());
const { noise } = published;

/** A run of the published model with the published scores, some of them moved by points. */
async function runWith(
  name: string,
  moved: Readonly<Record<string, number>>,
  left: readonly string[] = [],
): Promise<string> {
  const folder = join(root, name);
  mkdirSync(join(folder, 'tasks'), { recursive: true });
  await writeRunRecord(folder, runRecord());
  for (const { task, family, value } of publishedScores(published, MODEL)) {
    if (left.includes(task)) continue;
    const { tasks } = loadDefinitions();
    const score = value + (moved[task] ?? 0) / 100;
    await writeTaskResult(folder, taskResult(task, family, score, { taskVersion: tasks.get(task)?.version ?? 1 }));
  }
  return folder;
}

describe('a run against published scores', () => {
  const verdictsOf = async (run: string) => {
    const { verdict, checks } = await check({ run, published: true });
    return { verdict, checks: Object.fromEntries(checks.map((found) => [found.name, found.verdict])) };
  };

  it('passes with the published scores; tasks without a noise class have no verdict', async () => {
    const { verdict, checks } = await verdictsOf(await runWith('same', {}));
    expect(verdict).toBe('passed');
    expect(checks).toMatchObject({ jsts: 'passed', mewsc16: 'passed', jaqket: 'none', paws_x_ja: 'none' });
  });

  it('fails beyond what the authors own runs differ by, in either direction, and only there', async () => {
    const { agreesWithin, doubtfulWithin } = noise.classes.jsick;
    for (const sign of [1, -1]) {
      const far = await verdictsOf(await runWith(`far${sign}`, { jsick: sign * (doubtfulWithin + 0.1) }));
      expect([far.verdict, far.checks.jsick]).toEqual(['failed', 'failed']);
      const near = await verdictsOf(await runWith(`near${sign}`, { jsick: sign * (agreesWithin - 0.01) }));
      expect([near.verdict, near.checks.jsick]).toEqual(['passed', 'passed']);
    }
    const without = await verdictsOf(await runWith('without', { jaqket: -30 }));
    expect([without.verdict, without.checks.jaqket]).toEqual(['passed', 'none']);
  });

  it('is incomplete where a published task was not run', async () => {
    const { verdict, checks } = await verdictsOf(await runWith('less', {}, ['jsick']));
    expect([verdict, checks.jsick]).toEqual(['incomplete', 'incomplete']);
  });
});

describe('imported scores', () => {
  const imported: Imported = {
    schema: 'jmteb/imported/1',
    model: 'owner/model',
    protocol: 'jmteb-v2',
    source: { format: 'jmteb-v2', file: 'summary.json', sha256: HASH },
    scores: { STS: { jsts: { spearman: 0.5 } } },
  };

  it('are no baseline of a gate, and nothing to compare by themselves', async () => {
    const folder = join(root, 'imported');
    mkdirSync(folder, { recursive: true });
    await writeImported(folder, imported);
    expect(existsSync(join(folder, 'imported.json'))).toBe(true);
    const run = await runWith('own', {});
    await expect(check({ run, baseline: folder })).rejects.toThrow(
      'holds imported scores: without items nothing can be tested',
    );
    await expect(compare({ runs: [folder, folder] })).rejects.toThrow('only imported scores');
  });
});
