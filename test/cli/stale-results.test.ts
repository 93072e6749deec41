import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import type { TaskResult } from '../../src/results/types.js';
import { jmteb, temporaryFolder } from './jmteb.js';

interface PairRow {
  readonly sentence1: string;
  readonly sentence2: string;
  readonly score: number;
  readonly other: number;
}

/** Pairs whose second sentence shares `i % 5` characters with the first; `score` goes with that, `other` against it. */
const PAIRS: readonly PairRow[] = Array.from({ length: 15 }, (_, i) => ({
  sentence1: `山川海空雲${i}`,
  sentence2: `${'山川海空雲'.slice(0, i % 5)}${'猫犬鳥馬牛'.slice(i % 5)}${i}`,
  score: i % 5,
  other: 5 - (i % 5),
}));

let folder: string;

function writeRows(name: string, rows: readonly PairRow[]): void {
  mkdirSync(join(folder, 'rows'), { recursive: true });
  writeFileSync(join(folder, 'rows', name), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
}

function writeDefinition(change: object = {}): void {
  const definition = {
    id: 'own_sts',
    version: 1,
    family: 'STS',
    title: 'Own STS',
    language: 'ja',
    source: { files: { validation: 'rows/validation.jsonl', test: 'rows/test.jsonl' } },
    splits: { validation: 'validation', test: 'test' },
    columns: { sentence1: 'sentence1', sentence2: 'sentence2', score: 'score' },
    mainMetric: 'spearman',
    ...change,
  };
  writeFileSync(join(folder, 'task.json'), JSON.stringify(definition));
}

/** Runs the task: whether its result was kept, how it ended, what it says, and what was said to the user. */
async function run(): Promise<{
  kept: boolean;
  code: number | null;
  result: TaskResult;
  path: string;
  stdout: string;
}> {
  const places = ['-o', join(folder, 'results'), '--cache-dir', join(folder, 'cache')];
  const task = join(folder, 'task.json');
  const { code, stdout } = await jmteb(['run', '-m', 'baseline:char-ngram', '-t', task, ...places, '--json']);
  const { runDir } = JSON.parse(stdout.trim().split('\n').at(-1) as string) as { runDir: string };
  const path = join(runDir, 'tasks', 'own_sts.json');
  const result = JSON.parse(readFileSync(path, 'utf8')) as TaskResult;
  return { kept: stdout.includes('"kept":true'), code, result, path, stdout };
}

beforeEach(() => {
  folder = temporaryFolder();
  writeRows('validation.jsonl', PAIRS);
  writeRows('test.jsonl', PAIRS);
  writeDefinition();
});

describe('a result that stands already', () => {
  it('is kept when only words for readers changed, and made again when another column is scored', async () => {
    const first = await run();
    writeDefinition({ title: 'Another title', notes: 'A note.' });
    expect((await run()).kept).toBe(true);
    writeDefinition({ columns: { sentence1: 'sentence1', sentence2: 'sentence2', score: 'other' } });
    const other = await run();
    expect(other.kept).toBe(false);
    const spearman = ({ test }: TaskResult): number => test?.dot_score.spearman as number;
    expect(spearman(other.result)).toBeCloseTo(-spearman(first.result), 12);
  });

  it('is made again when another version of the program stands in it, whatever run.json says', async () => {
    const { path, result } = await run();
    const scoredBy = { ...result.scoredBy, versions: { jmteb: '0.0.1' } };
    writeFileSync(path, JSON.stringify({ ...result, scoredBy }));
    const again = await run();
    expect(again.kept).toBe(false);
    expect(again.result.scoredBy).toEqual(result.scoredBy);
  });

  it('is made again, with a warning, when its item table is gone or broken', async () => {
    const { path } = await run();
    const items = path.replace(/tasks([/\\])own_sts\.json$/, 'items$1own_sts.arrow');
    const right = readFileSync(items);
    rmSync(items);
    const lost = await run();
    expect([lost.kept, lost.code]).toEqual([false, 0]);
    expect(lost.stdout).toContain('there is no such item table; the task is scored again');
    expect(readFileSync(items)).toEqual(right);
    writeFileSync(items, right.subarray(0, right.length / 2));
    expect((await run()).kept).toBe(false);
    expect(readFileSync(items)).toEqual(right);
    expect((await run()).kept).toBe(true);
  });
});

describe('a split of several files', () => {
  it('is scored as the same rows in one file', async () => {
    const whole = await run();
    writeRows('test-0.jsonl', PAIRS.slice(0, 4));
    writeRows('test-1.jsonl', PAIRS.slice(4));
    writeDefinition({
      source: { files: { validation: 'rows/validation.jsonl', test: { path: 'rows/test-*.jsonl' } } },
    });
    const { code, result } = await run();
    expect(code).toBe(0);
    expect(result.test).toEqual(whole.result.test);
    expect(result.dataset.files.map(({ rows }) => rows)).toEqual([15, 4, 11]);
  });
});

describe("jmteb rescore of a definition of one's own", () => {
  it('finds the definition again where the run had it, and says when it is gone', async () => {
    const { path } = await run();
    const runDir = join(path, '..', '..');
    const again = await jmteb(['rescore', runDir, '--protocol', 'corrected', '-o', join(folder, 'again')]);
    expect(again.code, again.stderr).toBe(0);
    rmSync(join(folder, 'task.json'));
    const gone = await jmteb(['rescore', runDir, '-o', join(folder, 'again')]);
    expect(gone.code).toBe(2);
    expect(gone.stderr).toContain('task.json');
  });
});
