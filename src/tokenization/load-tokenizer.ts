import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../errors.js';
import { readJsonObject, type JsonObject } from '../models/read-json-object.js';
import { loadBertJapanese } from './bert-japanese.js';
import type { FoundDictionary } from './find-dictionary.js';
import { loadMLuke } from './mluke.js';
import type { DictionaryChoice, OwnTokenizer, TokenizerFolder } from './own-tokenizer.js';
import type { TextTokenizer } from './text-tokenizer.js';
import { tokenizerOfJson } from './tokenizer-json.js';
import { checkSettings } from './tokenizer-settings.js';

const TOKENIZER = 'tokenizer.json';
const CONFIG = 'tokenizer_config.json';
const SPECIAL_MAP = 'special_tokens_map.json';
const ADDED = 'added_tokens.json';

/**
 * Classes whose ids no tokenizer.json gives (where one lies beside them it is a stand-in), and what builds them. A new one
 * needs its line here.
 */
const OWN_CLASSES = {
  BertJapaneseTokenizer: loadBertJapanese,
  DistilBertJapaneseTokenizer: loadBertJapanese,
  MLukeTokenizer: loadMLuke,
} satisfies Record<string, (source: TokenizerFolder) => OwnTokenizer>;

/** Classes that are known not to work, and why. */
const REFUSED: Readonly<Record<string, string>> = { PlamoTokenizer: 'it comes with code of its own' };

/** Class of the tokenizer where no file names one, by `model_type`. */
const CLASS_OF_TYPE: Readonly<Record<string, string>> = { bert: 'BertTokenizer', distilbert: 'DistilBertTokenizer' };

/** A tokenizer and what it was read from. */
export interface LoadedTokenizer {
  readonly tokenizer: TextTokenizer;
  readonly className: string;
  /** Files, relative to the folder. */
  readonly files: readonly string[];
  /** The MeCab dictionary that cuts texts into words. */
  readonly dictionary?: FoundDictionary;
}

/**
 * The tokenizer of a model folder.
 *
 * @param model config.json of the model, which may name the class
 * @param where the folder's name in messages
 * @param dictionary what is known of the MeCab dictionary besides the folder's files
 * @throws UserError when there is none, or one that is not supported
 */
export async function loadTokenizer(
  folder: string,
  model: JsonObject,
  where: string,
  dictionary: DictionaryChoice = {},
): Promise<LoadedTokenizer> {
  const config = readOptional(folder, CONFIG, where);
  checkSettings(config, join(where, CONFIG));
  const className = classOf(config, model);
  if (Object.hasOwn(REFUSED, className)) {
    throw unsupported(where, `the tokenizer ${className} is not supported: ${REFUSED[className]}.`);
  }
  if (Object.hasOwn(OWN_CLASSES, className)) {
    return loadOwn(className as keyof typeof OWN_CLASSES, { folder, where, config, dictionary });
  }
  if (!existsSync(join(folder, TOKENIZER))) {
    throw unsupported(where, `has no ${TOKENIZER}${className === '' ? '' : ` (its tokenizer is ${className})`}.`);
  }
  const json = readJsonObject(join(folder, TOKENIZER), join(where, TOKENIZER));
  if (!json.ok) throw new UserError(json.problem);
  const tokenizer = await tokenizerOfJson(json.value, { config, className }, join(where, TOKENIZER));
  return { tokenizer, className, files: [TOKENIZER, ...thoseThere(folder, [CONFIG])] };
}

function loadOwn(
  className: keyof typeof OWN_CLASSES,
  source: Pick<TokenizerFolder, 'folder' | 'where' | 'config' | 'dictionary'>,
): LoadedTokenizer {
  const { folder, where } = source;
  const specialMap = readOptional(folder, SPECIAL_MAP, where);
  const added = readOptional(folder, ADDED, where);
  const { tokenizer, files, dictionary } = OWN_CLASSES[className]({ ...source, specialMap, added });
  const all = [...files, ...thoseThere(folder, [CONFIG, SPECIAL_MAP, ADDED])];
  return { tokenizer, className, files: all, dictionary };
}

function unsupported(where: string, what: string): UserError {
  return new UserError({ where, what, fix: 'take vectors made elsewhere with --model vectors:<folder>.' });
}

function thoseThere(folder: string, names: readonly string[]): string[] {
  return names.filter((name) => existsSync(join(folder, name)));
}

function classOf(config: JsonObject, model: JsonObject): string {
  const type = typeof model.model_type === 'string' ? model.model_type : '';
  const ofType = Object.hasOwn(CLASS_OF_TYPE, type) ? CLASS_OF_TYPE[type] : '';
  const named = [config.tokenizer_class, model.tokenizer_class].find((name) => typeof name === 'string') ?? ofType;
  return (named as string).replace(/Fast$/, '');
}

function readOptional(folder: string, name: string, where: string): JsonObject {
  if (!existsSync(join(folder, name))) return {};
  const read = readJsonObject(join(folder, name), join(where, name));
  if (!read.ok) throw new UserError(read.problem);
  return read.value;
}
