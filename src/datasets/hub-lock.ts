import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { mkdir, readFile, stat, unlink, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { isAlive } from '../write-atomically.js';
import { codeOf, onDisk } from './hub-disk.js';
import type { HubMachine } from './hub-machine.js';
import type { HubCallOptions } from './hub-types.js';

export interface LockOptions extends HubCallOptions {
  /** What is locked, for messages. */
  readonly what: string;
  /** A file that another program writes while it does the same work. */
  readonly theirs: string;
}

/**
 * Does work that one process at a time should do.
 *
 * The lock is a file with the name of its owner, whose time is renewed while the owner lives. The lock of a process that has
 * ended, or that was silent for `abandonedMs`, counts for nothing. It spares double work and no more: whoever holds it must
 * write so that nothing breaks when another does the same.
 */
export async function withLock<T>(
  path: string,
  machine: HubMachine,
  options: LockOptions,
  work: () => Promise<T>,
): Promise<T> {
  const owner = `${hostname()} ${process.pid} ${randomBytes(4).toString('hex')}\n`;
  await onDisk(path, () => take(path, owner, machine, options));
  const renewing = setInterval(() => void renew(path, machine), machine.patience.abandonedMs / 4);
  renewing.unref();
  try {
    return await work();
  } finally {
    clearInterval(renewing);
    if ((await ownerOf(path)) === owner) await unlink(path).catch(() => undefined);
  }
}

async function take(path: string, owner: string, machine: HubMachine, options: LockOptions): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  let isTold = false;
  for (;;) {
    const isTheirs = await isFresh(options.theirs, machine);
    if (!isTheirs && (await create(path, owner, machine))) return;
    if (!isTheirs && (await isAbandoned(path, machine))) {
      await unlink(path).catch(() => undefined);
      continue;
    }
    if (!isTold) options.onNotice?.(`another process is downloading ${options.what}; waiting for it`);
    isTold = true;
    await machine.sleep(machine.patience.pollMs, options.signal);
  }
}

async function create(path: string, owner: string, machine: HubMachine): Promise<boolean> {
  try {
    const file = await machine.open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL);
    try {
      await file.write(Buffer.from(owner), 0);
    } finally {
      await file.close();
    }
  } catch (thrown) {
    if (codeOf(thrown) === 'EEXIST') return false;
    throw thrown;
  }
  await renew(path, machine);
  return true;
}

async function renew(path: string, { now }: HubMachine): Promise<void> {
  const time = now() / 1000;
  await utimes(path, time, time).catch(() => undefined);
}

async function isAbandoned(path: string, machine: HubMachine): Promise<boolean> {
  if (!(await isFresh(path, machine))) return true;
  const [host, pid] = ((await ownerOf(path)) ?? '').split(' ');
  return host === hostname() && Number(pid) > 0 && !isAlive(Number(pid));
}

/** Written to a short time ago. A time far ahead is no reason to wait. */
async function isFresh(path: string, { now, patience }: HubMachine): Promise<boolean> {
  const age = await stat(path).then(
    ({ mtimeMs }) => Math.abs(now() - mtimeMs),
    () => Infinity,
  );
  return age < patience.abandonedMs;
}

async function ownerOf(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined);
}
