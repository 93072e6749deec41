import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { packageRoot } from '../../src/definitions/package-root.js';
import { congruential } from '../pseudo-random.js';
import { describeFull } from '../shared.js';

const SEED = 7;
/** A child may take this long to see that its parent is gone. */
const ORPHAN_MS = 5000;
/** Processes and their parents are read from here. */
const canFindChildren = existsSync(`/proc/${process.pid}/stat`);

const root = join(tmpdir(), `jmteb-crash-${process.pid}`);
let whole: Map<string, string>;
let wholeMs = 0;

function start(folder: string): ChildProcess {
  const places = ['--output', join(root, folder, 'results'), '--cache-dir', join(root, folder, 'cache')];
  const args = ['run', '--suite', 'sample', '--model', 'baseline:char-ngram', ...places];
  return spawn(process.execPath, [join(packageRoot(), 'dist/cli/main.js'), ...args], { stdio: 'ignore' });
}

async function finish(run: ChildProcess): Promise<void> {
  if (run.exitCode === null && run.signalCode === null) await once(run, 'exit');
  expect({ code: run.exitCode, signal: run.signalCode }).toEqual({ code: 0, signal: null });
}

async function paths(folder: string): Promise<string[]> {
  const entries = await readdir(join(root, folder), { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

/** Every file by its path: its bytes, or its fields without those that may differ between two equal runs. */
async function filesOf(folder: string): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const path of (await paths(folder)).sort()) {
    const bytes = await readFile(path);
    const kept = (key: string, value: unknown) => (key === 'timing' || key === 'environment' ? undefined : value);
    const text = path.endsWith('.json') ? JSON.stringify(JSON.parse(bytes.toString()), kept) : bytes.toString('base64');
    files.set(path.slice(join(root, folder).length), text);
  }
  return files;
}

/** The stored shards by the file they are: a shard that is written again is another file. */
async function shardsOf(folder: string): Promise<Map<string, string>> {
  const shards = (await paths(folder)).filter((path) => /[/\\]\d{5}\.arrow$/.test(path));
  const marks = shards.map(async (path) => {
    const { ino, mtimeMs } = await stat(path);
    return [path, `${ino} ${mtimeMs}`] as const;
  });
  return new Map(await Promise.all(marks));
}

/** State and parent of a process, null when there is none. */
async function processState(pid: number): Promise<{ readonly state: string; readonly parent: number } | null> {
  const line = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  if (line === null) return null;
  // The name, in parentheses, may hold anything.
  const [state, parent] = line.slice(line.lastIndexOf(')') + 2).split(' ');
  return { state, parent: Number(parent) };
}

async function childrenOf(pid: number): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const states = await Promise.all(pids.map(processState));
  return pids.filter((_, i) => states[i]?.parent === pid);
}

async function isGone(pid: number): Promise<boolean> {
  const found = await processState(pid);
  return found === null || found.state === 'Z';
}

/** Kills the run, or a child of it, after a part of the time that a run takes; then finishes it and compares. */
async function disturb(folder: string, part: number, victim: 'parent' | 'child'): Promise<void> {
  const run = start(folder);
  const pid = run.pid as number;
  await wait(part * wholeMs);
  const children = await childrenOf(pid);
  if (victim === 'child' && children.length > 0) process.kill(children[0], 'SIGKILL');
  else {
    run.kill('SIGKILL');
    if (run.exitCode === null && run.signalCode === null) await once(run, 'exit');
    const deadline = performance.now() + ORPHAN_MS;
    for (const child of children) while (!(await isGone(child)) && performance.now() < deadline) await wait(20);
    for (const child of children) expect(await isGone(child), `child ${child} outlives its parent`).toBe(true);
    const stored = await shardsOf(folder);
    await finish(start(folder));
    const after = await shardsOf(folder);
    for (const [path, mark] of stored) expect(after.get(path), `${path} was done again`).toBe(mark);
  }
  if (run.signalCode === null) await finish(run);
  expect(await filesOf(folder)).toEqual(whole);
  await rm(join(root, folder), { recursive: true, force: true });
}

async function disturbTimes(times: number): Promise<void> {
  const random = congruential(SEED);
  for (let i = 0; i < times; i++) {
    // One moment in each of as many equal parts of a run, so that none is left out.
    const part = (i + random() / 2 ** 32) / times;
    await disturb(`run-${i}`, part, i % 2 === 0 ? 'parent' : 'child');
  }
}

describeFull('a run that is killed at many moments', () => {
  beforeAll(async () => {
    const began = performance.now();
    await finish(start('whole'));
    wholeMs = performance.now() - began;
    whole = await filesOf('whole');
  }, 60_000);
  afterAll(() => rm(root, { recursive: true, force: true }));

  it.skipIf(!canFindChildren)('ends with the files of an undisturbed one each time', () => disturbTimes(50), 600_000);
});
