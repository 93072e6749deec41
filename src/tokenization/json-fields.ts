import { shown } from '../models/config-reader.js';
import { isJsonObject, type JsonObject } from '../models/read-json-object.js';

type Kind = 'true or false' | 'a text' | 'a number';

/** Fields of a tokenizer.json that change ids, and what they hold; null is as good as leaving them out. */
const FIELDS: Readonly<Record<string, Kind>> = {
  add_prefix_space: 'true or false',
  behavior: 'a text',
  byte_fallback: 'true or false',
  clean_text: 'true or false',
  content: 'a text',
  continuing_subword_prefix: 'a text',
  dropout: 'a number',
  end_of_word_suffix: 'a text',
  fuse_unk: 'true or false',
  handle_chinese_chars: 'true or false',
  ignore_merges: 'true or false',
  individual_digits: 'true or false',
  invert: 'true or false',
  lowercase: 'true or false',
  lstrip: 'true or false',
  max_input_chars_per_word: 'a number',
  normalized: 'true or false',
  precompiled_charsmap: 'a text',
  prepend: 'a text',
  prepend_scheme: 'a text',
  replacement: 'a text',
  rstrip: 'true or false',
  single_word: 'true or false',
  split: 'true or false',
  strip_accents: 'true or false',
  strip_left: 'true or false',
  strip_right: 'true or false',
  unk_token: 'a text',
  use_regex: 'true or false',
};

const IS_KIND: Readonly<Record<Kind, (value: unknown) => boolean>> = {
  'true or false': (value) => typeof value === 'boolean',
  'a text': (value) => typeof value === 'string',
  'a number': (value) => typeof value === 'number' && value >= 0 && value <= Number.MAX_SAFE_INTEGER,
};

/** Where steps hold further steps. */
const STEPS = ['normalizers', 'pretokenizers'] as const;

/**
 * Refuses fields of another type than the Rust tokenizers read, which would otherwise count as absent and change ids in
 * silence.
 *
 * @param json a tokenizer.json whose `model` is an object
 * @throws RangeError that names the first such field
 */
export function checkFields(json: JsonObject): void {
  checkOwn(json.model as JsonObject, 'model');
  for (const token of (json.added_tokens ?? []) as JsonObject[]) checkOwn(token, `added token ${shown(token.content)}`);
  for (const name of ['normalizer', 'pre_tokenizer']) checkSteps(json[name], name);
}

function checkSteps(step: unknown, at: string): void {
  if (!isJsonObject(step)) return;
  checkOwn(step, at);
  for (const name of STEPS) {
    const inner = step[name];
    if (Array.isArray(inner)) for (const each of inner as unknown[]) checkSteps(each, at);
  }
}

function checkOwn(object: JsonObject, at: string): void {
  for (const [name, value] of Object.entries(object)) {
    if (value === null || !Object.hasOwn(FIELDS, name) || IS_KIND[FIELDS[name]](value)) continue;
    throw new RangeError(`"${name}" of ${at} is ${shown(value)}, not ${FIELDS[name]}`);
  }
}
