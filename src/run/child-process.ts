import { fork, type ChildProcess as NodeChild } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Socket } from 'node:net';
import { packageRoot } from '../definitions/package-root.js';
import { unpackError, type FromChild, type ToChild } from './child-messages.js';

/** What a child may take to end on request. */
const CLOSE_MS = 5000;
const LOG_CHARACTERS = 8192;
const LOG_LINES = 20;

/** A child process has ended with requests open. */
export class ChildLost extends Error {
  /**
   * @param how the signal or exit code, and the last of what it said
   * @param wasAtWork whether this request was the one in hand, not one that waited behind it
   */
  constructor(
    readonly how: string,
    readonly wasAtWork: boolean,
  ) {
    super(`a child process ended: ${how}`);
    this.name = 'ChildLost';
  }
}

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: Error) => void;
  readonly onProgress?: (progress: unknown) => void;
}

/**
 * The entry file of a child process: what `src/run/<name>.ts` is compiled to. Node cannot run the source itself.
 *
 * @throws Error when the project is not built
 */
export function childEntry(name: string): string {
  const entry = join(packageRoot(), 'dist', 'run', `${name}.js`);
  if (!existsSync(entry)) throw new Error(`${entry} is not there: run "npm run build" first`);
  return entry;
}

/**
 * A child process that answers requests (`serveParent` on its side). It keeps this process alive only while a request is
 * open, and ends when this process does, whatever its end.
 */
export class ChildProcess {
  private readonly child: NodeChild;
  private readonly pending = new Map<number, Pending>();
  private readonly ended: Promise<string>;
  private nextId = 0;
  private log = '';
  private how: string | undefined;

  constructor(entry: string) {
    this.child = fork(entry, [], {
      serialization: 'advanced',
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      // Flags of this process (a debugger's port, a loader) are not for the child.
      execArgv: [],
    });
    for (const stream of [this.child.stdout, this.child.stderr] as Socket[]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.log = (this.log + text).slice(-LOG_CHARACTERS);
      });
      stream.unref();
    }
    this.child.on('message', (message) => this.take(message as FromChild));
    this.ended = this.end();
    this.holdOpen();
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  /** How it ended (signal or exit code, and its last words); undefined while it lives. */
  get ending(): string | undefined {
    return this.how;
  }

  /**
   * Sends a request and waits for its answer. Requests are done in order; the next may be sent before the last is done.
   *
   * @throws what the child threw; ChildLost when it ended instead
   */
  call(request: unknown, onProgress?: (progress: unknown) => void): Promise<unknown> {
    if (this.how !== undefined) return Promise.reject(new ChildLost(this.how, false));
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      this.pending.set(id, { resolve, reject, onProgress });
      this.holdOpen();
      this.send({ id, request });
    });
  }

  /** Ends the child after the requests that were sent, at once if it does not obey; waits until it is gone. */
  async close(): Promise<void> {
    if (this.how !== undefined) return;
    this.send('close');
    this.child.ref();
    const timer = setTimeout(() => this.child.kill('SIGKILL'), CLOSE_MS);
    await this.ended;
    clearTimeout(timer);
  }

  /** Ends the child at once; waits until it is gone. */
  async kill(): Promise<void> {
    this.child.ref();
    this.child.kill('SIGKILL');
    await this.ended;
  }

  private send(message: ToChild): void {
    // A message that does not arrive means that the child is gone, which is noticed by its end.
    this.child.send(message, () => undefined);
  }

  private take(message: FromChild): void {
    const open = this.pending.get(message.id);
    if (open === undefined) return;
    if ('progress' in message) return open.onProgress?.(message.progress);
    this.pending.delete(message.id);
    this.holdOpen();
    if ('error' in message) open.reject(unpackError(message.error));
    else open.resolve(message.value);
  }

  /** Settles when the child is gone and all that it sent is read; then what is still open is lost. */
  private async end(): Promise<string> {
    const child = this.child;
    const failed = new Promise<string>((resolve) => {
      // Emitted in place of an exit when there was no process; a failed signal or message is followed by an exit.
      child.on('error', (error) => child.pid === undefined && resolve(error.message));
    });
    const closed = new Promise<string>((resolve) => {
      child.once('close', (code, signal) => resolve(signal === null ? `exit code ${code}` : `signal ${signal}`));
    });
    const disconnected = new Promise<void>((resolve) => void child.once('disconnect', resolve));
    const how = await Promise.race([failed, closed.then((end) => disconnected.then(() => end))]);
    const lines = this.log.trim().split('\n').slice(-LOG_LINES).join('\n');
    this.how = lines === '' ? how : `${how}; its last words:\n${lines}`;
    let isFirst = true;
    for (const { reject } of this.pending.values()) {
      reject(new ChildLost(this.how, isFirst));
      isFirst = false;
    }
    this.pending.clear();
    return this.how;
  }

  private holdOpen(): void {
    const hold = this.pending.size > 0 ? 'ref' : 'unref';
    this.child[hold]();
    this.child.channel?.[hold]();
  }
}
