import { FORMER_PUNCTUATION, LATER_PUNCTUATION } from './later-characters.js';
import { WHITE_SPACE } from './white-space.js';

/** Cuts a text into stretches that the model segments one by one; `atStart`: whether it begins the whole input. */
export type PreTokenize = (text: string, atStart: boolean) => string[];

const WORD = new RegExp(`[^${WHITE_SPACE}]+`, 'gu');
/** Punctuation and the symbols of ASCII, as a character class under the flag `v`. */
const PUNCTUATION = `[[\\p{P}\\u0021-\\u002f\\u003a-\\u0040\\u005b-\\u0060\\u007b-\\u007e${FORMER_PUNCTUATION}]--[${LATER_PUNCTUATION}]]`;
const BERT_WORD = new RegExp(`[^${WHITE_SPACE}${PUNCTUATION}]+|${PUNCTUATION}`, 'gv');
/** What `Punctuation` and `Digits` of tokenizer.json match. */
export const PUNCTUATION_MARK = new RegExp(PUNCTUATION, 'gv');
export const DIGIT = /\p{N}/gu;
/** What `Whitespace` of tokenizer.json matches: runs of word characters, or of anything else that is no space. */
const WORD_OR_SYMBOLS =
  /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\u200c\u200d]+|[^\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\u200c\u200d\p{White_Space}]+/gu;

/** Words between white space. */
export const whitespaceSplit: PreTokenize = (text) => text.match(WORD) ?? [];

/** Words between white space, every punctuation mark by itself. */
export const bertPreTokenizer: PreTokenize = (text) => text.match(BERT_WORD) ?? [];

/** Runs of word characters and runs of other characters. */
export const whitespaceAndSymbols: PreTokenize = (text) => text.match(WORD_OR_SYMBOLS) ?? [];

/** Settings of a `Metaspace` in tokenizer.json. */
export interface MetaspaceConfig {
  readonly replacement?: string;
  readonly prepend_scheme?: 'always' | 'first' | 'never';
  /** Older spelling of `prepend_scheme`. */
  readonly add_prefix_space?: boolean;
  readonly split?: boolean;
}

/** Spaces become a visible mark, which begins a stretch where `split` holds (the default). */
export function metaspace(config: MetaspaceConfig): PreTokenize {
  const mark = config.replacement ?? '\u2581';
  const scheme = config.prepend_scheme ?? (config.add_prefix_space === false ? 'never' : 'always');
  const split = config.split ?? true;
  return (text, atStart) => {
    let marked = text.replaceAll(' ', mark);
    const prepends = scheme === 'always' || (scheme === 'first' && atStart);
    if (prepends && !marked.startsWith(mark)) marked = mark + marked;
    return split ? beforeEach(marked, mark) : [marked];
  };
}

/** Cuts a text before every mark. */
function beforeEach(text: string, mark: string): string[] {
  const stretches: string[] = [];
  for (let start = 0; start < text.length;) {
    const next = text.indexOf(mark, start + mark.length);
    const end = next === -1 ? text.length : next;
    // Text before the first mark is a stretch of its own, also where it is shorter than the mark.
    const first = start === 0 && !text.startsWith(mark) ? text.indexOf(mark) : -1;
    const until = first > 0 ? first : end;
    stretches.push(text.slice(start, until));
    start = until;
  }
  return stretches;
}

/** Each pre-tokenizer cuts what the one before has left. */
export function preTokenizeInTurn(steps: readonly PreTokenize[]): PreTokenize {
  return (text, atStart) =>
    steps.reduce<string[]>(
      (stretches, step) => stretches.flatMap((stretch, i) => step(stretch, atStart && i === 0)),
      [text],
    );
}
