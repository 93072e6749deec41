/** Work that must not be done twice at the same time in this process: whoever comes second waits, then looks for himself. */
export class Turns {
  private readonly running = new Map<string, Promise<unknown>>();

  /** @throws what `work` throws; the reason of `signal` when it is aborted while waiting */
  async take<T>(key: string, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    for (let before = this.running.get(key); before !== undefined; before = this.running.get(key))
      await orAborted(before, signal);
    const mine = work();
    const settled = mine.then(
      () => undefined,
      () => undefined,
    );
    this.running.set(key, settled);
    try {
      return await mine;
    } finally {
      this.running.delete(key);
    }
  }
}

async function orAborted(work: Promise<unknown>, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted();
  let stop: (() => void) | undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () => reject(signal?.reason as Error);
    signal?.addEventListener('abort', stop, { once: true });
  });
  try {
    await Promise.race([work, aborted]);
  } finally {
    if (stop !== undefined) signal?.removeEventListener('abort', stop);
  }
}
