import { UserError } from '../errors.js';
import { pageAddress } from './hub-address.js';
import { PassingFault } from './hub-fault.js';
import type { HubAnswer } from './hub-request.js';
import type { HubSettings } from './hub-settings.js';
import type { HubRepository } from './hub-types.js';

/** What was asked for. */
export interface Asked {
  readonly repository: HubRepository;
  readonly revision: string;
  readonly path?: string;
}

/** An answer that says what is wrong is not read beyond this. */
const MOST_BYTES = 65_536;
/** At most this much of it is shown. */
const SHOWN = 300;
/** Beside all from 500: time-out, conflict, too early, too many requests. */
const PASSING = new Set([408, 409, 425, 429]);

/** The error that an answer other than 2xx stands for: a PassingFault, or a UserError that says what to do. */
export async function refusal(answer: HubAnswer, asked: Asked, settings: HubSettings, now: number): Promise<Error> {
  const said = await saidBy(answer, settings);
  const { status, isHub, shown } = answer;
  if (status >= 500 || PASSING.has(status))
    return new PassingFault(`${shown} answers ${said}`, { retryAfterMs: retryAfter(answer.headers, now) });
  // A store takes a signature for some minutes; the next attempt asks the Hub for a new one.
  if (!isHub) return new PassingFault(`${shown}, where the Hub sent us, answers ${said}`);
  const { what, fix } = meaningOf(answer, asked, settings);
  return new UserError({
    where: `${asked.repository.kind} ${asked.repository.id}`,
    what: `${what} (${shown} answers ${said}).`,
    fix,
  });
}

interface Meaning {
  readonly what: string;
  readonly fix: string;
}

function meaningOf({ status, headers }: HubAnswer, asked: Asked, settings: HubSettings): Meaning {
  const code = headers.get('x-error-code') ?? '';
  if (code === 'GatedRepo') return gated(asked, settings);
  if (code === 'RevisionNotFound')
    return { what: `has no revision "${asked.revision}"`, fix: 'name a commit, branch or tag that is there.' };
  if (code === 'EntryNotFound')
    return {
      what: `has no "${asked.path ?? ''}" at ${asked.revision}`,
      fix: 'correct the path, or the revision that has it.',
    };
  if (status === 401) return settings.token === undefined ? hidden() : badToken(settings);
  if (status === 403) return forbidden(settings);
  if (status === 404 || code === 'RepoNotFound') return absent(settings);
  return { what: 'cannot be had', fix: 'check HF_ENDPOINT and the name of the repository.' };
}

function gated({ repository }: Asked, settings: HubSettings): Meaning {
  const page = pageAddress(settings.endpoint, repository);
  if (settings.token === undefined)
    return {
      what: 'gives its files only to accounts that accepted its conditions, and no token was sent',
      fix: `accept them at ${page}, then put a token of that account into HF_TOKEN (or run: hf auth login).`,
    };
  return {
    what: `gives its files only to accounts that accepted its conditions, and the account of the token in ${settings.tokenFrom ?? 'use'} is not among them`,
    fix: `accept them at ${page} with that account; where the owners decide, wait until they have.`,
  };
}

function hidden(): Meaning {
  return {
    what: 'does not exist, or is private: no token was sent, so the Hub does not tell which',
    fix: 'check the name; for a private one put a token into HF_TOKEN (or run: hf auth login).',
  };
}

function badToken({ tokenFrom = 'use' }: HubSettings): Meaning {
  return {
    what: `is not given to the token in ${tokenFrom}: the Hub does not know it, or it has expired`,
    fix: 'put a valid token there, or take it away: public repositories need none.',
  };
}

function forbidden({ token, tokenFrom = 'use' }: HubSettings): Meaning {
  if (token === undefined)
    return { what: 'is not open to everybody', fix: 'put a token into HF_TOKEN (or run: hf auth login).' };
  return {
    what: `is not open to the token in ${tokenFrom}`,
    fix: 'give the token the right to read this repository (https://huggingface.co/settings/tokens), or use another one.',
  };
}

function absent({ token, tokenFrom = 'use' }: HubSettings): Meaning {
  if (token === undefined) return { what: 'does not exist', fix: 'check the name.' };
  return {
    what: `does not exist, or the account of the token in ${tokenFrom} may not see it`,
    fix: 'check the name, and that the token is one of an account that may read it.',
  };
}

/** Status, what the server says is wrong, and the number of the request; the token is struck out. */
async function saidBy({ status, headers, body }: HubAnswer, { token }: HubSettings): Promise<string> {
  const message = headers.get('x-error-message') ?? (await beginning(body));
  // eslint-disable-next-line no-control-regex
  const line = message.replace(/[\s\x00-\x1f\x7f-\x9f]+/g, ' ').trim();
  const hiding = token === undefined ? line : line.replaceAll(token, '***');
  const short = hiding.length > SHOWN ? `${hiding.slice(0, SHOWN)}...` : hiding;
  const id = headers.get('x-request-id') ?? headers.get('x-amz-cf-id') ?? headers.get('x-amz-request-id');
  const request = id === null || !/^[\w=;:.+/-]{1,200}$/.test(id) ? '' : `, request ${id}`;
  return `${status}${short === '' ? '' : `: ${short}`}${request}`;
}

/** What a body says is wrong; nothing of a page for people. */
async function beginning(body: HubAnswer['body']): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of body()) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > MOST_BYTES) break;
    }
  } catch (thrown) {
    // The status is worth more than a body that broke off.
    if (!(thrown instanceof PassingFault)) throw thrown;
  }
  const text = Buffer.concat(chunks).toString('utf8');
  try {
    const { error } = JSON.parse(text) as { error?: unknown };
    return typeof error === 'string' ? error : '';
  } catch {
    return /^\s*</.test(text) ? (/<(Code|Message)>([^<]*)</.exec(text)?.[2] ?? '') : text;
  }
}

/** Milliseconds that the server asks to wait: `retry-after` in seconds or as a date, or `t` of the Hub's `ratelimit`. */
export function retryAfter(headers: Headers, now: number): number {
  const given = headers.get('retry-after')?.trim() ?? '';
  const wait = /^\d+(\.\d+)?$/.test(given) ? Number(given) * 1000 : Date.parse(given) - now;
  if (wait > 0) return wait;
  const resets = [...(headers.get('ratelimit') ?? '').matchAll(/;\s*t=(\d{1,9})/g)].map(
    (match) => Number(match[1]) * 1000,
  );
  return Math.max(0, ...resets);
}
