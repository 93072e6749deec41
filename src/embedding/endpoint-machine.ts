import { setTimeout as sleep } from 'node:timers/promises';

/** What a client of a server needs of the machine. */
export interface EndpointMachine {
  readonly fetch: typeof fetch;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** @throws when `signal` is aborted */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** A request that takes longer is given up. */
  readonly timeoutMs: number;
}

/** A batch of long texts on a server without a GPU can take minutes. */
const TIMEOUT_MS = 300_000;

/** This machine's network, clock and environment. */
export function thisMachine(): EndpointMachine {
  return {
    fetch: globalThis.fetch,
    env: process.env,
    now: Date.now,
    sleep: async (ms, signal) => sleep(ms, undefined, { signal }),
    timeoutMs: TIMEOUT_MS,
  };
}
