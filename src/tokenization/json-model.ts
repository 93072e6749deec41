import { isJsonObject, type JsonObject } from '../models/read-json-object.js';
import { BytePairEncoding } from './byte-pair-encoding.js';
import { Unigram } from './unigram.js';
import { WordPiece } from './word-piece.js';

/** The `model` of a tokenizer.json. */
export interface JsonModel {
  /** Ids by piece. */
  readonly vocabulary: ReadonlyMap<string, number>;
  /** Ids of one stretch of a text. */
  readonly encode: (stretch: string) => readonly number[];
  /** The piece for what the vocabulary lacks; null for none. */
  readonly unknown: string | null;
}

/** No vocabulary has so many ids. */
const MOST_IDS = 1 << 24;

/** Models by their `type`. A new one needs its line here. */
const KINDS = {
  BPE: bytePairs,
  Unigram: unigram,
  WordLevel: wordLevel,
  WordPiece: wordPiece,
} as const satisfies Record<string, (config: JsonObject) => JsonModel>;

/**
 * Builds the model that a tokenizer.json describes.
 *
 * @throws RangeError when it is not known, or lacks something
 */
export function modelOf(config: JsonObject): JsonModel {
  const type = config.type ?? typeByContent(config);
  if (typeof type !== 'string' || !Object.hasOwn(KINDS, type)) {
    throw new RangeError(`"model.type" ${JSON.stringify(type)} is not known`);
  }
  return KINDS[type as keyof typeof KINDS](config);
}

/** Whether a value can be the id of a piece. */
export function isId(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) < MOST_IDS;
}

function wordPiece(config: JsonObject): JsonModel {
  const vocabulary = idsByPiece(config);
  const unknown = textOr(config.unk_token, '[UNK]');
  const longest = isId(config.max_input_chars_per_word) ? config.max_input_chars_per_word : 100;
  const pieces = new WordPiece(vocabulary, unknown, textOr(config.continuing_subword_prefix, '##'), longest);
  const idOf = idsOf(vocabulary, unknown);
  return { vocabulary, unknown, encode: (word) => pieces.encode(word).map(idOf) };
}

function wordLevel(config: JsonObject): JsonModel {
  const vocabulary = idsByPiece(config);
  const unknown = textOr(config.unk_token, '<unk>');
  const idOf = idsOf(vocabulary, unknown);
  return { vocabulary, unknown, encode: (word) => [idOf(word)] };
}

function unigram(config: JsonObject): JsonModel {
  const pieces = listOf(config.vocab, 'vocab');
  if (!pieces.every(isScoredPiece)) throw new RangeError('"model.vocab" is no list of pieces with scores');
  if (!isId(config.unk_id) || config.unk_id >= pieces.length) throw new RangeError('"model.unk_id" is no piece');
  const [unknown] = pieces[config.unk_id];
  const vocabulary = new Map(pieces.map(([piece], id) => [piece, id]));
  const model = new Unigram(pieces, unknown, config.byte_fallback === true);
  const idOf = idsOf(vocabulary, unknown);
  return { vocabulary, unknown, encode: (stretch) => model.encode(stretch).map(idOf) };
}

function bytePairs(config: JsonObject): JsonModel {
  if (typeof config.dropout === 'number' && config.dropout > 0) {
    throw new RangeError('"model.dropout" makes ids a matter of chance');
  }
  const vocabulary = idsByPiece(config);
  const merges = listOf(config.merges, 'merges').map(mergeOf);
  const unknown = typeof config.unk_token === 'string' ? config.unk_token : null;
  const model = new BytePairEncoding(vocabulary, merges, {
    unknown,
    fuseUnknown: config.fuse_unk === true,
    byteFallback: config.byte_fallback === true,
    ignoreMerges: config.ignore_merges === true,
    prefix: textOr(config.continuing_subword_prefix, ''),
    suffix: textOr(config.end_of_word_suffix, ''),
  });
  return { vocabulary, unknown, encode: (word) => model.encode(word) };
}

/** Two pieces, as a list or, in older files, with a space between them. */
function mergeOf(merge: unknown): [string, string] {
  const parts: unknown = typeof merge === 'string' ? merge.split(' ') : merge;
  const isPair = Array.isArray(parts) && parts.length === 2 && parts.every((part) => typeof part === 'string');
  if (!isPair) throw new RangeError(`"model.merges" holds ${JSON.stringify(merge)?.slice(0, 80)}, which is no pair`);
  return parts as [string, string];
}

/** What a model is whose file was written before types were. */
function typeByContent(config: JsonObject): string {
  if (Array.isArray(config.vocab)) return 'Unigram';
  return config.merges === undefined ? 'WordPiece' : 'BPE';
}

function idsByPiece({ vocab }: JsonObject): Map<string, number> {
  if (!isJsonObject(vocab)) throw new RangeError('"model.vocab" gives no ids of pieces');
  return new Map(Object.entries(vocab) as [string, number][]);
}

/** The id of a piece, or that of the unknown one. */
function idsOf(vocabulary: ReadonlyMap<string, number>, unknown: string): (piece: string) => number {
  const unknownId = vocabulary.get(unknown);
  if (unknownId === undefined)
    throw new RangeError(`the token ${JSON.stringify(unknown)} for unknown pieces has no id`);
  return (piece) => vocabulary.get(piece) ?? unknownId;
}

function isScoredPiece(value: unknown): value is [string, number] {
  return Array.isArray(value) && typeof value[0] === 'string' && Number.isFinite(value[1]);
}

function listOf(value: unknown, field: string): unknown[] {
  if (!Array.isArray(value)) throw new RangeError(`"model.${field}" is no list`);
  return value as unknown[];
}

function textOr(value: unknown, otherwise: string): string {
  return typeof value === 'string' ? value : otherwise;
}
