import { UserError } from '../errors.js';
import { shownAddress } from './hub-address.js';
import { PassingFault } from './hub-fault.js';
import type { HubMachine } from './hub-machine.js';
import { networkFault } from './hub-network-fault.js';
import type { HubSettings } from './hub-settings.js';
import { Waiting } from './hub-waiting.js';

/** What every request is made with. */
export interface HubLine {
  readonly settings: HubSettings;
  readonly machine: HubMachine;
}

export interface HubRequest {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** The answer at the end of all redirects. */
export interface HubAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** The Hub itself answers, not a store that it sent us to. */
  readonly isHub: boolean;
  /** Where it came from, without a signature. */
  readonly shown: string;
  /** What the Hub said of a file when it sent us elsewhere: its own headers of the last redirect. */
  readonly redirect?: Headers;
  /** The bytes as they come. */
  readonly body: () => AsyncGenerator<Uint8Array>;
}

const MOST_REDIRECTS = 10;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/**
 * One request, once.
 *
 * Redirects are followed here: what the Hub says of a file stands on its redirect alone, and the token goes to the Hub's own
 * address and to no other. Bytes come as they are stored, never compressed on the way.
 *
 * @param use reads the answer; the connection is closed after it
 * @throws PassingFault for what may pass; UserError for redirects that lead nowhere; MachineError for certificates and
 *   ciphers; what `use` throws
 */
export async function ask<T>(
  { settings, machine }: HubLine,
  { url, headers, signal }: HubRequest,
  use: (answer: HubAnswer) => Promise<T>,
): Promise<T> {
  const waiting = new Waiting(machine.patience, machine.now, signal);
  try {
    let target = new URL(url);
    let redirect: Headers | undefined;
    for (let hops = 0; hops <= MOST_REDIRECTS; hops++) {
      const isHub = target.origin === new URL(settings.endpoint).origin;
      const response = await send(target, { ...headers, ...(isHub ? authorization(settings) : {}) }, machine, waiting);
      const shown = shownAddress(target);
      if (!REDIRECTS.has(response.status)) {
        const body = (): AsyncGenerator<Uint8Array> => readBody(response, shown, waiting);
        return await use({ status: response.status, headers: response.headers, isHub, shown, redirect, body });
      }
      await response.body?.cancel().catch(() => undefined);
      if (isHub) redirect = response.headers;
      target = nextAddress(target, response);
    }
    const what = `leads from one address to another, more than ${MOST_REDIRECTS} times; the last is ${shownAddress(target)}.`;
    throw new UserError({
      where: shownAddress(url),
      what,
      fix: 'check HF_ENDPOINT, and the proxy where there is one.',
    });
  } finally {
    waiting.end();
  }
}

function authorization({ token }: HubSettings): Readonly<Record<string, string>> {
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}

async function send(
  target: URL,
  headers: Readonly<Record<string, string>>,
  machine: HubMachine,
  waiting: Waiting,
): Promise<Response> {
  const asked = { 'user-agent': 'jmteb', 'accept-encoding': 'identity', ...headers };
  try {
    const call = machine.fetch(target, { headers: asked, redirect: 'manual', signal: waiting.signal });
    return await waiting.forAnswer(call);
  } catch (thrown) {
    throw faultOf(thrown, shownAddress(target), waiting);
  }
}

async function* readBody(response: Response, shown: string, waiting: Waiting): AsyncGenerator<Uint8Array> {
  const reader = response.body?.getReader();
  for (;;) {
    let next: { readonly done: boolean; readonly value?: Uint8Array } | undefined;
    try {
      next = reader && (await waiting.forBytes<{ done: boolean; value?: Uint8Array }>(reader.read()));
    } catch (thrown) {
      throw faultOf(thrown, shown, waiting);
    }
    if (next?.value === undefined) return;
    yield next.value;
  }
}

function nextAddress(from: URL, response: Response): URL {
  const location = response.headers.get('location');
  const wrong = (why: string): UserError => {
    const what = `answers ${response.status} and sends us to ${why}.`;
    return new UserError({
      where: shownAddress(from),
      what,
      fix: 'check HF_ENDPOINT, and the proxy where there is one.',
    });
  };
  if (location === null || !URL.canParse(location, from.href)) throw wrong('no address');
  const to = new URL(location, from);
  if (!/^https?:$/.test(to.protocol)) throw wrong(`an address of "${to.protocol}"`);
  if (from.protocol === 'https:' && to.protocol === 'http:') throw wrong(`${shownAddress(to)}, which is not encrypted`);
  if (to.username !== '' || to.password !== '') throw wrong(`${shownAddress(to)} with a password`);
  return to;
}

function faultOf(thrown: unknown, shown: string, waiting: Waiting): unknown {
  if (thrown instanceof PassingFault) return new PassingFault(`${shown}: ${thrown.message}`);
  // Aborted by the caller, whose reason it is.
  return waiting.signal.aborted ? thrown : networkFault(thrown, shown);
}
