import { readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { UserError } from '../errors.js';
import { dictionaryName, KNOWN_DICTIONARIES, type DictionaryName, type KnownDictionary } from './known-dictionaries.js';
import { DICTIONARY_FILES, dictionaryHead, isFile } from './mecab-dictionary.js';

/** Which dictionary is looked for. */
export interface DictionaryRequest {
  /** `--dictionary`: a folder, or a name. */
  readonly given?: string;
  /** The name by which the model asks for it. */
  readonly name?: DictionaryName;
  /** The folder by which the model asks for it, relative to the model's or to the one around it. */
  readonly folder?: string;
  readonly modelFolder: string;
  /** The model's name in messages. */
  readonly where: string;
}

/** A dictionary that was found. */
export interface FoundDictionary {
  readonly folder: string;
  /** The name by which the model asks for it, whatever was given in its place. */
  readonly name?: DictionaryName;
}

/** Where to look: the environment and the user's folder, so that tests can choose them. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  /** Folders in which systems and Pythons put their files. */
  readonly prefixes: readonly string[];
}

const PREFIXES = ['/usr', '/usr/local', '/opt/conda', '/opt/homebrew', '/opt/python'];
const SYSTEM_FOLDERS = ['lib/mecab/dic', 'share/mecab/dic', 'lib64/mecab/dic', 'lib/x86_64-linux-gnu/mecab/dic'];
const DEBIAN_FOLDER = '/var/lib/mecab/dic';

/**
 * Finds the compiled MeCab dictionary of a model: the one that is given, else the folder that the model names, else the
 * named one in the usual places (packages of Pythons, folders of MeCab, `MECAB_DICDIR`).
 *
 * @throws UserError that says which dictionary is needed and how to get it
 */
export function findDictionary(request: DictionaryRequest, surroundings = ours()): FoundDictionary {
  const { given, folder, modelFolder } = request;
  if (given !== undefined) return givenDictionary(given, request, surroundings);
  if (folder !== undefined) {
    const places = [modelFolder, dirname(resolve(modelFolder)), '.'].map((from) => resolve(from, folder));
    const found = firstDictionary(places);
    if (found !== undefined) return { folder: found };
    throw missing(request, `the folder "${folder}" that its tokenizer_config.json names`);
  }
  const named = request.name === undefined ? undefined : search(request.name, surroundings);
  if (named !== undefined) return { folder: named, name: request.name };
  const own = request.name === undefined ? surroundings.env.MECAB_DICDIR : undefined;
  const found = own === undefined ? undefined : firstDictionary([own]);
  if (found !== undefined) return { folder: found };
  const { name } = request;
  throw missing(request, name === undefined ? 'a MeCab dictionary' : `the MeCab dictionary ${labelOf(name)}`);
}

function ours(): Surroundings {
  return { env: process.env, home: homedir(), prefixes: PREFIXES };
}

function givenDictionary(given: string, request: DictionaryRequest, surroundings: Surroundings): FoundDictionary {
  const asked = dictionaryName(given);
  const found = firstDictionary([given], asked) ?? (asked === undefined ? undefined : search(asked, surroundings));
  if (found !== undefined) return { folder: found, name: request.name };
  throw new UserError({
    where: `--dictionary ${given}`,
    what: 'holds no compiled MeCab dictionary (sys.dic is missing).',
    fix: asked === undefined ? 'give the folder that holds sys.dic.' : howToGet(asked),
  });
}

function search(name: DictionaryName, surroundings: Surroundings): string | undefined {
  const { systemNames }: KnownDictionary = KNOWN_DICTIONARIES[name];
  const { env, prefixes } = surroundings;
  const packages = pythonFolders(surroundings).map((site) => join(site, name));
  const roots = [DEBIAN_FOLDER, ...prefixes.flatMap((prefix) => SYSTEM_FOLDERS.map((path) => join(prefix, path)))];
  const own = env.MECAB_DICDIR === undefined ? [] : [env.MECAB_DICDIR];
  const systems = [...own, ...roots].flatMap((root) => systemNames.map((folder) => join(root, folder)));
  return firstDictionary(
    [...own, ...packages, ...systems].filter((place) => matches(place, name)),
    name,
  );
}

/** The first of some places that is a dictionary, holds one, or is the unpacked package of one. */
function firstDictionary(places: readonly string[], name?: DictionaryName): string | undefined {
  return places.flatMap((place) => insideOf(place, name)).find(isDictionary);
}

function insideOf(place: string, name?: DictionaryName): string[] {
  const names = name === undefined ? Object.keys(KNOWN_DICTIONARIES) : [name];
  return [place, join(place, 'dicdir'), ...names.map((folder) => join(place, folder, 'dicdir'))];
}

/** Whether what lies in a place can be the dictionary with this name: in UTF-8, and of its size. */
function matches(place: string, name: DictionaryName): boolean {
  const { ids }: KnownDictionary = KNOWN_DICTIONARIES[name];
  const folder = insideOf(place, name).find(isDictionary);
  const head = folder === undefined ? undefined : dictionaryHead(folder);
  return head !== undefined && head.isUtf8 && (ids === undefined || head.leftIds === ids);
}

function isDictionary(folder: string): boolean {
  return DICTIONARY_FILES.every((name) => isFile(join(folder, name)));
}

/** Where the packages of Pythons lie. */
function pythonFolders({ env, home, prefixes }: Surroundings): string[] {
  const own = [env.VIRTUAL_ENV, env.CONDA_PREFIX].filter((path) => path !== undefined && path !== '') as string[];
  const paths = (env.PYTHONPATH ?? '').split(delimiter).filter((path) => path !== '');
  const roots = [...own, join(home, '.local'), ...prefixes];
  return [
    ...paths,
    ...roots.flatMap((root) => [
      join(root, 'Lib', 'site-packages'),
      ...pythonsIn(join(root, 'lib')).flatMap((lib) => [join(lib, 'site-packages'), join(lib, 'dist-packages')]),
    ]),
  ];
}

function pythonsIn(folder: string): string[] {
  try {
    const names = readdirSync(folder).filter((name) => /^python3/.test(name));
    return names.sort().map((name) => join(folder, name));
  } catch {
    // A folder that cannot be listed holds nothing for us.
    return [];
  }
}

function missing({ where, name }: DictionaryRequest, what: string): UserError {
  return new UserError({
    where,
    what: `its tokenizer cuts texts into words with ${what}, which was not found.`,
    fix: name === undefined ? 'give the folder that holds sys.dic with --dictionary.' : howToGet(name),
  });
}

function howToGet(name: DictionaryName): string {
  const { source }: KnownDictionary = KNOWN_DICTIONARIES[name];
  return `"pip download --no-deps ${source}", unpack the file, and give its folder with --dictionary (or pip install ${source}); Python is not needed to run.`;
}

function labelOf(name: DictionaryName): string {
  return KNOWN_DICTIONARIES[name].source.replace('==', ' ');
}
