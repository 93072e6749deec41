import type * as TokenizersLibrary from '@huggingface/tokenizers';
import type { Tokenizer } from '@huggingface/tokenizers';
import { UserError, messageOf } from '../errors.js';
import { isJsonObject, type JsonObject } from '../models/read-json-object.js';
import { bertNormalizer, lowerEach, type BertNormalizerConfig } from './bert-normalizer.js';
import { precompiledNormalizer } from './precompiled-normalizer.js';
import {
  bertPreTokenizer,
  metaspace,
  preTokenizeInTurn,
  whitespaceAndSymbols,
  whitespaceSplit,
  type MetaspaceConfig,
  type PreTokenize,
} from './pre-tokenizers.js';
import type { TextTokenizer } from './text-tokenizer.js';
import { Unigram } from './unigram.js';
import { WordPiece } from './word-piece.js';

type Library = typeof TokenizersLibrary;
type Normalize = (text: string) => string;

/** What a model's other files say about its tokenizer. */
export interface TokenizerSettings {
  /** tokenizer_config.json; {} where there is none. */
  readonly config: JsonObject;
  /** Name of the class in Python, without `Fast`; '' where it is not known. */
  readonly className: string;
}

/** Lengths from here on mean that no length was set. */
const NO_LIMIT = 1 << 24;
/** No piece of a text looks like this: it shows where special tokens go. */
const SENTINEL = '\0text\0';

/** Classes whose settings in tokenizer_config.json win over the normalizer of tokenizer.json. */
const BERT_CLASSES = new Set(['BertTokenizer', 'DistilBertTokenizer', 'ElectraTokenizer', 'LayoutLMTokenizer']);

/** Classes that build their template anew from `add_bos_token` and `add_eos_token` of tokenizer_config.json. */
const FLAG_CLASSES = new Set(['LlamaTokenizer', 'CodeLlamaTokenizer', 'GemmaTokenizer']);

/**
 * The tokenizer of a tokenizer.json, with the ids of the Rust tokenizers.
 *
 * The JavaScript library reads the file, splits at added tokens and serves what needs no correction. Own code stands where
 * its ids differ (character maps, lower case, ideographs beyond the first plane, white space, bytes of unknown pieces) and
 * where it is slow (WordPiece, Unigram). Truncation and padding of the file are not used.
 *
 * @param where the file's name in messages
 * @throws UserError when the file is no tokenizer, or one that is not supported
 */
export async function tokenizerOfJson(
  json: JsonObject,
  settings: TokenizerSettings,
  where: string,
): Promise<TextTokenizer> {
  checkShape(json, where);
  const library = await import('@huggingface/tokenizers');
  try {
    return build(json, settings, library);
  } catch (thrown) {
    const fix =
      'take the file again from where the model was published, or take vectors made elsewhere (vectors:<folder>).';
    throw new UserError({ where, what: `cannot be used as a tokenizer: ${messageOf(thrown)}.`, fix });
  }
}

function checkShape(json: JsonObject, where: string): void {
  const wrong = !isJsonObject(json.model)
    ? '"model" is no object'
    : json.added_tokens !== undefined && !isAddedTokens(json.added_tokens)
      ? '"added_tokens" is no list of tokens with "id" and "content"'
      : undefined;
  if (wrong !== undefined) throw new UserError({ where, what: `${wrong}, so this is not a tokenizer.json.` });
}

function isAddedTokens(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.every(
      (token) => isJsonObject(token) && isId(token.id) && typeof token.content === 'string' && token.content !== '',
    )
  );
}

function isId(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) < NO_LIMIT;
}

function build(json: JsonObject, settings: TokenizerSettings, library: Library): TextTokenizer {
  const description = {
    normalizer: null,
    pre_tokenizer: null,
    post_processor: null,
    decoder: null,
    ...json,
    added_tokens: json.added_tokens ?? [],
  };
  const { config } = settings;
  const tokenizer = new library.Tokenizer({ ...description, decoder: null }, { ...config, eos_token: null });
  // The library calls these as functions only.
  const normalize = normalizerOf(json.normalizer, settings, library);
  const preTokenize = preTokenizerOf(json.pre_tokenizer, library);
  tokenizer.normalizer = normalize as Tokenizer['normalizer'];
  if (preTokenize !== null) {
    const call = (text: string, options?: { section_index?: number }): string[] =>
      preTokenize(text, options?.section_index === 0);
    tokenizer.pre_tokenizer = call as unknown as Tokenizer['pre_tokenizer'];
  }
  replaceModel(tokenizer, json.model as JsonObject);
  const unknown = tokenizer.model?.unk_token;
  const unknownId = unknown === undefined ? undefined : tokenizer.token_to_id(unknown);
  const length = config.model_max_length;
  return {
    encode: (text) => tokenizer.encode(text, { add_special_tokens: false }).ids,
    ...(FLAG_CLASSES.has(settings.className) ? tokensByFlags(tokenizer, config) : specialTokens(tokenizer)),
    unknownId: unknownId ?? null,
    padId: padOf(json, config, tokenizer),
    cutFrom: config.truncation_side === 'left' ? 'left' : 'right',
    maxTokens: typeof length === 'number' && length >= 1 && length < NO_LIMIT ? Math.floor(length) : null,
  };
}

function normalizerOf(config: unknown, settings: TokenizerSettings, library: Library): Normalize | null {
  if (config === null || config === undefined) return null;
  if (!isJsonObject(config)) throw new RangeError('"normalizer" is no object');
  switch (config.type) {
    case 'Sequence': {
      const steps = listOf(config.normalizers).map((step) => normalizerOf(step, settings, library));
      return (text) => steps.reduce((result, step) => (step === null ? result : step(result)), text);
    }
    case 'BertNormalizer':
      return bertNormalizer(bertSettings(config as BertNormalizerConfig, settings));
    case 'Precompiled':
      return typeof config.precompiled_charsmap === 'string' && config.precompiled_charsmap !== ''
        ? precompiledNormalizer(config.precompiled_charsmap)
        : null;
    case 'Lowercase':
      return lowerEach;
    default: {
      const empty = { normalizer: config, pre_tokenizer: null, post_processor: null, decoder: null, added_tokens: [] };
      const model = { type: 'WordPiece', vocab: { x: 0 }, unk_token: 'x' };
      return new library.Tokenizer({ ...empty, model }, {}).normalizer as Normalize;
    }
  }
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

function preTokenizerOf(config: unknown, library: Library): PreTokenize | null {
  if (config === null || config === undefined) return null;
  if (!isJsonObject(config)) throw new RangeError('"pre_tokenizer" is no object');
  switch (config.type) {
    case 'Sequence': {
      const steps = listOf(config.pretokenizers).map((step) => preTokenizerOf(step, library));
      return preTokenizeInTurn(steps.filter((step) => step !== null));
    }
    case 'BertPreTokenizer':
      return bertPreTokenizer;
    case 'WhitespaceSplit':
      return whitespaceSplit;
    case 'Whitespace':
      return whitespaceAndSymbols;
    case 'Metaspace':
      return metaspace(config as MetaspaceConfig);
    default: {
      const empty = { normalizer: null, pre_tokenizer: config, post_processor: null, decoder: null, added_tokens: [] };
      const model = { type: 'WordPiece', vocab: { x: 0 }, unk_token: 'x' };
      const other = new library.Tokenizer({ ...empty, model }, {}).pre_tokenizer;
      if (other === null) throw new RangeError(`"pre_tokenizer" of type ${String(config.type)} is not known`);
      return (text, atStart) => other(text, { section_index: atStart ? 0 : 1 });
    }
  }
}

function replaceModel(tokenizer: Tokenizer, config: JsonObject): void {
  const model = tokenizer.model;
  if (model === null) throw new RangeError('"model" is not known');
  const encode = ownModel(config, model.tokens_to_ids);
  if (encode === null) return;
  const call = (stretches: string[]): string[] => stretches.flatMap(encode);
  const { tokens_to_ids, unk_token_id, unk_token, vocab } = model;
  tokenizer.model = Object.assign(call, {
    tokens_to_ids,
    unk_token_id,
    unk_token,
    vocab,
  }) as unknown as Tokenizer['model'];
}

/** Our own segmentation where we have one. */
function ownModel(
  config: JsonObject,
  vocabulary: ReadonlyMap<string, number>,
): ((stretch: string) => readonly string[]) | null {
  const type = config.type ?? (Array.isArray(config.vocab) ? 'Unigram' : undefined);
  if (type === 'WordPiece') {
    const unknown = textOr(config.unk_token, '[UNK]');
    const longest = isId(config.max_input_chars_per_word) ? config.max_input_chars_per_word : 100;
    const pieces = new WordPiece(vocabulary, unknown, textOr(config.continuing_subword_prefix, '##'), longest);
    return (stretch) => pieces.encode(stretch);
  }
  if (type !== 'Unigram') return null;
  const pieces = listOf(config.vocab);
  if (!pieces.every(isScoredPiece)) throw new RangeError('"model.vocab" is no list of pieces with scores');
  if (!isId(config.unk_id) || config.unk_id >= pieces.length) throw new RangeError('"model.unk_id" is no piece');
  const unigram = new Unigram(pieces, pieces[config.unk_id][0], config.byte_fallback === true);
  return (stretch) => unigram.encode(stretch);
}

function isScoredPiece(value: unknown): value is [string, number] {
  return Array.isArray(value) && typeof value[0] === 'string' && typeof value[1] === 'number';
}

/** The special tokens around a text, read off from where a stand-in for the text ends up. */
function specialTokens(tokenizer: Tokenizer): Pick<TextTokenizer, 'before' | 'behind'> {
  if (tokenizer.post_processor === null) return { before: [], behind: [] };
  const { tokens } = tokenizer.post_processor([SENTINEL], null, true);
  const at = tokens.indexOf(SENTINEL);
  if (at === -1) throw new RangeError('"post_processor" leaves the text out');
  const idOf = (token: string): number => {
    const id = tokenizer.token_to_id(token);
    if (id === undefined) throw new RangeError(`the special token "${token}" has no id`);
    return id;
  };
  return { before: tokens.slice(0, at).map(idOf), behind: tokens.slice(at + 1).map(idOf) };
}

function tokensByFlags(tokenizer: Tokenizer, config: JsonObject): Pick<TextTokenizer, 'before' | 'behind'> {
  const idsOf = (token: string, flag: unknown): number[] => {
    const id = flag === true ? tokenizer.token_to_id(tokenOf(config[token]) ?? '') : undefined;
    if (flag === true && id === undefined)
      throw new RangeError(`tokenizer_config.json asks for a "${token}" that has no id`);
    return id === undefined ? [] : [id];
  };
  return {
    before: idsOf('bos_token', config.add_bos_token ?? true),
    behind: idsOf('eos_token', config.add_eos_token ?? false),
  };
}

/** A token of tokenizer_config.json, which is a text or an object with its content. */
function tokenOf(value: unknown): string | undefined {
  const text = isJsonObject(value) ? value.content : value;
  return typeof text === 'string' ? text : undefined;
}

function padOf(json: JsonObject, config: JsonObject, tokenizer: Tokenizer): number {
  const token = tokenOf(config.pad_token);
  const id = token === undefined ? undefined : tokenizer.token_to_id(token);
  if (id !== undefined) return id;
  const padding = isJsonObject(json.padding) ? json.padding.pad_id : undefined;
  return isId(padding) ? padding : 0;
}

function listOf(value: unknown): unknown[] {
  if (!Array.isArray(value)) throw new RangeError('a list is missing');
  return value as unknown[];
}

function textOr(value: unknown, otherwise: string): string {
  return typeof value === 'string' ? value : otherwise;
}
