import pLimit from 'p-limit';
import { MachineError } from '../errors.js';
import { TransientFault } from './endpoint-fault.js';
import type { EndpointMachine } from './endpoint-machine.js';
import type { EndpointPlace } from './endpoint-request.js';

/** Tries of one request, for each address that there is. */
const TRIES = 8;
/** Tries at an address where nobody answers, while nothing has been heard from any. */
const TRIES_UNREACHABLE = 3;
/** The first wait; each further one is twice as long. */
const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 60_000;

interface Station {
  readonly place: EndpointPlace;
  readonly limit: ReturnType<typeof pLimit>;
  /** Requests that are under way, or next. */
  requests: number;
  /** Failures since the last answer. */
  failures: number;
  /** Failures that were counted so far. */
  counted: number;
  /** Set aside until then. */
  readyAt: number;
  /** Turns it has had. */
  turns: number;
}

/**
 * Addresses that give the same vectors, used in turn.
 *
 * An address that fails is set aside: for 1, 2, 4 ... 60 seconds, or for as long as it asks. Its request goes to another
 * address that is ready, or waits until one is.
 */
export class EndpointPool {
  private readonly stations: Station[];

  constructor(
    places: readonly EndpointPlace[],
    private readonly machine: EndpointMachine,
    /** Requests under way at each address, at most. */
    concurrency = 1,
    /** Whether somebody has answered already, so that it is worth waiting for an address where nobody does. */
    private hasAnswered = false,
  ) {
    this.stations = places.map((place) => {
      const counts = { requests: 0, failures: 0, counted: 0, turns: 0 };
      return { place, limit: pLimit(concurrency), readyAt: -Infinity, ...counts };
    });
  }

  /**
   * Does something at an address, at others and again while it fails in a way that may pass.
   *
   * @param onWait called with what is waited for
   * @throws MachineError after the last try, with what was waited for; what `work` throws that is no TransientFault
   */
  async run<T>(
    work: (place: EndpointPlace) => Promise<T>,
    { signal, onWait }: { readonly signal?: AbortSignal; readonly onWait?: (message: string) => void } = {},
  ): Promise<T> {
    const began = this.machine.now();
    const faults = new Map<string, number>();
    for (let tries = 1; ; tries++) {
      const station = await this.ready(signal);
      let known = station.counted;
      station.requests++;
      try {
        const result = await station.limit(() => {
          known = station.counted;
          return work(station.place);
        });
        station.failures = 0;
        this.hasAnswered = true;
        return result;
      } catch (thrown) {
        if (!(thrown instanceof TransientFault)) throw thrown;
        const said = `${station.place.address.shown}: ${thrown.message}`;
        faults.set(said, (faults.get(said) ?? 0) + 1);
        this.setAside(station, known, thrown);
        const most = thrown.isUnreachable && !this.hasAnswered ? TRIES_UNREACHABLE : TRIES;
        if (tries >= most * this.stations.length) throw givenUp(faults, tries, this.machine.now() - began);
        onWait?.(`${said}; ${this.plan(station)}`);
      } finally {
        station.requests--;
      }
    }
  }

  /** The address that is ready first, of several the one with the least to do; waits until it is ready. */
  private async ready(signal: AbortSignal | undefined): Promise<Station> {
    for (;;) {
      signal?.throwIfAborted();
      const now = this.machine.now();
      const until = (station: Station): number => Math.max(now, station.readyAt);
      const first = this.stations.reduce((best, station) => {
        const order = until(station) - until(best) || station.requests - best.requests || station.turns - best.turns;
        return order < 0 ? station : best;
      });
      if (until(first) === now) {
        first.turns++;
        return first;
      }
      await this.machine.sleep(first.readyAt - now, signal);
    }
  }

  /**
   * Requests that were under way together fail together; that counts once.
   *
   * @param known failures that had been counted when the request began
   */
  private setAside(station: Station, known: number, fault: TransientFault): void {
    const now = this.machine.now();
    if (known === station.counted) {
      station.failures++;
      station.counted++;
    }
    const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.max(0, station.failures - 1));
    station.readyAt = Math.max(station.readyAt, now + Math.max(wait, fault.retryAfterMs));
  }

  private plan(failed: Station): string {
    const now = this.machine.now();
    const next = Math.min(...this.stations.map(({ readyAt }) => readyAt));
    const seconds = (at: number): number => Math.ceil((at - now) / 1000);
    if (next > now) return `trying again in ${seconds(next)} s`;
    return `going on with the other addresses, this one is set aside for ${seconds(failed.readyAt)} s`;
  }
}

function givenUp(faults: ReadonlyMap<string, number>, tries: number, ms: number): MachineError {
  const list = [...faults].map(([said, times]) => `\n    ${said}${times > 1 ? ` (${times} times)` : ''}`);
  return new MachineError({
    where: 'endpoint',
    what: `no vectors after ${tries} tries in ${Math.round(ms / 1000)} s:${list.join('')}`,
    fix: 'see that the server runs at that address, or ask it for less at once (--concurrency); then run again: what is stored stays.',
  });
}
