import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listStore } from '../../src/vectors/list-store.js';
import { openStoredVectors } from '../../src/vectors/stored-vectors.js';
import { jmteb, shards, temporaryFolder } from './jmteb.js';

const BASELINE = ['run', '-m', 'baseline:char-ngram'];
/** Half precision has 11 significant bits; components of vectors of length 1 are below 1. */
const HALF_STEP = 2 ** -11;

let root: string;
const folders = (): string[] => ['-o', join(root, 'results'), '--cache-dir', join(root, 'cache')];

async function runOf(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await jmteb([...BASELINE, ...folders(), ...args]);
  expect([code, stderr.includes('Fix:')]).toEqual([0, false]);
  return stdout.trim().split('\n').at(-1) as string;
}

const resultOf = (folder: string, task: string): { warnings: string[]; test: unknown } =>
  JSON.parse(readFileSync(join(folder, 'tasks', `${task}.json`), 'utf8'));

beforeAll(() => {
  root = temporaryFolder();
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('vectors on disk', () => {
  it('are stored in half precision on request: beside the whole ones, in a variant of its own, and said in the result', async () => {
    const whole = await runOf('-t', 'sample_sts');
    const halves = await runOf('-t', 'sample_sts', '--store-dtype', 'fp16');
    expect(halves).not.toBe(whole);
    expect(halves).toMatch(/\.store-dtype=fp16$/);
    expect(resultOf(whole, 'sample_sts').warnings.join()).not.toContain('half precision');
    expect(resultOf(halves, 'sample_sts').warnings.join()).toMatch(
      /vectors were stored, and scored, in half precision/,
    );
    const entries = await listStore(join(root, 'cache'));
    expect(new Set(entries.map(({ model }) => model))).toEqual(new Set(['baseline/char-ngram']));
    for (const entry of entries.filter(({ type }) => type === 'float16')) {
      const key = entry.listKey.replace(/\.fp16$/, '');
      expect(entries.map(({ listKey }) => listKey)).toContain(key);
      const at = (name: string): string => join(root, 'cache', 'vectors', entry.modelKey, name);
      const [half, full] = [await openStoredVectors(at(entry.listKey)), await openStoredVectors(at(key))];
      const rows = Int32Array.from({ length: full.rows }, (_, i) => i);
      const [a, b] = [await half.gather(rows), await full.gather(rows)];
      expect(a.length).toBe(b.length);
      for (let i = 0; i < a.length; i++) expect(Math.abs(a[i] - b[i])).toBeLessThan(HALF_STEP);
      await half.close();
      await full.close();
    }
    expect(entries.filter(({ type }) => type === 'float16')).toHaveLength(entries.length / 2);
    const rescored = await jmteb(['rescore', halves, '-o', join(root, 'rescored')]);
    expect(rescored.code).toBe(0);
    const again = rescored.stdout.trim().split('\n').at(-1) as string;
    expect(resultOf(again, 'sample_sts').test).toEqual(resultOf(halves, 'sample_sts').test);
  });

  it('of lists that two tasks share are made once', async () => {
    const definition = JSON.parse(readFileSync('tasks/sample/sample_sts.json', 'utf8')) as object;
    cpSync('tasks/sample/sts', join(root, 'sts'), { recursive: true });
    writeFileSync(join(root, 'twin.json'), JSON.stringify({ ...definition, id: 'twin_sts' }));
    const cache = join(root, 'shared-cache');
    const args = ['-o', join(root, 'twins'), '--cache-dir', cache, '--json'];
    const plan = async (tasks: string): Promise<unknown> => {
      const { code, stdout } = await jmteb([...BASELINE, '-t', tasks, ...args]);
      expect(code).toBe(0);
      return JSON.parse(stdout.split('\n').find((line) => line.includes('"event":"plan"')) as string);
    };
    const both = (await plan(`sample_sts,${join(root, 'twin.json')}`)) as { texts: number };
    const made = shards(cache);
    expect(await listStore(cache)).toHaveLength(made.length);
    expect(both).toMatchObject({ tasks: 2, stored: 0 });
    rmSync(join(root, 'twins'), { recursive: true });
    expect(await plan('sample_sts')).toMatchObject({ tasks: 1, texts: both.texts, stored: both.texts });
    expect(shards(cache)).toEqual(made);
  });
});
