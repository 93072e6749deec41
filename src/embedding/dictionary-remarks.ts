import { join } from 'node:path';
import type { Problem } from '../errors.js';
import type { FoundDictionary } from '../tokenization/find-dictionary.js';
import { KNOWN_DICTIONARIES, type KnownDictionary } from '../tokenization/known-dictionaries.js';
import type { LoadedTokenizer } from '../tokenization/load-tokenizer.js';
import { DICTIONARY_FILES } from '../tokenization/mecab-dictionary.js';
import { hashOf, type HashedFile } from './file-hash.js';
import type { ModelOptions } from './types.js';

/** The files of a dictionary are recorded under this name, wherever they lie. */
const DICTIONARY_FOLDER = 'dictionary';

/** As many digits of a hash name a dictionary in a variant's name. */
const SHORT_HASH = 7;

/** Absolute paths of the files of a tokenizer's dictionary, by the names that are recorded. */
export function dictionaryFiles({ dictionary }: LoadedTokenizer): Map<string, string> {
  if (dictionary === undefined) return new Map();
  return new Map(DICTIONARY_FILES.map((name) => [`${DICTIONARY_FOLDER}/${name}`, join(dictionary.folder, name)]));
}

/** A dictionary that was given, and that nothing of the model needs. */
export function dictionaryProblems(
  options: ModelOptions,
  files: { readonly tokenizer: LoadedTokenizer } | undefined,
): Problem[] {
  if (options.dictionary === undefined || files === undefined || files.tokenizer.dictionary !== undefined) return [];
  const what = 'has no meaning for this model: its tokenizer needs no dictionary.';
  return [{ where: '--dictionary', what, fix: 'leave it out.' }];
}

/**
 * What is to be said of a model's dictionary: a short hash in the variant's name where it is another than the one that the
 * model names, and a warning where that is known to be the one behind the published numbers.
 */
export function dictionaryRemarks(
  dictionary: FoundDictionary | undefined,
  files: readonly HashedFile[],
  options: ModelOptions,
): { readonly options: Record<string, string>; readonly warnings: string[] } {
  const none = { options: {}, warnings: [] };
  if (dictionary === undefined) return none;
  const known: KnownDictionary | undefined =
    dictionary.name === undefined ? undefined : KNOWN_DICTIONARIES[dictionary.name];
  const hashes = files.filter(({ path }) => path.startsWith(`${DICTIONARY_FOLDER}/`));
  const short = hashOf(hashes.map(({ path, sha256 }) => [path, sha256])).slice(0, SHORT_HASH);
  if (known?.sha256 === undefined) {
    return options.dictionary === undefined && known === undefined ? none : { ...none, options: { dictionary: short } };
  }
  const expected = Object.entries(known.sha256);
  const isKnown = expected.every(([name, sha256]) =>
    hashes.some((file) => file.path === `${DICTIONARY_FOLDER}/${name}` && file.sha256 === sha256),
  );
  if (isKnown) return none;
  const label = known.source.replace('==', ' ');
  const warning = `its MeCab dictionary is not that of ${label}, which the model names: words, and so vectors, may differ`;
  return { options: { dictionary: short }, warnings: [warning] };
}
