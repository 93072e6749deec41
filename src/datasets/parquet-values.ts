import { FileFault } from './file-fault.js';
import { readRuns } from './parquet-levels.js';
import type { Leaf } from './parquet-schema.js';
import { decodeUtf8 } from './strict-utf8.js';

/** A value of a flat column; integers that a number does not hold exactly are bigint. */
export type Value = string | number | bigint | boolean | null;
/** Stands for bytes that are not UTF-8 until it is known in which row they are. */
export const INVALID = Symbol('not UTF-8');
export type Decoded = Value | typeof INVALID;

/** Numbers of the encodings in the format. */
export const ENCODING = {
  plain: 0,
  plainDictionary: 2,
  rle: 3,
  deltaBinary: 5,
  deltaLength: 6,
  deltaBytes: 7,
  rleDictionary: 8,
  byteStreamSplit: 9,
} as const;

/** Longest text that is read, in bytes: 256 MiB. Also the most that front coding may make of one page. */
const MAX_TEXT_BYTES = 2 ** 28;

function endsEarly(): never {
  throw new FileFault('a page ends before its values');
}

/**
 * Decodes the values of a page, nulls not among them.
 *
 * @param bytes the decompressed page
 * @param at first byte of the values
 * @param count number of values
 * @param dictionary values that indices stand for, where the column has a dictionary page
 * @throws FileFault when the bytes do not hold so many values of the column's type
 */
export function decodeValues(
  bytes: Buffer,
  at: number,
  count: number,
  encoding: number,
  leaf: Leaf,
  dictionary: readonly Decoded[] | undefined,
): Decoded[] {
  if (count === 0) return [];
  const { type } = leaf;
  switch (encoding) {
    case ENCODING.plain:
      return plainValues(bytes, at, count, leaf);
    case ENCODING.plainDictionary:
    case ENCODING.rleDictionary:
      return fromDictionary(bytes, at, count, dictionary);
    case ENCODING.rle:
      if (type === 'BOOLEAN') return runBooleans(bytes, at, count);
      break;
    case ENCODING.deltaBinary:
      if (type === 'INT32') return deltas(bytes, at, count).values.map((v) => int32(v, leaf));
      if (type === 'INT64') return deltas(bytes, at, count).values.map((v) => int64(v, leaf));
      break;
    case ENCODING.deltaLength:
      if (type === 'BYTE_ARRAY') return deltaLengthTexts(bytes, at, count);
      break;
    case ENCODING.deltaBytes:
      if (type === 'BYTE_ARRAY') return deltaTexts(bytes, at, count);
      break;
    case ENCODING.byteStreamSplit: {
      const width = fixedWidth(leaf);
      if (width > 0) return plainValues(joinStreams(bytes, at, count, width), 0, count, leaf);
      break;
    }
  }
  throw new FileFault(`a page has encoding ${encoding}, which this program does not read for ${type}`);
}

/** Bytes of a value, 0 for those that differ in length. */
function fixedWidth({ type, typeLength }: Leaf): number {
  if (type === 'INT32' || type === 'FLOAT') return 4;
  if (type === 'INT64' || type === 'DOUBLE') return 8;
  return type === 'FIXED_LEN_BYTE_ARRAY' ? typeLength : 0;
}

function plainValues(bytes: Buffer, at: number, count: number, leaf: Leaf): Decoded[] {
  const { type } = leaf;
  if (type === 'BYTE_ARRAY') return plainTexts(bytes, at, count);
  const width = fixedWidth(leaf);
  if (type === 'BOOLEAN') {
    if (Math.ceil(count / 8) > bytes.length - at) endsEarly();
    return filled(count, (i) => (bytes[at + (i >>> 3)] & (1 << (i & 7))) !== 0);
  }
  if (count * width > bytes.length - at) endsEarly();
  switch (type) {
    case 'INT32':
      if (leaf.unsigned) return filled(count, (i) => bytes.readUInt32LE(at + 4 * i));
      return filled(count, (i) => bytes.readInt32LE(at + 4 * i));
    case 'INT64':
      return filled(count, (i) => readInt64(bytes, at + 8 * i, leaf.unsigned));
    case 'FLOAT':
      return filled(count, (i) => bytes.readFloatLE(at + 4 * i));
    case 'DOUBLE':
      return filled(count, (i) => bytes.readDoubleLE(at + 8 * i));
    case 'FIXED_LEN_BYTE_ARRAY':
      if (leaf.float16) return filled(count, (i) => float16(bytes.readUInt16LE(at + 2 * i)));
  }
  throw new FileFault(`this program reads no values of the type ${type}`);
}

function filled(count: number, value: (i: number) => Decoded): Decoded[] {
  const values = new Array<Decoded>(count);
  for (let i = 0; i < count; i++) values[i] = value(i);
  return values;
}

function readInt64(bytes: Buffer, at: number, unsigned: boolean): number | bigint {
  const high = unsigned ? bytes.readUInt32LE(at + 4) : bytes.readInt32LE(at + 4);
  const value = high * 2 ** 32 + bytes.readUInt32LE(at);
  if (Number.isSafeInteger(value)) return value;
  return unsigned ? bytes.readBigUInt64LE(at) : bytes.readBigInt64LE(at);
}

function float16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

function text(bytes: Buffer, start: number, end: number): string | typeof INVALID {
  if (end - start > MAX_TEXT_BYTES) throw new FileFault(`a text is longer than ${MAX_TEXT_BYTES} bytes`);
  return decodeUtf8(bytes, start, end) ?? INVALID;
}

function plainTexts(bytes: Buffer, at: number, count: number): Decoded[] {
  const end = bytes.length;
  // Each value takes four bytes at least, so a larger claim is caught before anything is made.
  if (count > (end - at) / 4) endsEarly();
  const values = new Array<Decoded>(count);
  for (let i = 0; i < count; i++) {
    if (at + 4 > end) endsEarly();
    const length = bytes.readUInt32LE(at);
    at += 4;
    if (length > end - at) endsEarly();
    values[i] = text(bytes, at, at + length);
    at += length;
  }
  return values;
}

function fromDictionary(
  bytes: Buffer,
  at: number,
  count: number,
  dictionary: readonly Decoded[] | undefined,
): Decoded[] {
  if (dictionary === undefined) throw new FileFault('a page stands on a dictionary, but none comes before it');
  if (at >= bytes.length) endsEarly();
  const indices = new Uint32Array(count);
  readRuns(bytes, at + 1, bytes.length, bytes[at], indices);
  const values = new Array<Decoded>(count);
  for (let i = 0; i < count; i++) {
    const index = indices[i];
    if (index >= dictionary.length)
      throw new FileFault(`a value is number ${index} of a dictionary with ${dictionary.length}`);
    values[i] = dictionary[index];
  }
  return values;
}

function runBooleans(bytes: Buffer, at: number, count: number): boolean[] {
  if (at + 4 > bytes.length) endsEarly();
  const length = bytes.readUInt32LE(at);
  if (length > bytes.length - at - 4) endsEarly();
  const bits = new Uint8Array(count);
  readRuns(bytes, at + 4, at + 4 + length, 1, bits);
  return Array.from(bits, (bit) => bit === 1);
}

/** Puts the bytes of each value together again; the first stream has the first byte of every value. */
function joinStreams(bytes: Buffer, at: number, count: number, width: number): Buffer {
  if (count * width > bytes.length - at) endsEarly();
  const joined = Buffer.alloc(count * width);
  for (let b = 0; b < width; b++) for (let i = 0; i < count; i++) joined[i * width + b] = bytes[at + b * count + i];
  return joined;
}

function int32(value: bigint, leaf: Leaf): number {
  return Number(leaf.unsigned ? BigInt.asUintN(32, value) : BigInt.asIntN(32, value));
}

function int64(value: bigint, leaf: Leaf): number | bigint {
  const exact = leaf.unsigned ? BigInt.asUintN(64, value) : value;
  const number = Number(exact);
  return Number.isSafeInteger(number) ? number : exact;
}

/**
 * DELTA_BINARY_PACKED: blocks of differences, each less the smallest of its block, in miniblocks of one bit width each.
 *
 * @returns the values modulo 2^64, and the first byte behind them
 */
function deltas(bytes: Buffer, at: number, count: number): { values: bigint[]; end: number } {
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      if (at >= bytes.length) endsEarly();
      const byte = bytes[at++];
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw new FileFault('a number of too many bytes');
  };
  const zigzag = (): bigint => {
    const raw = varint();
    return (raw >> 1n) ^ -(raw & 1n);
  };
  const blockSize = Number(varint());
  const miniblocks = Number(varint());
  const total = Number(varint());
  const perMiniblock = blockSize / miniblocks;
  if (!(miniblocks >= 1 && miniblocks <= 4096 && perMiniblock % 8 === 0 && perMiniblock >= 8 && blockSize <= 2 ** 20))
    throw new FileFault('a page of differences has impossible blocks');
  if (total !== count) throw new FileFault(`a page of differences has ${total} values, ${count} are expected`);
  const values = new Array<bigint>(count);
  let value = zigzag();
  values[0] = value;
  let n = 1;
  while (n < count) {
    const smallest = zigzag();
    const widths = bytes.subarray(at, at + miniblocks);
    if (widths.length < miniblocks) endsEarly();
    at += miniblocks;
    for (let m = 0; m < miniblocks && n < count; m++) {
      const width = widths[m];
      if (width > 64) throw new FileFault(`differences of ${width} bits`);
      const take = Math.min(perMiniblock, count - n);
      if (Math.ceil((take * width) / 8) > bytes.length - at) endsEarly();
      for (let i = 0; i < take; i++) {
        value = BigInt.asIntN(64, value + smallest + packedBits(bytes, at, i * width, width));
        values[n++] = value;
      }
      at = Math.min(bytes.length, at + (perMiniblock * width) / 8);
    }
  }
  return { values, end: at };
}

/** `width` bits from the bit `from` behind the byte `at`, lowest first. */
function packedBits(bytes: Buffer, at: number, from: number, width: number): bigint {
  const low = packedNumber(bytes, at, from, Math.min(width, 32));
  if (width <= 32) return BigInt(low);
  return BigInt(low) | (BigInt(packedNumber(bytes, at, from + 32, width - 32)) << 32n);
}

function packedNumber(bytes: Buffer, at: number, from: number, width: number): number {
  let value = 0;
  for (let got = 0; got < width;) {
    const bit = from + got;
    const skip = bit & 7;
    const take = Math.min(8 - skip, width - got);
    value += ((bytes[at + (bit >>> 3)] >>> skip) & ((1 << take) - 1)) * 2 ** got;
    got += take;
  }
  return value;
}

/** Lengths as differences; their sum is held against the bytes by whoever uses them. */
function lengths(bytes: Buffer, at: number, count: number): { sizes: number[]; end: number } {
  const { values, end } = deltas(bytes, at, count);
  const sizes = values.map((value) => {
    if (value < 0n || value > BigInt(MAX_TEXT_BYTES)) throw new FileFault(`a text has the length ${value}`);
    return Number(value);
  });
  return { sizes, end };
}

function deltaLengthTexts(bytes: Buffer, at: number, count: number): Decoded[] {
  const { sizes, end } = lengths(bytes, at, count);
  let start = end;
  return sizes.map((size) => {
    if (size > bytes.length - start) endsEarly();
    start += size;
    return text(bytes, start - size, start);
  });
}

/** Each text shares a beginning with the one before it. */
function deltaTexts(bytes: Buffer, at: number, count: number): Decoded[] {
  const shared = lengths(bytes, at, count);
  const { sizes, end } = lengths(bytes, shared.end, count);
  const values = new Array<Decoded>(count);
  let start = end;
  let previous: Buffer = Buffer.alloc(0);
  let made = 0;
  for (let i = 0; i < count; i++) {
    const prefix = shared.sizes[i];
    const size = sizes[i];
    if (size > bytes.length - start || prefix > previous.length) endsEarly();
    made += prefix + size;
    if (made > MAX_TEXT_BYTES) throw new FileFault(`the texts of a page have more than ${MAX_TEXT_BYTES} bytes`);
    const suffix = bytes.subarray(start, start + size);
    previous = prefix === 0 ? suffix : Buffer.concat([previous.subarray(0, prefix), suffix]);
    values[i] = text(previous, 0, previous.length);
    start += size;
  }
  return values;
}
