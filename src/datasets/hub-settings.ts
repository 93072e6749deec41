import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MachineError, messageOf, UserError } from '../errors.js';
import { hubCache, hubHome, placeOf, type Environment } from './hub-cache.js';

/** Where the Hub is, who asks, and what is kept where. */
export interface HubSettings {
  /** Address without a `/` at its end. */
  readonly endpoint: string;
  readonly token?: string;
  /** Where the token was found, for messages. */
  readonly tokenFrom?: string;
  /** Folder of the cache, shared with Python's programs. */
  readonly cache: string;
  /** Nothing is asked over the network. */
  readonly isOffline: boolean;
  /** Milliseconds of silence after which a connection is given up; undefined: the client's own. */
  readonly silenceMs?: number;
}

const ENDPOINT = 'https://huggingface.co';
const TRUE = new Set(['1', 'ON', 'YES', 'TRUE']);

/**
 * Settings from the environment, with the meaning that they have for Python's programs: `HF_ENDPOINT`, `HF_TOKEN` (before it,
 * `HUGGING_FACE_HUB_TOKEN`), `HF_TOKEN_PATH` or `token` in `HF_HOME`, `HF_HUB_DISABLE_IMPLICIT_TOKEN`, `HF_HUB_OFFLINE`,
 * `TRANSFORMERS_OFFLINE`, `HF_HUB_DOWNLOAD_TIMEOUT`, and those of the cache.
 *
 * @throws UserError when a value cannot be used; none of its messages shows a token or a password
 */
export function hubSettings(environment: Environment = process.env): HubSettings {
  const isOffline = isTrue(environment.HF_HUB_OFFLINE || environment.TRANSFORMERS_OFFLINE);
  const found = isOffline || isTrue(environment.HF_HUB_DISABLE_IMPLICIT_TOKEN) ? undefined : tokenOf(environment);
  const seconds = Number(environment.HF_HUB_DOWNLOAD_TIMEOUT || NaN);
  return {
    endpoint: readEndpoint(environment.HF_ENDPOINT || ENDPOINT),
    ...(found === undefined ? {} : { token: found.token, tokenFrom: found.from }),
    cache: hubCache(environment),
    isOffline,
    ...(seconds > 0 ? { silenceMs: seconds * 1000 } : {}),
  };
}

/** Checks an address of a Hub; one that holds a password is refused without being shown. */
export function readEndpoint(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const fix = 'give an address such as https://huggingface.co.';
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw new UserError({ where: 'HF_ENDPOINT', what: 'is no http or https address.', fix });
  if (url.username !== '' || url.password !== '' || url.search !== '')
    throw new UserError({ where: 'HF_ENDPOINT', what: 'holds a name, a password or a query.', fix });
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '');
}

function isTrue(value: string | undefined): boolean {
  return TRUE.has((value ?? '').toUpperCase());
}

function tokenOf(environment: Environment): { token: string; from: string } | undefined {
  for (const name of ['HF_TOKEN', 'HUGGING_FACE_HUB_TOKEN']) {
    const token = environment[name];
    if (token) return readToken(token, name);
  }
  const { HF_TOKEN_PATH } = environment;
  const path = HF_TOKEN_PATH ? placeOf(HF_TOKEN_PATH, environment) : join(hubHome(environment), 'token');
  const text = textOf(path);
  return text === undefined ? undefined : readToken(text, path);
}

function readToken(text: string, from: string): { token: string; from: string } | undefined {
  const token = text.replaceAll(/[\r\n]/g, '').trim();
  if (token === '') return undefined;
  if (/^[\x21-\x7e]+$/.test(token)) return { token, from };
  const what = 'holds something that is no token: it has spaces or letters that a token cannot have.';
  throw new UserError({
    where: from,
    what,
    fix: 'put the token there as https://huggingface.co/settings/tokens gave it.',
  });
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (thrown) {
    const { code } = thrown as { code?: string };
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    const fix = 'give this user the right to read it, or put the token into HF_TOKEN.';
    throw new MachineError({ where: path, what: `cannot be read: ${messageOf(thrown)}`, fix }, { cause: thrown });
  }
}
