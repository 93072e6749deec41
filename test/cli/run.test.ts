import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { RunEvent } from '../../src/run/events.js';
import type { TaskResult } from '../../src/results/types.js';
import { contents, jmteb, startJmteb, temporaryFolder } from './jmteb.js';

const BASELINE = ['run', '-m', 'baseline:char-ngram', '-s', 'sample'];
const TASKS = [
  'sample_sts',
  'sample_pair',
  'sample_clustering',
  'sample_classification',
  'sample_reranking',
  'sample_retrieval',
];

const folders = (root: string): string[] => ['-o', join(root, 'results'), '--cache-dir', join(root, 'cache')];

const undisturbed = temporaryFolder();
let first: Awaited<ReturnType<typeof jmteb>>;
let runDir: string;

beforeAll(async () => {
  first = await jmteb([...BASELINE, ...folders(undisturbed)]);
  runDir = first.stdout.trim().split('\n').at(-1) as string;
});

function taskResult(task: string, folder = runDir): TaskResult {
  return JSON.parse(readFileSync(join(folder, 'tasks', `${task}.json`), 'utf8')) as TaskResult;
}

describe('jmteb run', () => {
  it('scores the six families, prints a table and the run folder in the last line', () => {
    expect(first.code).toBe(0);
    for (const task of TASKS) {
      expect(first.stdout).toContain(task);
      expect(taskResult(task)).toMatchObject({ state: 'done', task });
    }
    expect(first.stdout).toContain('mean over datasets (6)');
    expect(existsSync(join(runDir, 'run.json'))).toBe(true);
    expect(readdirSync(join(runDir, 'items')).sort()).toEqual(TASKS.map((task) => `${task}.arrow`).sort());
  });

  it('writes the same bytes again apart from timing and environment, in any order of tasks and with other threads', async () => {
    const root = temporaryFolder();
    const tasks = [...TASKS].reverse().join(',');
    const again = await jmteb(['run', '-m', 'baseline:char-ngram', '-t', tasks, '--threads', '1', ...folders(root)]);
    expect(again.code).toBe(0);
    const [a, b] = [contents(undisturbed), contents(root)];
    const record = Object.keys(a).find((name) => name.endsWith('run.json')) as string;
    // Only what was asked for differs: the suite by name, or its tasks.
    expect(JSON.parse(b[record])).toEqual({ ...(JSON.parse(a[record]) as object), suite: null });
    delete a[record];
    delete b[record];
    expect(b).toEqual(a);
  });

  it('keeps results that still hold, scores again on request, and then needs no vectors to be made', async () => {
    const kept = await jmteb([...BASELINE, ...folders(undisturbed), '--json']);
    const events = kept.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as RunEvent & { runDir?: string });
    expect(events.filter(({ event }) => event === 'result')).toHaveLength(6);
    expect(events.every((event) => event.event !== 'result' || event.kept)).toBe(true);
    expect(events.at(-1)).toEqual({ event: 'done', runDir, status: 'done' });
    const before = contents(undisturbed);
    const again = await jmteb([...BASELINE, ...folders(undisturbed), '--overwrite', 'always', '--json']);
    const plan = again.stdout
      .split('\n')
      .map((line) => (line === '' ? {} : JSON.parse(line)) as RunEvent)
      .find((event) => event.event === 'plan');
    expect(plan).toMatchObject({ kept: 0 });
    expect(plan?.event === 'plan' && plan.stored === plan.texts).toBe(true);
    expect(contents(undisturbed)).toEqual(before);
  });

  it('makes a broken result again and sets the broken file aside', async () => {
    const root = temporaryFolder();
    const args = ['run', '-m', 'baseline:char-ngram', '-t', 'sample_sts', ...folders(root)];
    const { stdout } = await jmteb(args);
    const folder = stdout.trim().split('\n').at(-1) as string;
    const path = join(folder, 'tasks', 'sample_sts.json');
    const right = taskResult('sample_sts', folder);
    writeFileSync(path, readFileSync(path, 'utf8').slice(0, 200));
    const again = await jmteb(args);
    expect(again.code).toBe(0);
    expect(again.stderr).toContain('sample_sts.json.corrupt-1');
    expect({ ...taskResult('sample_sts', folder), timing: 0 }).toEqual({ ...right, timing: 0 });
  });

  it('twice at once on one cache, both write the right bytes', async () => {
    const root = temporaryFolder();
    const cache = ['--cache-dir', join(root, 'cache')];
    const runs = ['a', 'b'].map((name) => jmteb([...BASELINE, '-o', join(root, name), ...cache]));
    for (const { code } of await Promise.all(runs)) expect(code).toBe(0);
    const expected = contents(join(undisturbed, 'results'));
    expect(contents(join(root, 'a'))).toEqual(expected);
    expect(contents(join(root, 'b'))).toEqual(expected);
    expect(contents(join(root, 'cache'))).toEqual(contents(join(undisturbed, 'cache')));
  });

  it('stops on request after the shard in hand, and goes on later', async () => {
    const root = temporaryFolder();
    const { child, ended } = startJmteb([...BASELINE, ...folders(root)]);
    child.stderr?.on('data', (text: string) => text.includes('sample_sts: spearman') && child.kill('SIGINT'));
    const { code, stderr } = await ended;
    expect(code).toBe(130);
    expect(stderr).toContain('stopping after the shard in hand');
    const again = await jmteb([...BASELINE, ...folders(root)]);
    expect(again.code).toBe(0);
    expect(contents(root)).toEqual(contents(undisturbed));
  });

  it('with a limit is partial, in a folder of its own, and enters no average', async () => {
    const { code, stdout } = await jmteb([...BASELINE, ...folders(undisturbed), '--limit', '20']);
    expect(code).toBe(0);
    const folder = stdout.trim().split('\n').at(-1) as string;
    expect(folder).toMatch(/\.limit=20$/);
    expect(taskResult('sample_sts', folder)).toMatchObject({ state: 'partial' });
    expect(stdout).toContain('0 of 6 datasets');
    expect(JSON.parse(readFileSync(join(folder, 'summary.json'), 'utf8'))).toEqual({});
  });
});

describe('jmteb rescore', () => {
  it('gives what a run under that protocol gives, without the model', async () => {
    const root = temporaryFolder();
    const fresh = await jmteb([...BASELINE, '--protocol', 'corrected', ...folders(root)]);
    const rescored = await jmteb(['rescore', runDir, '--protocol', 'corrected', '-o', join(root, 'again')]);
    expect(rescored.code).toBe(0);
    const folder = fresh.stdout.trim().split('\n').at(-1) as string;
    const other = rescored.stdout.trim().split('\n').at(-1) as string;
    expect(contents(join(other, 'tasks'))).toEqual(contents(join(folder, 'tasks')));
    expect(contents(join(other, 'items'))).toEqual(contents(join(folder, 'items')));
  });

  it('scores with fewer dimensions, as a run does', async () => {
    const root = temporaryFolder();
    const fresh = await jmteb([...BASELINE, '--truncate-dim', '32', ...folders(root)]);
    const rescored = await jmteb(['rescore', runDir, '--truncate-dim', '32', '-o', join(root, 'again')]);
    const [folder, other] = [fresh, rescored].map(({ stdout }) => stdout.trim().split('\n').at(-1) as string);
    expect(contents(join(other, 'tasks'))).toEqual(contents(join(folder, 'tasks')));
    expect(taskResult('sample_sts', other).main.value).not.toBe(taskResult('sample_sts').main.value);
  });

  it('says which vectors are not stored any more, and writes nothing', async () => {
    const root = temporaryFolder();
    const { code, stderr } = await jmteb([
      'rescore',
      runDir,
      '--cache-dir',
      join(root, 'none'),
      '-o',
      join(root, 'out'),
    ]);
    expect(code).toBe(2);
    expect(stderr).toContain('sample_sts validation/sentence1');
    expect(existsSync(join(root, 'out'))).toBe(false);
  });
});
