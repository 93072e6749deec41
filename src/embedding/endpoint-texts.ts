import { setImmediate as turn } from 'node:timers/promises';
import type { Cl100k } from '../tokenization/cl100k.js';
import { stripText } from '../tokenization/white-space.js';
import type { Tokenizing } from './types.js';

/** What goes to a server for a text. */
export interface EndpointText {
  /** The final string, for messages. */
  readonly text: string;
  /** What is sent. */
  readonly sent: string;
  /** Its tokens, cut to the longest input; undefined where the server cuts texts into tokens. */
  readonly ids?: readonly number[];
  readonly isCut: boolean;
}

/** What is done to texts before they are sent. */
export interface TextRules {
  /** White space at both ends is removed, as sentence-transformers 3 does it. */
  readonly strip: boolean;
  /** Cuts texts into tokens here. */
  readonly tokenizer?: Cl100k;
  readonly maxTokens: number;
}

/** An empty text is sent as one space: servers refuse an empty input, and so does the reference (JMTEB 1.3.3). */
export const EMPTY_TEXT = ' ';
/** Texts between two turns of the event loop while tokens are counted. */
const TEXTS_A_TURN = 128;

/** Half of a surrogate pair cannot be sent and is U+FFFD. */
export function endpointText(text: string, { strip, tokenizer, maxTokens }: TextRules): EndpointText {
  const whole = (strip ? stripText(text) : text).replace(/\p{Surrogate}/gu, '\ufffd');
  const sent = whole === '' ? EMPTY_TEXT : whole;
  if (tokenizer === undefined) return { text, sent, isCut: false };
  const { ids, isCut } = tokenizer.encode(sent, maxTokens);
  return { text, sent, ids, isCut };
}

/** How texts are cut before they are sent; a server does not tell of unknown tokens, and only its own tokenizer of others. */
export function endpointTokenizing(rules: TextRules): Tokenizing {
  const { tokenizer } = rules;
  return {
    cut(text) {
      const { sent, ids = null } = endpointText(text, rules);
      return { text: sent, ids };
    },
    count(texts) {
      const counts = { tokens: 0, truncated: 0 };
      if (tokenizer === undefined)
        return { tokens: null, truncated: null, unknownTokens: null, byteFallbackTokens: null };
      for (const text of texts) {
        const { ids, isCut } = endpointText(text, rules);
        counts.tokens += ids?.length ?? 0;
        if (isCut) counts.truncated++;
      }
      return { ...counts, unknownTokens: null, byteFallbackTokens: null };
    },
  };
}

/** All texts of a list; other work goes on meanwhile. */
export async function endpointTexts(
  texts: readonly string[],
  rules: TextRules,
  signal?: AbortSignal,
): Promise<EndpointText[]> {
  const found: EndpointText[] = [];
  for (const text of texts) {
    found.push(endpointText(text, rules));
    if (rules.tokenizer === undefined || found.length % TEXTS_A_TURN !== 0) continue;
    await turn();
    signal?.throwIfAborted();
  }
  return found;
}

/** What one request may hold. */
export interface RequestLimits {
  readonly texts: number;
  /** Tokens, or UTF-16 units where tokens are not known. */
  readonly size: number;
}

/** OpenAI's limits: 2,048 texts and 300,000 tokens a request; with some room, for its count and ours may differ. */
const OPENAI_LIMITS: RequestLimits = { texts: 2048, size: 250_000 };
/** Other servers batch by themselves; what they refuse is halved. */
const OTHER_LIMITS: RequestLimits = { texts: 64, size: 131_072 };

export function requestLimits(isOpenAi: boolean): RequestLimits {
  return isOpenAi ? OPENAI_LIMITS : OTHER_LIMITS;
}

/** Neighbouring texts that go into one request. */
export interface TextRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Parts texts into requests in their order: as few as the limits allow, but enough for all places that can be busy at once.
 *
 * @param places requests that can be under way at once, >= 1
 */
export function planRequests(texts: readonly EndpointText[], limits: RequestLimits, places: number): TextRange[] {
  const most = Math.min(limits.texts, Math.max(1, Math.ceil(texts.length / places)));
  const ranges: TextRange[] = [];
  let start = 0;
  let size = 0;
  for (const [i, { ids, sent }] of texts.entries()) {
    const own = ids?.length ?? sent.length;
    if (i > start && (i - start >= most || size + own > limits.size)) {
      ranges.push({ start, end: i });
      start = i;
      size = 0;
    }
    size += own;
  }
  if (start < texts.length) ranges.push({ start, end: texts.length });
  return ranges;
}
