import type { JsonObject } from '../models/read-json-object.js';
import type { FoundDictionary } from './find-dictionary.js';
import type { TextTokenizer } from './text-tokenizer.js';

/** A model folder whose tokenizer is built from other files than a tokenizer.json. */
export interface TokenizerFolder {
  readonly folder: string;
  /** The folder's name in messages. */
  readonly where: string;
  /** tokenizer_config.json, special_tokens_map.json and added_tokens.json; {} where there is none. */
  readonly config: JsonObject;
  readonly specialMap: JsonObject;
  readonly added: JsonObject;
  /** `--dictionary`, and the name in the model's definition. */
  readonly dictionary: DictionaryChoice;
}

export interface DictionaryChoice {
  readonly given?: string;
  readonly defined?: string;
}

/** A tokenizer that was built, and the files of the folder that it needed besides the JSON files. */
export interface OwnTokenizer {
  readonly tokenizer: TextTokenizer;
  readonly files: readonly string[];
  readonly dictionary?: FoundDictionary;
}
