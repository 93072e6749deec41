import type * as TokenizersLibrary from '@huggingface/tokenizers';
import type { Tokenizer } from '@huggingface/tokenizers';
import { UserError, messageOf } from '../errors.js';
import { isJsonObject, type JsonObject } from '../models/read-json-object.js';
import { checkPattern, normalizerOf } from './normalizers.js';
import {
  bertPreTokenizer,
  metaspace,
  preTokenizeInTurn,
  whitespaceAndSymbols,
  whitespaceSplit,
  type MetaspaceConfig,
  type PreTokenize,
} from './pre-tokenizers.js';
import { BYTE_PIECES } from './byte-pieces.js';
import { padOf, surroundings } from './special-tokens.js';
import type { TextTokenizer } from './text-tokenizer.js';
import { longestInputOf, type TokenizerSettings } from './tokenizer-settings.js';
import { Unigram } from './unigram.js';
import { WordPiece } from './word-piece.js';

type Library = typeof TokenizersLibrary;

/** A text with letters of several kinds, spaces and punctuation. */
const PROBE = 'A b1, ｶﾞ漢字かな。\u3000é😀';
/** No vocabulary has so many ids. */
const MOST_IDS = 1 << 24;
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
      : isVocabulary(json.model.vocab)
        ? undefined
        : '"model.vocab" gives no ids of pieces';
  if (wrong !== undefined) throw new UserError({ where, what: `${wrong}, so this is not a tokenizer.json.` });
}

/** Ids by piece, or pieces with scores in the order of ids. */
function isVocabulary(value: unknown): boolean {
  return Array.isArray(value) || (isJsonObject(value) && Object.values(value).every(isId));
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
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) < MOST_IDS;
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
  // A step that cannot work fails here, where the file is named, and not at the first text.
  tokenizer.encode(PROBE, { add_special_tokens: false });
  return {
    encode: (text) => tokenizer.encode(text, { add_special_tokens: false }).ids,
    ...surroundings(tokenizer, settings),
    unknownId: unknownId ?? null,
    byteIds: byteIdsOf(json.model as JsonObject, tokenizer),
    padId: padOf(tokenizer, config, json),
    cutFrom: config.truncation_side === 'left' ? 'left' : 'right',
    maxTokens: longestInputOf(config),
  };
}

/** Ids of the pieces for single bytes, where the model falls back on them. */
function byteIdsOf(model: JsonObject, tokenizer: Tokenizer): ReadonlySet<number> | undefined {
  if (model.byte_fallback !== true) return undefined;
  const ids = BYTE_PIECES.map((piece) => tokenizer.token_to_id(piece)).filter((id) => id !== undefined);
  return ids.length === 0 ? undefined : new Set(ids);
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
      checkPattern(config);
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
  const type = config.type ?? typeByContent(config);
  if (type === 'WordPiece') {
    const unknown = textOr(config.unk_token, '[UNK]');
    const longest = isId(config.max_input_chars_per_word) ? config.max_input_chars_per_word : 100;
    const pieces = new WordPiece(vocabulary, unknown, textOr(config.continuing_subword_prefix, '##'), longest);
    return (stretch) => pieces.encode(stretch);
  }
  if (type === 'BPE') return null;
  if (type !== 'Unigram') throw new RangeError(`"model.type" ${JSON.stringify(type)} is not known`);
  const pieces = listOf(config.vocab);
  if (!pieces.every(isScoredPiece)) throw new RangeError('"model.vocab" is no list of pieces with scores');
  if (!isId(config.unk_id) || config.unk_id >= pieces.length) throw new RangeError('"model.unk_id" is no piece');
  const unigram = new Unigram(pieces, pieces[config.unk_id][0], config.byte_fallback === true);
  return (stretch) => unigram.encode(stretch);
}

/** What a model is whose file was written before types were. */
function typeByContent(config: JsonObject): string {
  if (Array.isArray(config.vocab)) return 'Unigram';
  return config.merges === undefined ? 'WordPiece' : 'BPE';
}

function isScoredPiece(value: unknown): value is [string, number] {
  return Array.isArray(value) && typeof value[0] === 'string' && typeof value[1] === 'number';
}

function listOf(value: unknown): unknown[] {
  if (!Array.isArray(value)) throw new RangeError('a list is missing');
  return value as unknown[];
}

function textOr(value: unknown, otherwise: string): string {
  return typeof value === 'string' ? value : otherwise;
}
