import { MachineError, UserError } from '../errors.js';
import { PassingFault } from './hub-fault.js';
import type { HubMachine, HubPatience } from './hub-machine.js';
import type { HubCallOptions } from './hub-types.js';

/** So many failures in a row are borne of those that are seldom mended by trying: nobody answers, what comes is not the file. */
const FEWER_ATTEMPTS = 3;
/** A wait beyond this is not waited: whoever asked can come again. */
const LONGEST_RETRY_AFTER_MS = 600_000;

export interface Persistence extends HubCallOptions {
  /** What is done, for messages: an address without a signature. */
  readonly where: string;
  /** Bytes that are there so far: a transfer that gets on is not given up. */
  readonly received?: () => number;
}

/**
 * Does something again while it fails in a way that may pass, after 0.5, 1, 2, 4 ... 60 s (a quarter more or less, so that many
 * do not come back together), or after as long as the server asks.
 *
 * @throws MachineError after the last attempt (UserError where it is the content that is wrong), with what happened; what `work`
 *   throws that is no PassingFault
 */
export async function persist<T>(
  work: () => Promise<T>,
  machine: HubMachine,
  { where, received = () => 0, signal, onWait }: Persistence,
): Promise<T> {
  const { patience } = machine;
  const began = machine.now();
  let failures = 0;
  let stubborn = 0;
  let tries = 0;
  let known = received();
  for (;;) {
    signal?.throwIfAborted();
    try {
      return await work();
    } catch (thrown) {
      if (!(thrown instanceof PassingFault)) throw thrown;
      if (received() - known >= patience.progressBytes) failures = stubborn = 0;
      known = received();
      failures++;
      tries++;
      stubborn = thrown.kind === 'other' ? 0 : stubborn + 1;
      const attempts = thrown.kind === 'other' ? patience.attempts : attemptsFor(failures, stubborn, patience);
      if (failures >= attempts) throw givenUp(thrown, where, { tries, ms: machine.now() - began });
      const waitMs = waitFor(thrown, failures, machine);
      if (waitMs > LONGEST_RETRY_AFTER_MS) throw tooLong(thrown, where, waitMs);
      onWait?.({ reason: thrown.message, waitMs, attempt: failures, attempts });
      await machine.sleep(waitMs, signal);
    }
  }
}

/** Attempts in all when no more than a few stubborn failures follow each other. */
function attemptsFor(failures: number, stubborn: number, { attempts }: HubPatience): number {
  return Math.min(failures - stubborn + FEWER_ATTEMPTS, attempts);
}

function waitFor(fault: PassingFault, failures: number, { patience, random }: HubMachine): number {
  const { firstWaitMs, longestWaitMs }: HubPatience = patience;
  const wait = Math.min(longestWaitMs, firstWaitMs * 2 ** (failures - 1)) * (0.75 + random() / 2);
  return Math.max(Math.round(wait), fault.retryAfterMs);
}

function givenUp(fault: PassingFault, where: string, { tries, ms }: { tries: number; ms: number }): Error {
  const times = tries === 1 ? 'one try' : `${tries} tries in ${Math.round(ms / 1000)} s`;
  // The place is told once.
  const said = fault.message.startsWith(`${where}: `) ? fault.message.slice(where.length + 2) : fault.message;
  const what = `given up after ${times}: ${said}.`;
  if (fault.kind === 'content') {
    const fix = 'check HF_ENDPOINT, and whether a proxy or a login page of the network stands between.';
    return new UserError({ where, what, fix });
  }
  const fix =
    fault.kind === 'unreachable'
      ? `check the network and HF_ENDPOINT${proxyHint()}; with --offline only what the cache has is used.`
      : 'run again: what was received is kept, and the download goes on there.';
  return new MachineError({ where, what, fix }, { cause: fault });
}

/** Node's own fetch passes proxies by unless it is told. */
function proxyHint(): string {
  const hasProxy = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy'].some((name) => process.env[name]);
  return hasProxy ? ' (a proxy is set: Node 24 and later use it with NODE_USE_ENV_PROXY=1)' : '';
}

function tooLong(fault: PassingFault, where: string, waitMs: number): MachineError {
  const what = `${fault.message}; it asks to wait ${Math.ceil(waitMs / 60_000)} minutes.`;
  return new MachineError({ where, what, fix: 'run again then: what was received is kept.' }, { cause: fault });
}
