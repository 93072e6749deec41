import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'vitest';
import { contents, shards, startJmteb, type Ended } from './jmteb.js';

/** A child may take this long to see that its parent is gone. */
const ORPHAN_MS = 3000;
/** Where processes are looked for. */
const POLL_MS = 4;
/** Times that a child is started anew because it had ended before its moment came. */
const TRIES = 6;
/** A variable by which the processes of one run know each other; children inherit it. */
const TAG = 'KILLED_RUN';

export const CHILDREN = ['inference-child', 'scoring-child'] as const;
export type Child = (typeof CHILDREN)[number];
export type Victim = 'parent' | Child;

interface Found {
  readonly pid: number;
  readonly command: string;
}

/** Whether processes, their commands and their variables can be read (Linux). */
export function canFindProcesses(): boolean {
  try {
    return readFileSync(`/proc/${process.pid}/environ`).length > 0;
  } catch {
    return false;
  }
}

/** Processes with a tag that run; one that only waits to be collected has no variables any more. */
export function taggedProcesses(tag: string): Found[] {
  const found: Found[] = [];
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      if (!readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(`${TAG}=${tag}`)) continue;
      found.push({ pid: Number(pid), command: readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ') });
    } catch {
      // It has ended, or is somebody else's.
    }
  }
  return found;
}

/** Starts a run into a folder, with that folder as its tag; the cache is in it, too, unless given. */
export function startTagged(
  args: readonly string[],
  folder: string,
  cache = join(folder, 'cache'),
): ReturnType<typeof startJmteb> {
  const places = ['-o', join(folder, 'results'), '--cache-dir', cache];
  return startJmteb([...args, ...places], { env: { [TAG]: folder } });
}

/** Undisturbed: how long a run takes, when each of its children lives, and the files that it leaves. */
export interface Undisturbed {
  readonly args: readonly string[];
  readonly ms: number;
  /** Milliseconds that a child of this kind lives. */
  readonly lives: Readonly<Record<Child, number>>;
  readonly files: Readonly<Record<string, string>>;
}

export async function undisturbed(args: readonly string[], folder: string): Promise<Undisturbed> {
  const began = performance.now();
  const { child, ended } = startTagged(args, folder);
  const seen = new Map<Child, { first: number; last: number }>();
  while (child.exitCode === null && child.signalCode === null) {
    const now = performance.now();
    for (const kind of CHILDREN) {
      if (pidOf(kind, folder) === undefined) continue;
      seen.set(kind, { first: seen.get(kind)?.first ?? now, last: now });
    }
    await wait(POLL_MS);
  }
  const ms = performance.now() - began;
  succeeded(await ended);
  const life = (kind: Child): number => {
    const { first = 0, last = 0 } = seen.get(kind) ?? {};
    expect(last - first, `the ${kind} is seen`).toBeGreaterThan(0);
    return last - first;
  };
  const lives = { 'inference-child': life('inference-child'), 'scoring-child': life('scoring-child') };
  return { args, ms, lives, files: contents(folder) };
}

/**
 * Kills a run, or a child of it, then finishes it: nothing of it goes on, no shard that stood is made again, and the files
 * are those of an undisturbed run.
 *
 * @param part of the time that the run, or the child, takes, after which it is killed
 * @returns processes that the run had when it was killed
 */
export async function killOnce(whole: Undisturbed, folder: string, victim: Victim, part: number): Promise<number> {
  const others =
    victim === 'parent' ? await killParent(whole, folder, part) : await killChild(whole, folder, victim, part);
  sameFiles(contents(folder), whole.files);
  rmSync(folder, { recursive: true });
  return others;
}

/** The same for one of two runs that use one cache: the other goes on as if it were alone. */
export async function killOneOfTwo(whole: Undisturbed, folder: string, part: number): Promise<void> {
  const cache = join(folder, 'cache');
  const other = join(folder, 'other');
  const living = startTagged(whole.args, folder);
  const killed = startTagged(whole.args, other, cache);
  await wait(part * whole.ms);
  killed.child.kill('SIGKILL');
  await killed.ended;
  await noneLeft(other);
  succeeded(await living.ended);
  const stored = shards(cache);
  succeeded(await startTagged(whole.args, other, cache).ended);
  keeps(folder, stored);
  expect(contents(join(other, 'results'))).toEqual(contents(join(folder, 'results')));
  rmSync(other, { recursive: true });
  sameFiles(contents(folder), whole.files);
  rmSync(folder, { recursive: true });
}

async function killParent(whole: Undisturbed, folder: string, part: number): Promise<number> {
  const killed = await killAndLook(whole, folder, part);
  const stored = shards(join(folder, 'cache'));
  succeeded(await startTagged(whole.args, folder).ended);
  keeps(folder, stored);
  return killed;
}

/** Kills a run after a part of its time; returns how many children it had, all of which end by themselves. */
export async function killAndLook(whole: Undisturbed, folder: string, part: number): Promise<number> {
  const { child, ended } = startTagged(whole.args, folder);
  await wait(part * whole.ms);
  const before = taggedProcesses(folder).filter(({ pid }) => pid !== child.pid);
  child.kill('SIGKILL');
  await ended;
  await noneLeft(folder);
  return before.length;
}

/** @throws when processes with a tag still run after the time that they may take */
export async function noneLeft(tag: string, patienceMs = ORPHAN_MS): Promise<void> {
  const deadline = performance.now() + patienceMs;
  let left = taggedProcesses(tag);
  while (left.length > 0 && performance.now() < deadline) {
    await wait(20);
    left = taggedProcesses(tag);
  }
  expect(left, 'processes of a run that was killed go on').toEqual([]);
}

async function killChild(whole: Undisturbed, folder: string, kind: Child, part: number): Promise<number> {
  for (let tries = 1, at = part; tries <= TRIES; tries++, at /= 2) {
    const { child, ended } = startTagged(whole.args, folder);
    const isOver = (): boolean => child.exitCode !== null || child.signalCode !== null;
    let pid: number | undefined;
    while (!isOver() && (pid = pidOf(kind, folder)) === undefined) await wait(POLL_MS);
    await wait(at * whole.lives[kind]);
    const isHit = pid !== undefined && pidOf(kind, folder) === pid && process.kill(pid, 'SIGKILL');
    const stored = shards(join(folder, 'cache'));
    succeeded(await ended);
    if (!isHit) {
      rmSync(folder, { recursive: true });
      continue;
    }
    keeps(folder, stored);
    await noneLeft(folder);
    return 1;
  }
  throw new Error(`no ${kind} lived long enough to be killed`);
}

function pidOf(kind: Child, tag: string): number | undefined {
  return taggedProcesses(tag).find(({ command }) => command.includes(`${kind}.js`))?.pid;
}

function succeeded({ code, stderr }: Ended): void {
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
}

/** Names first, so that a failure says which file is too many. */
function sameFiles(found: Readonly<Record<string, string>>, expected: Readonly<Record<string, string>>): void {
  expect(Object.keys(found)).toEqual(Object.keys(expected));
  const differing = Object.keys(expected).filter((name) => found[name] !== expected[name]);
  expect(differing).toEqual([]);
}

function keeps(folder: string, before: ReturnType<typeof shards>): void {
  const after = new Map(shards(join(folder, 'cache')));
  const again = before.filter(([path, identity]) => after.get(path) !== identity);
  expect(again, 'shards that were made again').toEqual([]);
}
