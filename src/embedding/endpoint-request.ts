import { MachineError, messageOf, UserError } from '../errors.js';
import type { EndpointAddress } from './endpoint-address.js';
import { RefusedInput, TransientFault } from './endpoint-fault.js';
import type { EndpointKey } from './endpoint-key.js';
import type { EndpointMachine } from './endpoint-machine.js';

/** An address with the key for it. */
export interface EndpointPlace {
  readonly address: EndpointAddress;
  readonly key: EndpointKey;
}

export interface EndpointCall {
  readonly body: Readonly<Record<string, unknown>>;
  /** Bytes of the longest answer that can be right. */
  readonly maxBytes: number;
  readonly signal?: AbortSignal;
}

/** An answer that says what is wrong is not read beyond this. */
const MAX_ERROR_BYTES = 65_536;
/** At most this much of it is shown. */
const SHOWN = 300;
/** A wait beyond this is not waited: whoever asked can come again. */
const LONGEST_WAIT_MS = 600_000;
/** Beside all from 500: time-out, conflict, too early, a failed backend (TEI), too many requests. */
const PASSING = new Set([408, 409, 424, 425, 429]);
/** Certificates that are not trusted. */
const CERTIFICATE = /^(CERT_|ERR_TLS_|ERR_SSL_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)/;

/**
 * One request for embeddings, once.
 *
 * Redirects are not followed: the key would go where it does not belong.
 *
 * @returns the text of an answer with a status of 2xx
 * @throws TransientFault for what may pass; RefusedInput for statuses 400, 413 and 422; UserError for other answers, and
 *   for ones longer than `maxBytes`; MachineError when the server asks to wait too long
 */
export async function askEndpoint(place: EndpointPlace, call: EndpointCall, machine: EndpointMachine): Promise<string> {
  const { address, key } = place;
  call.signal?.throwIfAborted();
  const stop = new AbortController();
  const onAbort = (): void => stop.abort();
  call.signal?.addEventListener('abort', onAbort, { once: true });
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    stop.abort();
  }, machine.timeoutMs);
  try {
    const response = await machine.fetch(address.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json', ...key.headers },
      body: JSON.stringify(call.body),
      redirect: 'manual',
      signal: stop.signal,
    });
    if (response.ok) return await readAnswer(response, call.maxBytes, address);
    const { text } = await readBytes(response, MAX_ERROR_BYTES);
    throw faultOf(response, explanation(key.hide(text)), place, machine);
  } catch (thrown) {
    if (isOurs(thrown)) throw thrown;
    call.signal?.throwIfAborted();
    if (isLate) throw new TransientFault(`no answer within ${machine.timeoutMs / 1000} s`);
    throw networkFault(thrown, place);
  } finally {
    clearTimeout(timer);
    call.signal?.removeEventListener('abort', onAbort);
    stop.abort();
  }
}

async function readAnswer(response: Response, maxBytes: number, { shown }: EndpointAddress): Promise<string> {
  const { text, isWhole } = await readBytes(response, maxBytes);
  if (isWhole) return text;
  const what = `the answer is longer than the ${maxBytes} bytes that the vectors asked for can take.`;
  throw new UserError({ where: shown, what, fix: 'check that it is the address of an embeddings server.' });
}

async function readBytes(response: Response, limit: number): Promise<{ text: string; isWhole: boolean }> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  let isWhole = true;
  // Leaving the loop early closes the connection.
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    isWhole = bytes <= limit;
    if (!isWhole) break;
    chunks.push(chunk);
  }
  return { text: Buffer.concat(chunks).toString('utf8'), isWhole };
}

function faultOf(response: Response, detail: string, { address, key }: EndpointPlace, machine: EndpointMachine): Error {
  const { status, statusText, headers } = response;
  const said = `${status}${statusText === '' ? '' : ` ${statusText}`}${detail === '' ? '' : `: ${detail}`}`;
  const what = `the server answers ${said}`;
  if (status === 400 || status === 413 || status === 422) return new RefusedInput(said);
  if (status === 429 && /insufficient_quota|exceeded your current quota/.test(detail))
    return new UserError({ where: address.shown, what, fix: 'the account of the key has no credit left: add some.' });
  if (status >= 500 || PASSING.has(status)) {
    const retryAfterMs = retryAfter(headers, machine.now());
    if (retryAfterMs <= LONGEST_WAIT_MS) return new TransientFault(said, { retryAfterMs });
    const wait = `${Math.ceil(retryAfterMs / 60_000)} minutes`;
    const fix = 'run again then; what is stored is not asked for again.';
    return new MachineError({ where: address.shown, what: `${what}; it asks to wait ${wait}.`, fix });
  }
  return new UserError({ where: address.shown, what, fix: fixFor(status, headers, address, key) });
}

function fixFor(status: number, headers: Headers, address: EndpointAddress, { variable }: EndpointKey): string {
  if (status === 401 || status === 403) {
    if (variable !== undefined) return `check the key in the environment variable ${variable}; it was sent.`;
    return 'no key was sent: name the environment variable that holds it with --api-key-env.';
  }
  if (status === 404)
    return "check the model's name, and the address: give its whole path where it is not /v1/embeddings.";
  if (status >= 300 && status < 400) {
    const target = targetOf(headers.get('location'), address);
    return `keys are not sent on to other addresses; if ${target} is right, give it as --endpoint.`;
  }
  return 'check address and model.';
}

/** Where a redirect leads, without what may be secret in it. */
function targetOf(location: string | null, { url }: EndpointAddress): string {
  if (location === null || !URL.canParse(location, url)) return 'the address that it leads to';
  const { origin, pathname } = new URL(location, url);
  return `${origin}${pathname}`;
}

/** Milliseconds that the server asks to wait: `retry-after-ms`, or `retry-after` in seconds or as a date. */
function retryAfter(headers: Headers, now: number): number {
  const exact = Number(headers.get('retry-after-ms') ?? NaN);
  if (exact > 0) return exact;
  const given = headers.get('retry-after')?.trim() ?? '';
  const wait = /^\d+(\.\d+)?$/.test(given) ? Number(given) * 1000 : Date.parse(given) - now;
  return wait > 0 ? wait : 0;
}

/** What a body says is wrong: the forms of OpenAI, vLLM, TEI and FastAPI, else its beginning. */
function explanation(body: string): string {
  let text = body;
  try {
    const value = JSON.parse(body) as Record<string, unknown> | null;
    const error = value?.error;
    const inner = typeof error === 'object' && error !== null ? (error as Record<string, unknown>) : {};
    const code = typeof inner.code === 'string' ? `${inner.code}: ` : '';
    const said =
      typeof inner.message === 'string' ? code + inner.message : (error ?? value?.message ?? value?.detail ?? body);
    text = typeof said === 'string' ? said : JSON.stringify(said);
  } catch {
    // No JSON, or nested too deep to be written again: as it is.
  }
  // eslint-disable-next-line no-control-regex
  const line = text.replace(/[\s\x00-\x1f\x7f-\x9f]+/g, ' ').trim();
  return line.length > SHOWN ? `${line.slice(0, SHOWN)}...` : line;
}

function isOurs(thrown: unknown): boolean {
  return [TransientFault, RefusedInput, UserError, MachineError].some((kind) => thrown instanceof kind);
}

function networkFault(thrown: unknown, { address, key }: EndpointPlace): Error {
  const cause = (thrown as { cause?: { code?: unknown; message?: unknown } }).cause ?? {};
  const code = typeof cause.code === 'string' ? cause.code : '';
  const message = typeof cause.message === 'string' && cause.message !== '' ? cause.message : messageOf(thrown);
  const what = key.hide(message.includes(code) ? message : `${message} (${code})`);
  if (CERTIFICATE.test(code)) {
    const fix = 'name the file of the authority that signed it in NODE_EXTRA_CA_CERTS.';
    return new UserError({ where: address.shown, what: `the certificate is not trusted: ${what}.`, fix });
  }
  const isUnreachable = /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT)$/.test(
    code,
  );
  return new TransientFault(what, { isUnreachable });
}
