import { FileFault, GET_AGAIN } from '../datasets/file-fault.js';
import type { ByteSource } from '../onnx/byte-source.js';
import { alignedBytes } from './aligned-bytes.js';

/** What kinds of dictionary files there are, by the number in their header. */
export const LEXICON_KINDS = { system: 0, unknown: 2 } as const;

const HEADER_BYTES = 72;
/** The file's size is written at its head, mixed with this number. */
const MAGIC = 0xef718f77;
const VERSION = 102;
const UNIT_BYTES = 8;
/** A word's entry: left id, right id, part of speech and cost (16 bits each), feature and compound (32 bits each). */
const TOKEN_BYTES = 16;
const TOKEN_SHORTS = TOKEN_BYTES / 2;
const UTF8_NAMES = new Set(['utf8', 'utf-8', 'utf_8']);

/** What the head of a dictionary file says. */
export interface LexiconHead {
  readonly type: number;
  /** How many ids join a word to the one behind it, and to the one before it. */
  readonly leftIds: number;
  readonly rightIds: number;
  readonly unitBytes: number;
  readonly tokenBytes: number;
  readonly charset: string;
  readonly isUtf8: boolean;
}

/**
 * Reads the head of a dictionary file.
 *
 * @throws FileFault when it is none, or was cut
 */
export function readLexiconHead(file: ByteSource): LexiconHead {
  if (file.size < HEADER_BYTES) throw new FileFault(`it has ${file.size} bytes, less than its head.`, GET_AGAIN);
  const head = Buffer.from(alignedBytes(file, 0, HEADER_BYTES));
  const field = (i: number): number => head.readUInt32LE(4 * i);
  const claimed = (field(0) ^ MAGIC) >>> 0;
  if (claimed !== file.size) {
    throw new FileFault(`it is no dictionary of MeCab, or cut: it has ${file.size} bytes, not ${claimed}.`, GET_AGAIN);
  }
  if (field(1) !== VERSION) throw new FileFault(`it has version ${field(1)}; only ${VERSION} is read.`);
  const [unitBytes, tokenBytes, featureBytes] = [field(6), field(7), field(8)];
  const isWhole = HEADER_BYTES + unitBytes + tokenBytes + featureBytes === file.size;
  if (!isWhole || unitBytes === 0 || unitBytes % UNIT_BYTES !== 0 || tokenBytes % TOKEN_BYTES !== 0) {
    throw new FileFault('the sizes in its head do not fit.', GET_AGAIN);
  }
  const charset = head.toString('latin1', 40, HEADER_BYTES).replace(/\0.*$/s, '');
  const isUtf8 = UTF8_NAMES.has(charset.toLowerCase());
  return { type: field(2), leftIds: field(4), rightIds: field(5), unitBytes, tokenBytes, charset, isUtf8 };
}

/**
 * A dictionary file of MeCab (`sys.dic`, `unk.dic`): a double array from the bytes of a word to its entries. The features
 * behind them, most of the file, are not read.
 *
 * Source: the file format of MeCab 0.996; the double array is that of Darts.
 */
export class MecabLexicon {
  /** Base and check of each unit of the double array. */
  private readonly units: Int32Array;
  private readonly shorts: Uint16Array;
  private readonly costs: Int16Array;

  private constructor(
    readonly leftIds: number,
    readonly rightIds: number,
    body: Uint8Array,
    unitBytes: number,
  ) {
    const units = unitBytes / 4;
    this.units = new Int32Array(body.buffer, body.byteOffset, units);
    const tokens = body.subarray(unitBytes);
    this.shorts = new Uint16Array(tokens.buffer, tokens.byteOffset, tokens.length / 2);
    this.costs = new Int16Array(tokens.buffer, tokens.byteOffset, tokens.length / 2);
  }

  /**
   * Reads a dictionary file.
   *
   * @throws FileFault when it is none, or not one in UTF-8
   */
  static read(file: ByteSource, kind: keyof typeof LEXICON_KINDS): MecabLexicon {
    const head = readLexiconHead(file);
    if (head.type !== LEXICON_KINDS[kind])
      throw new FileFault(`it is no ${kind} dictionary, but of type ${head.type}.`);
    if (!head.isUtf8) {
      throw new FileFault(`its words are in ${head.charset}.`, 'take the same dictionary compiled for UTF-8.');
    }
    const { unitBytes, tokenBytes } = head;
    const body = alignedBytes(file, HEADER_BYTES, unitBytes + tokenBytes);
    const lexicon = new MecabLexicon(head.leftIds, head.rightIds, body, unitBytes);
    lexicon.check();
    return lexicon;
  }

  /**
   * Finds all words that a text begins with, shortest first.
   *
   * @param found called with the word's length in bytes, its first entry and how many it has
   */
  prefixes(
    text: Uint8Array,
    start: number,
    end: number,
    found: (length: number, token: number, count: number) => void,
  ): void {
    const { units } = this;
    let base = units[0];
    for (let at = start; ; at++) {
      if (at > start && units[2 * base + 1] === base && units[2 * base] < 0) {
        const value = -units[2 * base] - 1;
        found(at - start, value >>> 8, value & 0xff);
      }
      if (at >= end) return;
      const next = 2 * (base + text[at] + 1);
      if (units[next + 1] !== base) return;
      base = units[next];
    }
  }

  /** First entry and number of entries of a word; undefined where it is not there. */
  find(word: Uint8Array): { readonly token: number; readonly count: number } | undefined {
    let result: { token: number; count: number } | undefined;
    this.prefixes(word, 0, word.length, (length, token, count) => {
      if (length === word.length) result = { token, count };
    });
    return result;
  }

  /** Id by which the entry is joined to what stands before it. */
  leftId(token: number): number {
    return this.shorts[TOKEN_SHORTS * token];
  }

  /** Id by which the entry is joined to what stands behind it. */
  rightId(token: number): number {
    return this.shorts[TOKEN_SHORTS * token + 1];
  }

  cost(token: number): number {
    return this.costs[TOKEN_SHORTS * token + 3];
  }

  /** Every leaf names entries that are there, and every entry ids that a matrix can have. */
  private check(): void {
    const { units, shorts } = this;
    const tokens = shorts.length / TOKEN_SHORTS;
    for (let unit = 0; 2 * unit < units.length; unit++) {
      if (units[2 * unit + 1] !== unit || units[2 * unit] >= 0) continue;
      const value = -units[2 * unit] - 1;
      if ((value >>> 8) + (value & 0xff) > tokens) throw damaged('a word has entries that are not there');
    }
    for (let at = 0; at < shorts.length; at += TOKEN_SHORTS) {
      if (shorts[at] >= this.rightIds || shorts[at + 1] >= this.leftIds) {
        throw damaged('an entry has an id that the matrix lacks');
      }
    }
  }
}

function damaged(what: string): FileFault {
  return new FileFault(`${what}, so it is damaged.`, GET_AGAIN);
}
