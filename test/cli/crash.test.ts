import { spawn } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { congruential } from '../pseudo-random.js';
import { describeFull, sharedPath } from '../shared.js';
import { contents } from './jmteb.js';
import {
  canFindProcesses,
  killAndLook,
  killOnce,
  killOneOfTwo,
  noneLeft,
  startTagged,
  taggedProcesses,
  undisturbed,
  type Undisturbed,
  type Victim,
} from './killed-run.js';

const SEED = 7;
/** Rows of a task whose lists have more than one shard. */
const MANY = 5000;

const root = join(tmpdir(), `jmteb-crash-${process.pid}`);
const folder = (name: string): string => join(root, name);
beforeAll(() => void mkdirSync(root, { recursive: true }));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const BASELINE = ['run', '-m', 'baseline:char-ngram'];

describe.skipIf(!canFindProcesses())('a run that is killed', () => {
  let whole: Undisturbed;
  beforeAll(async () => {
    whole = await undisturbed([...BASELINE, '-t', 'sample_sts,sample_classification'], folder('whole'));
  });

  it.each<[Victim, number]>([
    ['parent', 0.6],
    ['inference-child', 0.4],
    ['scoring-child', 0.4],
  ])('itself or in its child (%s) ends with the files of an undisturbed one', async (victim, part) => {
    await killOnce(whole, folder(`${victim}-${part}`), victim, part);
  });
});

describe.skipIf(!canFindProcesses())('a process that outlives its run', () => {
  it('is found', async () => {
    const left = spawn('sleep', ['30'], { env: { KILLED_RUN: root }, stdio: 'ignore' });
    try {
      await expect.poll(() => taggedProcesses(root).map(({ pid }) => pid)).toEqual([left.pid]);
      await expect(noneLeft(root, 100)).rejects.toThrow('go on');
    } finally {
      left.kill('SIGKILL');
    }
    await noneLeft(root);
  });
});

/** Fifty kills: `npm run test:crash`. */
describeFull('a run of several tasks, some with many shards, that is killed at many moments', () => {
  const models: Record<string, Undisturbed> = {};
  const random = congruential(SEED);
  let children = 0;

  beforeAll(async () => {
    const tasks = ['-t', `sample_*,${taskWithManyRows()}`];
    const bert = ['-m', sharedPath('models', 'bert-cls-dense-tanh'), '--no-prompt'];
    models.baseline = await undisturbed([...BASELINE, ...tasks], folder('baseline'));
    models.bert = await undisturbed(['run', ...bert, ...tasks], folder('bert'));
  }, 120_000);

  it.each<[string, Victim, number]>([
    ['baseline', 'parent', 12],
    ['baseline', 'inference-child', 3],
    ['baseline', 'scoring-child', 3],
    ['bert', 'parent', 12],
    ['bert', 'inference-child', 8],
    ['bert', 'scoring-child', 4],
  ])(
    'ends with the files of an undisturbed one (%s, %s, %i times)',
    async (model, victim, times) => {
      for (let i = 0; i < times; i++) {
        // One moment in each of as many equal parts, so that none is left out.
        const part = (i + random() / 2 ** 32) / times;
        const found = await killOnce(models[model], folder(`${model}-${victim}-${i}`), victim, part);
        if (victim === 'parent') children += found;
      }
    },
    600_000,
  );

  it('had children to leave behind', () => {
    expect(children).toBeGreaterThan(0);
  });

  it.each([0.3, 0.6, 0.9])(
    'beside another on the same cache, leaves that one alone (at %d)',
    async (part) => {
      await killOneOfTwo(models.baseline, folder(`two-${part}`), part);
    },
    120_000,
  );

  it('again and again in one folder, ends with the same files', async () => {
    const whole = models.bert;
    for (const part of [0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]) await killAndLook(whole, folder('chain'), part);
    expect((await startTagged(whole.args, folder('chain')).ended).code).toBe(0);
    expect(contents(folder('chain'))).toEqual(whole.files);
  }, 600_000);
});

/** A task of pairs, each text twice in its list or once, more than a shard holds. */
function taskWithManyRows(): string {
  const rows = Array.from({ length: MANY }, (_, i) =>
    JSON.stringify({
      sentence1: `第${i}回の大会は${i % 31}日に開かれた。`,
      sentence2: `${i}番目の本を読む。`,
      score: i % 6,
    }),
  );
  writeFileSync(folder('rows.jsonl'), `${rows.join('\n')}\n`);
  const definition = {
    id: 'many_rows',
    version: 1,
    family: 'STS',
    title: 'Many rows',
    language: 'ja',
    source: { files: { validation: 'rows.jsonl', test: 'rows.jsonl' } },
    splits: { validation: 'validation', test: 'test' },
    columns: { sentence1: 'sentence1', sentence2: 'sentence2', score: 'score' },
    mainMetric: 'spearman',
    license: 'MIT',
    citation: 'Made by a test.',
  };
  const path = folder('many_rows.json');
  writeFileSync(path, JSON.stringify(definition));
  return path;
}
