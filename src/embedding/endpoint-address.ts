import { isIP } from 'node:net';
import type { Problem } from '../errors.js';

/** Where embeddings are asked for. */
export interface EndpointAddress {
  /** What requests go to; what stands behind `?` in it may be a secret. */
  readonly url: string;
  /** The same for messages and records: without what stands behind `?`. */
  readonly shown: string;
  readonly isOpenAi: boolean;
  /** Whether what is sent can be read on the way. */
  readonly isOpenWire: boolean;
}

export const OPENAI_ADDRESS = 'https://api.openai.com/v1';

/**
 * Reads the addresses of `--endpoint`; OpenAI's own where none is given. An address without a path means `/v1` there, and
 * `/embeddings` is added where it is not there already.
 *
 * @param problems takes what is wrong, without the text of an address that may hold a password
 */
export function readAddresses(given: readonly string[] | undefined, problems: Problem[]): EndpointAddress[] {
  const found = new Map<string, EndpointAddress>();
  for (const text of given ?? [OPENAI_ADDRESS]) {
    const address = readAddress(text, problems);
    if (address !== undefined) found.set(address.url, address);
  }
  if (given?.length === 0) problems.push({ where: '--endpoint', what: 'no address is given.', fix: 'give one.' });
  return [...found.values()];
}

/** Addresses as they may be recorded. */
export function shownAddresses(given: readonly string[]): string[] {
  return readAddresses(given, []).map(({ shown }) => shown);
}

function readAddress(text: string, problems: Problem[]): EndpointAddress | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    const fix = 'give an address such as http://localhost:8000/v1.';
    problems.push({ where: '--endpoint', what: 'is no http or https address.', fix });
    return undefined;
  }
  if (url.username !== '' || url.password !== '') {
    const fix = 'put the key into an environment variable and name it with --api-key-env.';
    problems.push({ where: `--endpoint ${url.host}`, what: 'holds a name or password.', fix });
    return undefined;
  }
  url.hash = '';
  const path = url.pathname.replace(/\/+$/, '');
  if (!path.endsWith('/embeddings')) url.pathname = `${path === '' ? '/v1' : path}/embeddings`;
  const isOpenAi = url.protocol === 'https:' && /(^|\.)api\.openai\.com$/.test(url.hostname);
  const isOpenWire = url.protocol === 'http:' && !isThisMachine(url.hostname);
  return { url: url.href, shown: `${url.origin}${url.pathname}`, isOpenAi, isOpenWire };
}

function isThisMachine(hostname: string): boolean {
  const bare = hostname.replace(/^\[|\]$/g, '');
  return /(^|\.)localhost$/.test(bare) || bare === '::1' || (isIP(bare) === 4 && bare.startsWith('127.'));
}
