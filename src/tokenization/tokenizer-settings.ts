import { throwProblems } from '../errors.js';
import { ConfigReader } from '../models/config-reader.js';
import { isJsonObject, type JsonObject } from '../models/read-json-object.js';

/** What a model's other files say about its tokenizer. */
export interface TokenizerSettings {
  /** tokenizer_config.json; {} where there is none. */
  readonly config: JsonObject;
  /** Name of the class in Python, without `Fast`; '' where it is not known. */
  readonly className: string;
}

/** Lengths from here on mean that no length was set. */
const NO_LIMIT = 1 << 24;

/** `model_max_length` of tokenizer_config.json in tokens; null for none. */
export function longestInputOf(config: JsonObject): number | null {
  const length = config.model_max_length;
  return typeof length === 'number' && length >= 1 && length < NO_LIMIT ? Math.floor(length) : null;
}

/** Settings that are true or false, and tokens, of those that change ids. */
const FLAGS = ['do_lower_case', 'tokenize_chinese_chars', 'strip_accents', 'add_bos_token', 'add_eos_token'] as const;
const TOKENS = ['bos_token', 'eos_token', 'pad_token'] as const;

/**
 * Refuses settings of another type than Python reads, which would otherwise count as absent.
 *
 * @param where the file's name in messages
 * @throws UserError with all of them
 */
export function checkSettings(config: JsonObject, where: string): void {
  const reader = new ConfigReader(config, where);
  for (const flag of FLAGS) reader.flag(flag, false);
  reader.choice('truncation_side', ['left', 'right'], 'right');
  reader.positive('model_max_length', NO_LIMIT);
  for (const name of TOKENS) {
    const value = config[name] ?? '';
    if (typeof (isJsonObject(value) ? value.content : value) !== 'string') reader.refuse(name, value, 'a token');
  }
  throwProblems(reader.problems);
}
