import { writeFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { packError, type FromChild, type ToChild } from './child-messages.js';

/** Does one request; may tell on the way how far it has come. */
export type Handler = (request: unknown, report: (progress: unknown) => void) => Promise<unknown>;

/**
 * Makes this process the child of another: requests are done one after the other, in the order in which they came.
 *
 * The process ends when its parent asks it to or is gone, if need be in the middle of a request. It leaves Ctrl-C, which a
 * terminal sends to all, to its parent.
 *
 * @param close called before the process ends on request
 */
export function serveParent(handle: Handler, close: () => Promise<void>): void {
  process.on('SIGINT', () => undefined);
  process.on('disconnect', () => process.exit(0));
  watchParent();
  offerToBeKilledFirst();
  let queue: Promise<void> = Promise.resolve();
  process.on('message', (message: ToChild) => {
    queue = queue.then(() => (message === 'close' ? end(close) : answer(message.id, message.request, handle)));
  });
}

async function answer(id: number, request: unknown, handle: Handler): Promise<void> {
  try {
    const value = await handle(request, (progress) => send({ id, progress }));
    send({ id, value });
  } catch (thrown) {
    send({ id, error: packError(thrown) });
  }
}

async function end(close: () => Promise<void>): Promise<void> {
  await close();
  process.disconnect();
}

function send(message: FromChild): void {
  // A parent that is gone is noticed by the disconnect.
  process.send?.(message, undefined, undefined, () => undefined);
}

function watchParent(): void {
  const watch = new Worker(new URL('./parent-watch.js', import.meta.url), { workerData: process.ppid });
  // Without it the process ends, too, only later.
  watch.on('error', () => undefined).unref();
}

/** Where memory runs out, Linux shall take this process and not its parent, which can start another. */
function offerToBeKilledFirst(): void {
  try {
    writeFileSync('/proc/self/oom_score_adj', '500');
  } catch {
    // Other systems have no such file.
  }
}
