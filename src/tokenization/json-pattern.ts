import type * as TokenizersLibrary from '@huggingface/tokenizers';
import { isJsonObject } from '../models/read-json-object.js';

/** The library's types leave this class out. */
interface WithSplit {
  readonly SplitPreTokenizer: new (config: object) => { readonly pattern: RegExp | null };
}

/** Matches nothing. */
const NOTHING = /(?!)/gu;

/**
 * The `pattern` of a `Split` or `Replace` in tokenizer.json as an expression of JavaScript.
 *
 * The JavaScript library translates expressions, which are written for Oniguruma.
 *
 * @throws RangeError when it is none; SyntaxError when it cannot be read
 */
export function patternOf(pattern: unknown, library: typeof TokenizersLibrary): RegExp {
  const { String: text, Regex: expression } = isJsonObject(pattern) ? pattern : {};
  if (typeof text === 'string') {
    return text === '' ? NOTHING : new RegExp(text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'), 'gu');
  }
  if (typeof expression !== 'string') throw new RangeError('a "pattern" is no text and no expression');
  const split = new (library as unknown as WithSplit).SplitPreTokenizer({
    pattern: { Regex: expression },
    invert: true,
  });
  return split.pattern as RegExp;
}
