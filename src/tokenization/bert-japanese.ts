import { join } from 'node:path';
import { FileFault, GET_AGAIN } from '../datasets/file-fault.js';
import { isJsonObject, type JsonObject } from '../models/read-json-object.js';
import { AddedTokens } from './added-tokens.js';
import { basicWords } from './basic-words.js';
import { findDictionary, type FoundDictionary } from './find-dictionary.js';
import { characterSubwords, sentencePieceSubwords, wordPieceSubwords, type Subwords } from './japanese-subwords.js';
import { dictionaryName, type DictionaryName } from './known-dictionaries.js';
import { Mecab } from './mecab.js';
import { readMecabDictionary } from './mecab-dictionary.js';
import { dictionaryOfOptions } from './mecab-options.js';
import { namingFile, readModelFile } from './model-file.js';
import type { OwnTokenizer, TokenizerFolder } from './own-tokenizer.js';
import { SentencePiece } from './sentencepiece.js';
import { slowTokenizer } from './slow-tokenizer.js';

const CONFIG = 'tokenizer_config.json';
const VOCABULARY = 'vocab.txt';
const SENTENCEPIECE = 'spiece.model';
const DEFAULTS = {
  unk_token: '[UNK]',
  sep_token: '[SEP]',
  pad_token: '[PAD]',
  cls_token: '[CLS]',
  mask_token: '[MASK]',
};

/** Cuts a text without added tokens into words. */
export type Words = (text: string) => string[];

/** The words of texts, and the dictionary that they need. */
interface WordStage {
  readonly words: Words;
  readonly dictionary?: FoundDictionary;
}

/** Pieces of words and their ids. */
export interface SubwordStage {
  readonly subwords: Subwords;
  readonly idOf: (piece: string) => number;
  /** Without added tokens. */
  readonly vocabulary: ReadonlyMap<string, number>;
  /** Whether what the vocabulary lacks becomes pieces of single bytes. */
  readonly byteFallback?: boolean;
  readonly file: string;
}

/**
 * `BertJapaneseTokenizer`: words (of MeCab, or between white space and punctuation), and pieces of each word.
 *
 * @throws UserError that names the file
 */
export function loadBertJapanese(source: TokenizerFolder): OwnTokenizer {
  const where = join(source.where, CONFIG);
  const stage = subwordStage(source);
  const { words, dictionary } = namingFile(where, () => wordStage(source));
  const tokenizer = namingFile(where, () => bertJapaneseTokenizer(source, words, stage));
  return { tokenizer, files: [stage.file], dictionary };
}

/** The tokenizer, its word stage given. */
export function bertJapaneseTokenizer(source: TokenizerFolder, words: Words, stage: SubwordStage) {
  const { config, specialMap, added } = source;
  const { vocabulary, idOf, byteFallback } = stage;
  const lowerCase = config.do_lower_case === true;
  const tokens = new AddedTokens({ config, specialMap, added, defaults: DEFAULTS, more: [], vocabulary, lowerCase });
  const subwords = config.do_subword_tokenize === false ? (word: string) => [word] : stage.subwords;
  const pieces = (text: string): string[] => words(text).flatMap(subwords);
  return slowTokenizer({ config, added: tokens, lowerCase, pieces, idOf, byteFallback });
}

/**
 * How words become pieces and ids.
 *
 * @throws UserError that names the file
 */
export function subwordStage({ folder, where, config }: TokenizerFolder): SubwordStage {
  const type = config.subword_tokenizer_type ?? 'wordpiece';
  if (type === 'sentencepiece') {
    const file = SENTENCEPIECE;
    const model = readModelFile(join(folder, file), join(where, file), (bytes) => new SentencePiece(bytes));
    const vocabulary = new Map(model.pieces.map((piece, id) => [piece, id]));
    const { byteFallback } = model;
    const idOf = (piece: string): number => model.idOf(piece);
    return { subwords: sentencePieceSubwords(model), idOf, vocabulary, byteFallback, file };
  }
  const file = VOCABULARY;
  const kind = type === 'wordpiece' ? wordPieceSubwords : type === 'character' ? characterSubwords : undefined;
  const unknown = unknownToken(config);
  return readModelFile(join(folder, file), join(where, file), (bytes) => {
    if (kind === undefined) throw new FileFault(`pieces of the type ${JSON.stringify(type)} are not supported.`);
    const vocabulary = readVocabulary(bytes);
    const unknownId = vocabulary.get(unknown);
    if (unknownId === undefined) throw new FileFault(`the token "${unknown}" for unknown words is missing.`, GET_AGAIN);
    const idOf = (piece: string): number => vocabulary.get(piece) ?? unknownId;
    return { subwords: kind(vocabulary, unknown), idOf, vocabulary, file };
  });
}

function unknownToken({ unk_token: token }: JsonObject): string {
  const text = isJsonObject(token) ? token.content : token;
  return typeof text === 'string' ? text : DEFAULTS.unk_token;
}

/** One piece a line; of equal ones the last counts. */
function readVocabulary(bytes: Uint8Array): Map<string, number> {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new FileFault('it is not UTF-8 text.', GET_AGAIN);
  }
  const lines = text.split(/\r\n|\n|\r/);
  if (lines.at(-1) === '') lines.pop();
  return new Map(lines.map((piece, id) => [piece, id]));
}

function wordStage(source: TokenizerFolder): WordStage {
  const { config } = source;
  if (config.do_word_tokenize === false) return { words: (text) => [text] };
  const lowerCase = config.do_lower_case === true;
  const neverSplit = new Set(Array.isArray(config.never_split) ? (config.never_split as unknown[]).map(String) : []);
  const type = config.word_tokenizer_type ?? 'basic';
  if (type === 'basic') return { words: basicWords({ lowerCase, neverSplit }) };
  if (type !== 'mecab') {
    throw new FileFault(
      `words of the type ${JSON.stringify(type)} are not supported.`,
      'take vectors made elsewhere with --model vectors:<folder>.',
    );
  }
  const settings = config.mecab_kwargs ?? {};
  if (!isJsonObject(settings)) throw new FileFault('"mecab_kwargs" is no object.');
  const dictionary = findDictionary({
    given: source.dictionary.given,
    ...askedDictionary(settings, source.dictionary.defined),
    modelFolder: source.folder,
    where: source.where,
  });
  const mecab = new Mecab(readMecabDictionary(dictionary.folder));
  const normalizes = settings.normalize_text !== false;
  const lower = (word: string): string => (neverSplit.has(word) ? word : word.toLowerCase());
  return {
    words: (text) => {
      const words = mecab.words(normalizes ? text.normalize('NFKC') : text);
      return lowerCase ? words.map(lower) : words;
    },
    dictionary,
  };
}

/** What the model asks for: a folder in MeCab's options, else a name; the default of the class is ipadic. */
function askedDictionary(
  settings: JsonObject,
  defined: string | undefined,
): { readonly folder?: string; readonly name?: DictionaryName } {
  const { mecab_option: options } = settings;
  const folder = typeof options === 'string' ? dictionaryOfOptions(options) : undefined;
  if (folder !== undefined) return { folder };
  const asked = defined ?? (settings.mecab_dic === undefined ? 'ipadic' : settings.mecab_dic);
  if (asked === null) return {};
  const name = typeof asked === 'string' ? dictionaryName(asked) : undefined;
  if (name === undefined) throw new FileFault(`the MeCab dictionary ${JSON.stringify(asked)} is not known.`);
  return { name };
}
