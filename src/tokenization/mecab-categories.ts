import { FileFault, GET_AGAIN } from '../datasets/file-fault.js';
import type { ByteSource } from '../onnx/byte-source.js';
import { alignedBytes } from './aligned-bytes.js';

/** The characters that have a category of their own: all of the first plane but the last. */
const CHARACTERS = 0xffff;
const NAME_BYTES = 32;
const LARGEST_COUNT = 256;

/**
 * Categories of characters (`char.bin`), one number a character: categories that it belongs to (18 bits), the one that
 * counts for unknown words (8 bits), longest unknown word in characters (4 bits), whether a run of the same kind is one
 * word, and whether unknown words are made also where known ones are found (one bit each).
 */
export interface CharacterCategories {
  readonly names: readonly string[];
  /** Indexed by UTF-16 unit. */
  readonly infos: Uint32Array;
}

/** Whether two characters have a category in common. */
export function isKindOf(info: number, other: number): boolean {
  return (info & other & 0x3ffff) !== 0;
}

/** The category whose unknown words a character begins. */
export function categoryOf(info: number): number {
  return (info >>> 18) & 0xff;
}

/** The longest unknown word that is not a whole run, in characters. */
export function unknownLength(info: number): number {
  return (info >>> 26) & 0xf;
}

/** Whether a run of characters of the same kind is one unknown word. */
export function makesGroups(info: number): boolean {
  return ((info >>> 30) & 1) === 1;
}

/** Whether unknown words are also made where the dictionary has a word. */
export function isAlwaysInvoked(info: number): boolean {
  return info >>> 31 === 1;
}

/**
 * Reads `char.bin`.
 *
 * @throws FileFault when it is none
 */
export function readCategories(file: ByteSource): CharacterCategories {
  const count = file.size < 4 ? 0 : new Uint32Array(alignedBytes(file, 0, 4).buffer)[0];
  if (count === 0 || count > LARGEST_COUNT || file.size !== 4 + count * NAME_BYTES + 4 * CHARACTERS) {
    throw new FileFault('it is no table of character categories.', GET_AGAIN);
  }
  const labels = Buffer.from(alignedBytes(file, 4, count * NAME_BYTES));
  const names = Array.from({ length: count }, (_, i) =>
    labels.toString('latin1', i * NAME_BYTES, (i + 1) * NAME_BYTES).replace(/\0.*$/s, ''),
  );
  const body = alignedBytes(file, 4 + count * NAME_BYTES, 4 * CHARACTERS);
  // The table has no entry for U+FFFF: it belongs to no category.
  const infos = new Uint32Array(CHARACTERS + 1);
  infos.set(new Uint32Array(body.buffer, body.byteOffset, CHARACTERS));
  if (infos.some((info) => categoryOf(info) >= count)) {
    throw new FileFault('a character has a category that is not there.', GET_AGAIN);
  }
  return { names, infos };
}
