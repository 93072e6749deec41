import { shownAddress } from './hub-address.js';
import { PassingFault } from './hub-fault.js';
import { refusal, type Asked } from './hub-refusal.js';
import { ask, type HubAnswer, type HubLine } from './hub-request.js';
import { persist } from './hub-retry.js';
import type { HubCallOptions } from './hub-types.js';

/** No answer of the Hub is longer; one that is would be none of its. */
const MOST_BYTES = 64 * 1024 * 1024;

export interface JsonAnswer<T> {
  readonly value: T;
  readonly headers: Headers;
}

/**
 * An answer of the programs' interface, asked for until it comes.
 *
 * @param read takes what came to what is wanted; undefined when it is something else
 */
export async function askJson<T>(
  line: HubLine,
  url: string,
  asked: Asked,
  options: HubCallOptions,
  read: (json: unknown) => T | undefined,
): Promise<JsonAnswer<T>> {
  const { settings, machine } = line;
  const { signal, onWait, onNotice } = options;
  const once = (): Promise<JsonAnswer<T>> =>
    ask(line, { url, signal }, async (answer) => {
      if (answer.status !== 200) throw await refusal(answer, asked, settings, machine.now());
      const value = read(parse(await textOf(answer)));
      if (value === undefined)
        throw new PassingFault(`${answer.shown} answers something else than the Hub does`, { kind: 'content' });
      return { value, headers: answer.headers };
    });
  return persist(once, machine, { where: shownAddress(url), signal, onWait, onNotice });
}

async function textOf({ body, shown }: HubAnswer): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body()) {
    bytes += chunk.length;
    if (bytes > MOST_BYTES)
      throw new PassingFault(`${shown} answers more than ${MOST_BYTES} bytes`, { kind: 'content' });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
