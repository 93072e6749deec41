import type { HubPatience } from './hub-machine.js';
import { PassingFault } from './hub-fault.js';

/**
 * Waits for the other side of one request, but not for ever.
 *
 * Only the time in which something is waited for counts, not the time in which the bytes are written to a slow disk.
 */
export class Waiting {
  private readonly stop = new AbortController();
  private late: string | undefined;
  private slowForMs = 0;
  private slowBytes = 0;
  private readonly onAbort = (): void => this.stop.abort();

  constructor(
    private readonly patience: HubPatience,
    private readonly now: () => number,
    private readonly caller?: AbortSignal,
  ) {
    caller?.throwIfAborted();
    caller?.addEventListener('abort', this.onAbort, { once: true });
  }

  /** Aborted when the caller no longer wants the answer, when it takes too long, and at the end. */
  get signal(): AbortSignal {
    return this.stop.signal;
  }

  /** The beginning of an answer. */
  async forAnswer<T>(work: Promise<T>): Promise<T> {
    return this.within(this.patience.answerMs, work, 'no answer');
  }

  /** The next bytes of a body. */
  async forBytes<T extends { readonly value?: Uint8Array }>(work: Promise<T>): Promise<T> {
    const began = this.now();
    const result = await this.within(this.patience.silenceMs, work, 'not one byte');
    this.slowForMs += this.now() - began;
    this.slowBytes += result.value?.length ?? 0;
    if (this.slowForMs < this.patience.slowMs) return result;
    if (this.slowBytes < this.patience.slowBytes)
      throw new PassingFault(`only ${this.slowBytes} bytes came within ${secondsOf(this.slowForMs)} s`);
    this.slowForMs = 0;
    this.slowBytes = 0;
    return result;
  }

  /** Closes the connection where it is still open. */
  end(): void {
    this.caller?.removeEventListener('abort', this.onAbort);
    this.stop.abort();
  }

  private async within<T>(ms: number, work: Promise<T>, missing: string): Promise<T> {
    const timer = setTimeout(() => {
      this.late = `${missing} within ${secondsOf(ms)} s`;
      this.stop.abort();
    }, ms);
    try {
      return await work;
    } catch (thrown) {
      this.caller?.throwIfAborted();
      if (this.late !== undefined) throw new PassingFault(this.late);
      throw thrown;
    } finally {
      clearTimeout(timer);
    }
  }
}

function secondsOf(ms: number): number {
  return Math.round(ms / 100) / 10;
}
