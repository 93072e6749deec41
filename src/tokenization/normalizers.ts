import type * as TokenizersLibrary from '@huggingface/tokenizers';
import { FileFault } from '../datasets/file-fault.js';
import { isJsonObject, type JsonObject } from '../models/read-json-object.js';
import { bertNormalizer, lowerEach, type BertNormalizerConfig } from './bert-normalizer.js';
import { asBytes } from './byte-level.js';
import { patternOf } from './json-pattern.js';
import { precompiledNormalizer } from './precompiled-normalizer.js';
import type { TokenizerSettings } from './tokenizer-settings.js';
import { unicodeNormalizer } from './unicode-normalizer.js';
import { WHITE_SPACE } from './white-space.js';

type Library = typeof TokenizersLibrary;

/** Real ones have a few characters. */
const LONGEST_INSERT = 1000;
/** A compatibility form has at most 18 characters for one. */
const MOST_GROWTH = 100;

type Normalize = (text: string) => string;

/** Classes whose settings in tokenizer_config.json win over the normalizer of tokenizer.json. */
const BERT_CLASSES = new Set(['BertTokenizer', 'DistilBertTokenizer', 'ElectraTokenizer', 'LayoutLMTokenizer']);

const SPACES_AT_START = new RegExp(`^${WHITE_SPACE}+`, 'u');
const IS_SPACE = new RegExp(`^${WHITE_SPACE}$`, 'u');

/** Normalizers by their `type` in tokenizer.json. A new one needs its line here. */
const KINDS = {
  BertNormalizer: (config, settings) => bertNormalizer(bertSettings(config, settings)),
  ByteLevel: () => asBytes,
  Lowercase: () => lowerEach,
  NFC: () => unicodeNormalizer('NFC'),
  NFD: () => unicodeNormalizer('NFD'),
  NFKC: () => unicodeNormalizer('NFKC'),
  NFKD: () => unicodeNormalizer('NFKD'),
  Precompiled: ({ precompiled_charsmap: map }) =>
    typeof map === 'string' && map !== '' ? precompiledNormalizer(map) : (text) => text,
  Prepend: ({ prepend }) => {
    const head = insertOf(prepend, 'prepend');
    return (text) => (text === '' ? '' : head + text);
  },
  Replace: ({ pattern, content }, _, library) => {
    const found = patternOf(pattern, library);
    const put = insertOf(content, 'content');
    return (text) => text.replace(found, () => put);
  },
  Sequence: ({ normalizers }, settings, library) => {
    if (!Array.isArray(normalizers)) throw new RangeError('"normalizers" is no list');
    const steps = (normalizers as unknown[]).map((step) => normalizerOf(step, settings, library));
    return (text) =>
      steps.reduce<string>((result, step) => (step === null ? result : withinReason(step(result), text)), text);
  },
  Strip:
    ({ strip_left: left, strip_right: right }) =>
    (text) =>
      strip(text, left === true, right === true),
  StripAccents: () => (text) => text.replace(/\p{M}/gu, ''),
} as const satisfies Record<string, (config: JsonObject, settings: TokenizerSettings, library: Library) => Normalize>;

/**
 * The `normalizer` of a tokenizer.json, as the Rust tokenizers have it; null for none.
 *
 * @throws RangeError when it is not known
 */
export function normalizerOf(config: unknown, settings: TokenizerSettings, library: Library): Normalize | null {
  if (config === null || config === undefined) return null;
  if (!isJsonObject(config)) throw new RangeError('"normalizer" is no object');
  const { type } = config;
  if (typeof type !== 'string' || !Object.hasOwn(KINDS, type)) {
    throw new RangeError(`"normalizer" of type ${JSON.stringify(type)} is not known`);
  }
  return KINDS[type as keyof typeof KINDS](config, settings, library);
}

/** BERT's classes in Python build their normalizer anew where tokenizer_config.json says otherwise. */
function bertSettings(
  normalizer: BertNormalizerConfig,
  { config, className }: TokenizerSettings,
): BertNormalizerConfig {
  if (!BERT_CLASSES.has(className)) return normalizer;
  const flag = (field: string): boolean => (typeof config[field] === 'boolean' ? config[field] : true);
  return {
    clean_text: normalizer.clean_text,
    lowercase: flag('do_lower_case'),
    strip_accents: typeof config.strip_accents === 'boolean' ? config.strip_accents : null,
    handle_chinese_chars: flag('tokenize_chinese_chars'),
  };
}

function strip(text: string, left: boolean, right: boolean): string {
  const rest = left ? text.replace(SPACES_AT_START, '') : text;
  let end = rest.length;
  while (right && end > 0 && IS_SPACE.test(rest[end - 1])) end -= 1;
  return rest.slice(0, end);
}

/** A text that a step puts into others. */
function insertOf(value: unknown, field: string): string {
  if (typeof value !== 'string') throw new RangeError(`"${field}" is no text`);
  if (value.length > LONGEST_INSERT) throw new RangeError(`"${field}" has more than ${LONGEST_INSERT} characters`);
  return value;
}

/** Steps that each double a text would take all memory. */
function withinReason(result: string, text: string): string {
  if (result.length <= MOST_GROWTH * (text.length + LONGEST_INSERT)) return result;
  throw new FileFault(`its normalizer makes ${result.length} characters of a text of ${text.length}.`);
}
