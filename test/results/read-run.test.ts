import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UserError } from '../../src/errors.js';
import { readRun, readRunForResume } from '../../src/results/read-run.js';
import { writeRunRecord, writeTaskResult } from '../../src/results/result-file.js';
import { runRecord, taskResult, withoutScore } from './example.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jmteb-run-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const inTasks = (name: string) => join(folder, 'tasks', name);
async function example(): Promise<void> {
  await writeRunRecord(folder, runRecord());
  await writeTaskResult(folder, taskResult('mewsc16', 'Clustering', 0.5));
  await writeTaskResult(folder, withoutScore('jsts', 'STS', 'failed', 'no room'));
  await writeTaskResult(folder, taskResult('jsick', 'STS', 0.8));
  await writeTaskResult(folder, taskResult('jaqket', 'Retrieval', 0.7));
}

describe('reading a run', () => {
  it('gives record and tasks in the order of families and ids', async () => {
    await example();
    const run = await readRun(folder);
    expect(run.record).toEqual(runRecord());
    expect([...run.tasks.keys()]).toEqual(['jaqket', 'jsick', 'jsts', 'mewsc16']);
    expect(run.problems).toEqual([]);
  });

  it('leaves broken task files where they are, and tells them', async () => {
    await example();
    await writeFile(inTasks('jsick.json'), '{');
    await writeFile(inTasks('notes.txt'), 'not ours');
    await writeFile(inTasks('.jsts.json.99999999-0123456789ab.tmp'), 'half');
    const run = await readRun(folder);
    expect([...run.tasks.keys()]).toEqual(['jaqket', 'jsts', 'mewsc16']);
    expect(run.problems.map(({ where }) => where)).toEqual([inTasks('jsick.json')]);
    expect(await readFile(inTasks('jsick.json'), 'utf8')).toBe('{');
    expect(await readdir(join(folder, 'tasks'))).toHaveLength(6);
  });

  it('takes a folder in place of a task file for a broken file', async () => {
    await example();
    await mkdir(inTasks('paws_x_ja.json'));
    expect((await readRun(folder)).problems).toHaveLength(1);
  });

  it('does not mix protocols', async () => {
    await example();
    await writeTaskResult(folder, taskResult('jsick', 'STS', 0.8, { protocol: 'corrected' }));
    const run = await readRun(folder);
    expect(run.tasks.has('jsick')).toBe(false);
    expect(run.problems[0].what).toBe('"protocol" is "corrected", but run.json says "published"');
  });

  it('has no tasks before the first one is written', async () => {
    await writeRunRecord(folder, runRecord());
    expect((await readRun(folder)).tasks.size).toBe(0);
  });

  it('says when a folder is no run, is not there, or its record is broken', async () => {
    await expect(readRun(folder)).rejects.toThrow(/this is not a run folder: it has no run\.json/);
    await expect(readRun(join(folder, 'none'))).rejects.toThrow(/there is no such folder/);
    await writeFile(join(folder, 'run.json'), '{}');
    await expect(readRun(folder)).rejects.toThrow(UserError);
  });
});

describe('reading a run to go on in it', () => {
  it('finds nothing in a new folder', async () => {
    expect(await readRunForResume(join(folder, 'new'))).toEqual({ record: null, tasks: new Map(), warnings: [] });
  });

  it('sets broken files aside under a free name, with a warning', async () => {
    await example();
    await writeFile(inTasks('jsick.json'), '{');
    const first = await readRunForResume(folder);
    expect([...first.tasks.keys()]).toEqual(['jaqket', 'jsts', 'mewsc16']);
    expect(first.warnings).toHaveLength(1);
    expect(first.warnings[0]).toContain(inTasks('jsick.json'));
    expect(first.warnings[0]).toContain('jsick.json.corrupt-1');
    await writeFile(inTasks('jsick.json'), 'again');
    await readRunForResume(folder);
    expect(await readFile(inTasks('jsick.json.corrupt-1'), 'utf8')).toBe('{');
    expect(await readFile(inTasks('jsick.json.corrupt-2'), 'utf8')).toBe('again');
    expect((await readRunForResume(folder)).warnings).toEqual([]);
    expect((await readRun(folder)).problems).toEqual([]);
  });

  it('sets a broken record aside and keeps the tasks', async () => {
    await example();
    await writeFile(join(folder, 'run.json'), 'x');
    const found = await readRunForResume(folder);
    expect(found.record).toBeNull();
    expect(found.tasks.size).toBe(4);
    expect(await readdir(folder)).toEqual(['run.json.corrupt-1', 'tasks']);
  });

  it('removes what a killed process left half-written', async () => {
    await example();
    await mkdir(join(folder, 'items'));
    for (const place of ['', 'tasks', 'items'])
      await writeFile(join(folder, place, '.x.99999999-0123456789ab.tmp'), 'half');
    await readRunForResume(folder);
    expect((await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });
});
