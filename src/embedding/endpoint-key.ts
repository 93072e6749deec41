import type { Problem } from '../errors.js';
import type { EndpointAddress } from './endpoint-address.js';

export const OPENAI_KEY = 'OPENAI_API_KEY';

/** The key of requests; its value is in the header of a request and nowhere else. */
export interface EndpointKey {
  /** The environment variable that was read; undefined where no key is sent. */
  readonly variable?: string;
  /** Headers that carry the key. */
  readonly headers: Readonly<Record<string, string>>;
  /** A text of the server without the key, should it hold it. */
  hide(text: string): string;
}

const NO_KEY: EndpointKey = { headers: {}, hide: (text) => text };

/**
 * The key for an address. OPENAI_API_KEY is for OpenAI and goes nowhere else unless it is named; a variable that is named is
 * for every address that is given.
 *
 * @param named what `--api-key-env` says
 * @param problems takes a variable that is missing or holds what no key can be; never its value
 */
export function keyFor(
  address: EndpointAddress,
  named: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
  problems: Problem[],
): EndpointKey {
  const variable = named ?? (address.isOpenAi ? OPENAI_KEY : undefined);
  if (variable === undefined) return NO_KEY;
  const key = env[variable]?.trim() ?? '';
  const where = named === undefined ? address.shown : '--api-key-env';
  if (key === '') {
    const what = `the environment variable ${JSON.stringify(variable)} with the key is not set.`;
    problems.push({ where, what, fix: `set it, or name another one with --api-key-env.` });
    return NO_KEY;
  }
  if (!/^[\x21-\x7e]+$/.test(key)) {
    const what = `the value of ${JSON.stringify(variable)} holds characters that no key has (spaces, line ends, no ASCII).`;
    problems.push({ where, what, fix: 'set it to the key alone.' });
    return NO_KEY;
  }
  return {
    variable,
    headers: { authorization: `Bearer ${key}` },
    hide: (text) => text.replaceAll(key, '***'),
  };
}
