import { brotliCompressSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { decompress } from '../../src/datasets/parquet-codecs.js';
import { readRuns } from '../../src/datasets/parquet-levels.js';

const text = Buffer.from('日本語の文章を埋め込む。'.repeat(40));
const hex = (digits: string): Buffer => Buffer.from(digits.replaceAll(' ', ''), 'hex');

describe('decompress', () => {
  it('reads gzip, also of several members, and brotli', () => {
    const half = text.length / 2;
    const members = Buffer.concat([gzipSync(text.subarray(0, half)), gzipSync(text.subarray(half))]);
    expect(decompress(2, gzipSync(text), text.length).equals(text)).toBe(true);
    expect(decompress(2, members, text.length).equals(text)).toBe(true);
    expect(decompress(4, brotliCompressSync(text), text.length).equals(text)).toBe(true);
  });

  it('reads Snappy literals and copies that overlap themselves', () => {
    // "Wikipedia" and a run of 12 "a": length 21; literal of 9; literal of 1; copy of 11 from 1 back.
    expect(decompress(1, hex('15 20 57696b697065646961 00 61 1d 01'), 21).toString()).toBe(
      'Wikipediaa' + 'a'.repeat(11),
    );
  });

  it('reads an LZ4 block, bare and as Hadoop frames it', () => {
    // Four literals "abcd", a copy of 8 from 4 back, then the last literals "end!!".
    const block = hex('44 61626364 0400 50 656e642121');
    const frame = Buffer.concat([hex('00000011 0000000d'), block]);
    expect(decompress(7, block, 17).toString()).toBe('abcdabcdabcdend!!');
    expect(decompress(5, block, 17).toString()).toBe('abcdabcdabcdend!!');
    expect(decompress(5, frame, 17).toString()).toBe('abcdabcdabcdend!!');
  });

  const broken: [string, number, string, number][] = [
    ['a Snappy copy from before the start', 1, '05 09 01', 5],
    ['a Snappy literal with a length of four bytes beyond the end', 1, '05 fc ffffffff 61', 5],
    ['a Snappy block of another length', 1, '03 08 616263', 4],
    ['an LZ4 copy from before the start', 7, '14 61 0900 00', 17],
    ['an LZ4 length without an end', 7, `ff${'ff'.repeat(20)}`, 4000],
    ['an LZ4 block that is too short', 7, '30 616263', 5],
    ['an LZ4 block that is too long', 7, '30 616263', 2],
    ['bytes that are no gzip', 2, '00010203', 4],
    ['bytes that are no Zstandard', 6, '0001020304050607', 4],
    ['a codec that is not known', 3, '00', 1],
  ];
  it.each(broken)('refuses %s', (_, codec, digits, length) => {
    expect(() => decompress(codec, hex(digits), length)).toThrow(/decompressed|broken|codec 3/);
  });

  it('stops a bomb at the size that the header gives', () => {
    expect(() => decompress(2, gzipSync(Buffer.alloc(50_000_000)), 1000)).toThrow(/cannot be decompressed/);
    expect(() => decompress(4, brotliCompressSync(Buffer.alloc(50_000_000)), 1000)).toThrow(/cannot be decompressed/);
  });
});

describe('readRuns', () => {
  const read = (digits: string, width: number, count: number): number[] => {
    const out = new Uint32Array(count);
    const bytes = hex(digits);
    readRuns(bytes, 0, bytes.length, width, out);
    return [...out];
  };

  it('reads runs, packed groups and the example of the format', () => {
    // The numbers 0 to 7 in 3 bits: 88 C6 FA, from the description of the format.
    expect(read('03 88c6fa', 3, 8)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(read('08 05 03 88c6fa', 3, 7)).toEqual([5, 5, 5, 5, 0, 1, 2]);
    expect(read('0a', 0, 5)).toEqual([0, 0, 0, 0, 0]);
  });

  it('does not write more than there is room for, however long a run claims to be', () => {
    expect(read('feffffff0f 01', 1, 3)).toEqual([1, 1, 1]);
  });

  it('refuses runs that end before the values', () => {
    expect(() => read('08 05', 3, 5)).toThrow(/ends before/);
    expect(() => read('03 88', 3, 8)).toThrow(/ends before/);
    expect(() => read('', 3, 1)).toThrow(/ends before/);
    expect(() => read('ffffffffffffff', 3, 1)).toThrow(/ends before/);
  });
});
