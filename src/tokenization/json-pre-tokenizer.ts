import type * as TokenizersLibrary from '@huggingface/tokenizers';
import { isJsonObject, type JsonObject } from '../models/read-json-object.js';
import { byteLevel, type ByteLevelConfig } from './byte-level.js';
import { patternOf } from './json-pattern.js';
import {
  DIGIT,
  PUNCTUATION_MARK,
  bertPreTokenizer,
  metaspace,
  preTokenizeInTurn,
  whitespaceAndSymbols,
  whitespaceSplit,
  type MetaspaceConfig,
  type PreTokenize,
} from './pre-tokenizers.js';
import { isSplitBehaviour, splitter } from './split-behaviour.js';

type Library = typeof TokenizersLibrary;

/** Pre-tokenizers by their `type` in tokenizer.json. A new one needs its line here. */
const KINDS = {
  BertPreTokenizer: () => bertPreTokenizer,
  ByteLevel: (config) => byteLevel(config as ByteLevelConfig),
  CharDelimiterSplit: ({ delimiter }, library) => splitter(patternOf({ String: delimiter }, library), 'Removed'),
  Digits: ({ individual_digits: each }) => splitter(DIGIT, each === true ? 'Isolated' : 'Contiguous'),
  FixedLength: ({ length }) => fixedLength(length ?? 5),
  Metaspace: (config) => metaspace(config as MetaspaceConfig),
  Punctuation: ({ behavior }) => splitter(PUNCTUATION_MARK, behaviourOf(behavior ?? 'Isolated')),
  Sequence: ({ pretokenizers }, library) => inTurn(pretokenizers, library),
  Split: ({ pattern, behavior, invert }, library) =>
    splitter(patternOf(pattern, library), behaviourOf(behavior), invert === true),
  Whitespace: () => whitespaceAndSymbols,
  WhitespaceSplit: () => whitespaceSplit,
} as const satisfies Record<string, (config: JsonObject, library: Library) => PreTokenize>;

/**
 * The `pre_tokenizer` of a tokenizer.json; null for none.
 *
 * @throws RangeError when it is not known
 */
export function preTokenizerOf(config: unknown, library: Library): PreTokenize | null {
  if (config === null || config === undefined) return null;
  if (!isJsonObject(config)) throw new RangeError('"pre_tokenizer" is no object');
  const { type } = config;
  if (typeof type !== 'string' || !Object.hasOwn(KINDS, type)) {
    throw new RangeError(`"pre_tokenizer" of type ${JSON.stringify(type)} is not known`);
  }
  return KINDS[type as keyof typeof KINDS](config, library);
}

function inTurn(steps: unknown, library: Library): PreTokenize {
  if (!Array.isArray(steps)) throw new RangeError('"pretokenizers" is no list');
  const known = (steps as unknown[]).map((step) => preTokenizerOf(step, library));
  return preTokenizeInTurn(known.filter((step) => step !== null));
}

function behaviourOf(name: unknown) {
  if (isSplitBehaviour(name)) return name;
  throw new RangeError(`"behavior" ${JSON.stringify(name)} is not known`);
}

function fixedLength(length: unknown): PreTokenize {
  if (!Number.isSafeInteger(length) || (length as number) < 1)
    throw new RangeError('"length" is no whole number from 1');
  const pattern = new RegExp(`[^]{1,${length as number}}`, 'gu');
  return (text) => text.match(pattern) ?? [];
}
