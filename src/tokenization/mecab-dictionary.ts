import { readFileSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { FileFault, GET_AGAIN } from '../datasets/file-fault.js';
import { UserError, messageOf } from '../errors.js';
import { fileSource, type ByteSource } from '../onnx/byte-source.js';
import { alignedBytes } from './aligned-bytes.js';
import { readCategories, type CharacterCategories } from './mecab-categories.js';
import { MecabLexicon, readLexiconHead, type LexiconHead } from './mecab-lexicon.js';

/** A compiled dictionary of MeCab. */
export interface MecabDictionary {
  readonly words: MecabLexicon;
  readonly unknown: MecabLexicon;
  /** The entries of unknown words by category: the first, and how many. */
  readonly unknownOf: readonly { readonly token: number; readonly count: number }[];
  readonly categories: CharacterCategories;
  /** Cost of two words side by side, at `right id of the first + leftIds * left id of the second`. */
  readonly connections: Int16Array;
  /** The longest run of characters that is one unknown word, without its first character. */
  readonly longestGroup: number;
}

/** The files that decide how texts are cut. */
export const DICTIONARY_FILES = ['char.bin', 'dicrc', 'matrix.bin', 'sys.dic', 'unk.dic'] as const;

const GROUP_CHARACTERS = 24;
const LARGEST_SETTINGS = 1 << 20;
const encoder = new TextEncoder();
const open = new Map<string, WeakRef<MecabDictionary>>();

/** What the head of a dictionary says, before the dictionary is read; undefined where it has none. */
export function dictionaryHead(folder: string): LexiconHead | undefined {
  try {
    return withFile(join(folder, 'sys.dic'), readLexiconHead);
  } catch {
    return undefined;
  }
}

/**
 * Reads a dictionary folder. One that is in memory already is not read again.
 *
 * @throws UserError that names the file
 */
export function readMecabDictionary(folder: string): MecabDictionary {
  const missing = DICTIONARY_FILES.filter((name) => !isFile(join(folder, name)));
  if (missing.length > 0) {
    throw new UserError({
      where: folder,
      what: `is no compiled dictionary of MeCab: ${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} missing.`,
      fix: 'give the folder that holds sys.dic; sources (.csv, .def) are compiled with mecab-dict-index.',
    });
  }
  const identity = DICTIONARY_FILES.map((name) => identityOf(join(folder, name))).join('\n');
  const known = open.get(identity)?.deref();
  if (known !== undefined) return known;
  const dictionary = read(folder);
  open.set(identity, new WeakRef(dictionary));
  return dictionary;
}

/** Whether a dictionary's file is there. */
export function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

function identityOf(path: string): string {
  const { size, mtimeMs, ino } = statSync(path);
  return `${realpathSync(path)} ${size} ${mtimeMs} ${ino}`;
}

function read(folder: string): MecabDictionary {
  const part = <T>(name: string, use: (file: ByteSource) => T): T => readPart(join(folder, name), use);
  const words = part('sys.dic', (file) => MecabLexicon.read(file, 'system'));
  const { leftIds, rightIds } = words;
  const unknown = part('unk.dic', (file) => {
    const lexicon = MecabLexicon.read(file, 'unknown');
    if (lexicon.leftIds !== leftIds || lexicon.rightIds !== rightIds)
      throw new FileFault('it does not go with sys.dic.');
    return lexicon;
  });
  const connections = part('matrix.bin', (file) => readConnections(file, leftIds, rightIds));
  const categories = part('char.bin', readCategories);
  const unknownOf = part('unk.dic', () => categories.names.map((name) => entriesOf(unknown, name)));
  return { words, unknown, unknownOf, categories, connections, longestGroup: longestGroup(join(folder, 'dicrc')) };
}

function readPart<T>(path: string, use: (file: ByteSource) => T): T {
  try {
    return withFile(path, use);
  } catch (thrown) {
    if (thrown instanceof FileFault) throw new UserError({ where: path, what: thrown.message, fix: thrown.fix });
    const { code } = thrown as NodeJS.ErrnoException;
    if (code === undefined && !(thrown instanceof RangeError)) throw thrown;
    throw new UserError({ where: path, what: `cannot be read (${messageOf(thrown)}).` });
  }
}

function withFile<T>(path: string, use: (file: ByteSource) => T): T {
  const file = fileSource(path);
  try {
    return use(file);
  } finally {
    file.close();
  }
}

function entriesOf(unknown: MecabLexicon, category: string): { token: number; count: number } {
  const found = unknown.find(encoder.encode(category));
  if (found === undefined || found.count === 0) throw new FileFault(`it has no entry for the category ${category}.`);
  return found;
}

function readConnections(file: ByteSource, leftIds: number, rightIds: number): Int16Array {
  const [left, right] = file.size < 4 ? [0, 0] : new Uint16Array(alignedBytes(file, 0, 4).buffer);
  if (file.size !== 4 + 2 * left * right) {
    throw new FileFault('it is no matrix of connection costs, or cut.', GET_AGAIN);
  }
  if (left !== leftIds || right !== rightIds || left === 0 || right === 0) {
    throw new FileFault(`it joins ${left} x ${right} ids, but sys.dic has ${leftIds} x ${rightIds}.`);
  }
  const body = alignedBytes(file, 4, file.size - 4);
  return new Int16Array(body.buffer, body.byteOffset, left * right);
}

/** The one setting of `dicrc` that decides words. */
function longestGroup(path: string): number {
  if (statSync(path).size > LARGEST_SETTINGS)
    throw new UserError({ where: path, what: 'is no settings file of MeCab.' });
  const value = /^[ \t]*max-grouping-size[ \t]*=[ \t]*(\d+)/m.exec(readFileSync(path, 'latin1'))?.[1];
  // Zero stands for the usual length.
  return Number(value ?? 0) || GROUP_CHARACTERS;
}
