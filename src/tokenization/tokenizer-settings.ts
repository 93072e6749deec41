import type { JsonObject } from '../models/read-json-object.js';

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
