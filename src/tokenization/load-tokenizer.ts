import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../errors.js';
import { readJsonObject, type JsonObject } from '../models/read-json-object.js';
import type { TextTokenizer } from './text-tokenizer.js';
import { tokenizerOfJson } from './tokenizer-json.js';

/** Classes whose ids a tokenizer.json cannot give (where one lies beside them it is a stand-in), and what they need. */
const OTHER_CLASSES: Readonly<Record<string, string>> = {
  BertJapaneseTokenizer: 'it cuts texts into words with MeCab',
  DistilBertJapaneseTokenizer: 'it cuts texts into words with MeCab',
  MLukeTokenizer: 'it is made of a SentencePiece model and has no tokenizer.json',
  PlamoTokenizer: 'it comes with code of its own',
};

/** Class of the tokenizer where no file names one, by `model_type`. */
const CLASS_OF_TYPE: Readonly<Record<string, string>> = { bert: 'BertTokenizer', distilbert: 'DistilBertTokenizer' };

/** A tokenizer and the files that it was read from, relative to the folder. */
export interface LoadedTokenizer {
  readonly tokenizer: TextTokenizer;
  readonly className: string;
  readonly files: readonly string[];
}

/**
 * The tokenizer of a model folder.
 *
 * @param model config.json of the model, which may name the class
 * @param where the folder's name in messages
 * @throws UserError when there is none, or one that is not supported
 */
export async function loadTokenizer(folder: string, model: JsonObject, where: string): Promise<LoadedTokenizer> {
  const config = readOptional(folder, 'tokenizer_config.json', where);
  const className = classOf(config, model);
  const needs = Object.hasOwn(OTHER_CLASSES, className) ? OTHER_CLASSES[className] : undefined;
  const file = 'tokenizer.json';
  if (needs !== undefined || !existsSync(join(folder, file))) {
    throw new UserError({
      where,
      what:
        needs === undefined
          ? `has no ${file}${className === '' ? '' : ` (its tokenizer is ${className})`}.`
          : `the tokenizer ${className} is not supported: ${needs}.`,
      fix: 'take vectors made elsewhere with --model vectors:<folder>.',
    });
  }
  const json = readJsonObject(join(folder, file), join(where, file));
  if (!json.ok) throw new UserError(json.problem);
  const tokenizer = await tokenizerOfJson(json.value, { config, className }, join(where, file));
  const files = [file, ...(existsSync(join(folder, 'tokenizer_config.json')) ? ['tokenizer_config.json'] : [])];
  return { tokenizer, className, files };
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
