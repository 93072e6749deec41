import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FAMILIES } from '../../src/definitions/types.js';
import { UserError } from '../../src/errors.js';
import {
  checkRunRecord,
  checkSummary,
  checkTaskResult,
  readRunRecord,
  readSummary,
  readTaskResult,
  writeRunRecord,
  writeTaskResult,
} from '../../src/results/result-file.js';
import type { TaskResult } from '../../src/results/types.js';
import { runRecord, taskResult, withoutScore } from './example.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jmteb-result-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const file = (name: string) => join(folder, 'tasks', name);
const messages = (value: unknown) =>
  checkTaskResult(value, 'tasks/jsts.json').map(({ where, what, fix }) => `${where}: ${what} ${fix ?? ''}`);

describe('a task result', () => {
  it.each([
    ['done', taskResult('jsts', 'STS', 0.8, { details: { draws: [0.1, 0.2] } })],
    ['undefined', taskResult('jsts', 'STS', null)],
    ['without validation', taskResult('jsts', 'STS', 0.8, { validation: null })],
    ['failed', withoutScore('jsts', 'STS', 'failed', 'the disk is full')],
    ['partial', taskResult('jsts', 'STS', 0.8, { state: 'partial', reason: '--limit 10' })],
  ])('comes back as it was written: %s', async (_, result) => {
    expect(readTaskResult(await writeTaskResult(folder, result))).toEqual(result);
  });

  it('gives the same bytes every time', async () => {
    const path = await writeTaskResult(folder, taskResult('jsts', 'STS', 0.8));
    const first = await readFile(path);
    await writeTaskResult(folder, taskResult('jsts', 'STS', 0.8));
    expect(await readFile(path)).toEqual(first);
    expect(await readdir(join(folder, 'tasks'))).toEqual(['jsts.json']);
  });

  it.each(FAMILIES)('of %s is valid', (family) => {
    expect(checkTaskResult(taskResult('x', family, 0.5), 'x.json')).toEqual([]);
  });

  it('that is wrong is not written', async () => {
    const wrong = { ...taskResult('jsts', 'STS', 0.8), extra: 1 } as TaskResult;
    await expect(writeTaskResult(folder, wrong)).rejects.toThrow(UserError);
    await expect(writeTaskResult(folder, taskResult('jsts', 'STS', Number.NaN))).rejects.toThrow(/"main\.value" is NaN/);
    await expect(writeTaskResult(folder, taskResult('../jsts', 'STS', 0.8))).rejects.toThrow(/cannot name a file/);
    expect(await readdir(folder)).toEqual([]);
  });

  it('refuses unknown fields everywhere, with the nearest known name', () => {
    const good = taskResult('jsts', 'STS', 0.8);
    const all = messages({
      ...good,
      protokol: 'published',
      main: { ...good.main, values: 1 },
      dataset: { ...good.dataset, files: [{ ...good.dataset.files[0], size: 1 }] },
      embedding: { ...good.embedding, token: 1 },
    });
    expect(all).toHaveLength(4);
    expect(all.join('\n')).toMatch(/tasks\/jsts\.json: "protokol" is not a field[^\n]*"protocol"/);
    expect(all.join('\n')).toMatch(/"main\.values" is not a field/);
    expect(all.join('\n')).toMatch(/"dataset\.files\[0\]\.size" is not a field/);
    expect(all.join('\n')).toMatch(/"embedding\.token" is not a field[^\n]*"tokens"/);
  });

  it.each(Object.keys(taskResult('jsts', 'STS', 0.8)))('needs the field %s', (field) => {
    const { [field as 'task']: _, ...rest } = taskResult('jsts', 'STS', 0.8);
    expect(messages(rest).join('\n')).toContain(`"${field}" is missing`);
  });

  it.each([
    ['another schema', { schema: 'jmteb/task-result/2' as never }, /"schema" is .*jmteb\/task-result\/2.*expected .*jmteb\/task-result\/1/],
    ['a family that is none', { family: 'Sts' as never }, /"family" is .*Sts/],
    ['a state that is none', { state: 'finished' as never }, /"state" is .*finished/],
    ['a score that is a text', { main: { metric: 'spearman', value: '0.8' as never } }, /"main\.value" is .*0\.8/],
    ['a hash that is none', { dataset: { repo: null, revision: null, files: [{ path: 'x', sha256: 'abc', rows: 1 }] } }, /"dataset\.files\[0\]\.sha256" is .*abc/],
    ['a warning that is no text', { warnings: [1] as never }, /"warnings\[0\]" is/],
    ['a version below 1', { taskVersion: 0 }, /"taskVersion" is/],
  ])('refuses %s', (_, change, message) => {
    expect(messages(taskResult('jsts', 'STS', 0.8, change)).join('\n')).toMatch(message);
  });

  it.each([
    ['failed without a reason', { ...withoutScore('jsts', 'STS', 'failed', 'x'), reason: undefined }, /"reason" is missing/],
    ['skipped with a score', { ...withoutScore('jsts', 'STS', 'skipped', 'x'), main: { metric: 'spearman', value: 0.5 } }, /is skipped has no score/],
    ['done without test scores', taskResult('jsts', 'STS', 0.8, { test: null }), /done has "choice" and "test"/],
    ['done without a choice', taskResult('jsts', 'STS', 0.8, { choice: null }), /done has "choice" and "test"/],
    ['a choice that is no candidate', taskResult('jsts', 'STS', 0.8, { choice: { name: 'o', value: 'best' } }), /"choice\.value" is "best"/],
    ['a main score that is not the choice’s', taskResult('jsts', 'STS', 0.8, { main: { metric: 'spearman', value: 0.9 } }), /"main\.value" is 0\.9, but .* is 0\.8/],
    ['a main metric that is not there', taskResult('jsts', 'STS', 0.8, { main: { metric: 'pearson', value: 0.8 } }), /under "pearson" is not there/],
  ])('refuses what contradicts itself: %s', (_, result, message) => {
    expect(messages(JSON.parse(JSON.stringify(result))).join('\n')).toMatch(message);
  });

  it('must stand in the file of its name', async () => {
    await writeTaskResult(folder, taskResult('jsts', 'STS', 0.8));
    await writeFile(file('jsick.json'), await readFile(file('jsts.json')));
    expect(() => readTaskResult(file('jsick.json'))).toThrow(/jsick\.json: "task" is "jsts"/);
  });

  it.each([
    ['empty', ''],
    ['cut short', JSON.stringify(taskResult('jsts', 'STS', 0.8)).slice(0, 200)],
    ['not JSON', 'metric: 0.8'],
    ['Python’s NaN', JSON.stringify(taskResult('jsts', 'STS', 0.8)).replace('0.8', 'NaN')],
    ['a number beyond all', JSON.stringify(taskResult('jsts', 'STS', 0.8)).replace('0.8', '1e999')],
    ['another kind of JSON', '[1, 2]'],
    ['null', 'null'],
    ['endless nesting', '['.repeat(200_000)],
    ['nested fields', `{"schema": ${'{"a":'.repeat(90)}1${'}'.repeat(90)}}`],
    ['not UTF-8', Buffer.from([0x22, 0xff, 0xfe, 0x22])],
    ['zeros', Buffer.alloc(1000)],
  ])('answers any bytes with an error that names the file: %s', async (_, bytes) => {
    await mkdir(join(folder, 'tasks'));
    await writeFile(file('jsts.json'), bytes);
    expect(() => readTaskResult(file('jsts.json'))).toThrow(UserError);
    expect(() => readTaskResult(file('jsts.json'))).toThrow(/jsts\.json: /);
  });

  it('answers random damage with an error or the truth', async () => {
    const result = taskResult('jsts', 'STS', 0.8);
    const bytes = await readFile(await writeTaskResult(folder, result));
    let state = 11;
    const next = (n: number) => (state = (state * 48271) % 2147483647) % n;
    for (let round = 0; round < 300; round++) {
      const damaged = Buffer.from(bytes);
      for (let i = 0; i <= next(3); i++) damaged[next(damaged.length)] = next(256);
      await writeFile(file('jsts.json'), damaged);
      try {
        readTaskResult(file('jsts.json'));
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(UserError);
      }
    }
  });
});

describe('a run record', () => {
  it('comes back as it was written', async () => {
    expect(await writeRunRecord(folder, runRecord())).toBe(join(folder, 'run.json'));
    expect(readRunRecord(folder)).toEqual(runRecord());
    expect(await readFile(join(folder, 'run.json'), 'utf8')).toMatch(/^\{\n {2}"schema": "jmteb\/run\/1",\n[^]*\}\n$/);
  });

  it('keeps Japanese prompts readable in the file', async () => {
    await writeRunRecord(folder, runRecord());
    expect(await readFile(join(folder, 'run.json'), 'utf8')).toContain('"クエリ: "');
  });

  it.each(Object.keys(runRecord()))('needs the field %s', (field) => {
    const { [field as 'variant']: _, ...rest } = runRecord();
    expect(checkRunRecord(rest, 'run.json').map(({ what }) => what).join()).toContain(`"${field}" is missing`);
  });

  it('refuses unknown fields', () => {
    const record = runRecord();
    const wrong = { ...record, host: 'x', model: { ...record.model, path: 'x' } };
    expect(checkRunRecord(wrong, 'run.json').map(({ what }) => what).join('\n')).toMatch(
      /"host" is not a field[^]*"model\.path" is not a field/,
    );
  });
});

describe('a summary', () => {
  it('has the reference’s layout', async () => {
    await writeFile(join(folder, 'summary.json'), '{"STS": {"jsts": {"spearman": 0.5}}}');
    expect(readSummary(folder)).toEqual({ STS: { jsts: { spearman: 0.5 } } });
  });

  it.each([
    ['an unknown family', { Sts: {} }],
    ['two metrics', { STS: { jsts: { spearman: 0.5, pearson: 0.5 } } }],
    ['null', { STS: { jsts: { spearman: null } } }],
    ['a family without tasks', { STS: {} }],
  ])('refuses %s', (_, summary) => {
    expect(checkSummary(summary, 'summary.json')).not.toEqual([]);
  });
});
