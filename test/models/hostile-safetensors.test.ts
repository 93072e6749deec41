import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { UserError } from '../../src/errors.js';
import { readSafetensors } from '../../src/models/safetensors.js';
import { damaged, drawFrom } from '../damage.js';
import { describeFull } from '../shared.js';

const root = mkdtempSync(join(tmpdir(), 'jmteb-safetensors-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const file = join(root, 'model.safetensors');

function read(bytes: Uint8Array): ReturnType<typeof readSafetensors> {
  writeFileSync(file, bytes);
  return readSafetensors(file, 'model');
}

/** A file with a header as it is given, a length that may lie, and so many bytes behind. */
function fileOf(header: unknown, { data = 8, length }: { data?: number; length?: bigint } = {}): Buffer {
  const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(length ?? BigInt(text.length));
  return Buffer.concat([size, text, Buffer.alloc(data)]);
}

const TENSOR = { dtype: 'F32', shape: [2], data_offsets: [0, 8] };

describe('a safetensors file', () => {
  it('is read where all of it is as the format says', () => {
    const tensors = read(fileOf({ __metadata__: { format: 'pt' }, a: TENSOR }));
    expect([...tensors.values()]).toMatchObject([{ name: 'a', dtype: 'F32', shape: [2], length: 8 }]);
    expect(read(fileOf({ a: TENSOR, nothing: { ...TENSOR, shape: [0, 5], data_offsets: [8, 8] } })).size).toBe(2);
    expect([...read(fileOf('{"__proto__": {"dtype":"F32","shape":[2],"data_offsets":[0,8]}}')).keys()]).toEqual([
      '__proto__',
    ]);
  });

  const lies: [what: string, bytes: () => Buffer, message: RegExp][] = [
    [
      'a header longer than the file',
      () => fileOf({ a: TENSOR }, { length: 1000n }),
      /header has 1000 bytes, but the file/,
    ],
    ['a header of 2^53 bytes', () => fileOf({ a: TENSOR }, { length: 2n ** 53n }), /header has 9007199254740992 bytes/],
    [
      'a header of 2^64 - 1 bytes',
      () => fileOf({ a: TENSOR }, { length: 2n ** 64n - 1n }),
      /header has 18446744073709551615/,
    ],
    ['a header of no bytes', () => fileOf({ a: TENSOR }, { length: 0n }), /not valid JSON: the file is empty/],
    ['no room for a length', () => Buffer.from('abc'), /3 bytes, too few/],
    ['a list as the header', () => fileOf([1]), /not a JSON object/],
    ['lists in lists', () => fileOf('['.repeat(100_000)), /nested deeper than 100/],
    ['a header of one broken line', () => fileOf(`{"a": ${'9'.repeat(200_000)}`), /not valid JSON/],
    ['bytes that are no text', () => fileOf('\ud800'.repeat(3)).fill(0xff, 8, 14), /not UTF-8/],
    ['a tensor twice', () => fileOf('{"a": 1, "a": 1}'), /the key "a" stands here twice/],
    ['a tensor that is none', () => fileOf({ a: [TENSOR] }), /not described by an object/],
    ['an unknown type', () => fileOf({ a: { ...TENSOR, dtype: 'F31' } }), /unknown type "F31"/],
    ['the type of a prototype', () => fileOf({ a: { ...TENSOR, dtype: 'constructor' } }), /unknown type "constructor"/],
    ['offsets behind the file', () => fileOf({ a: { ...TENSOR, data_offsets: [8, 16] } }), /ends behind the end/],
    ['offsets that run back', () => fileOf({ a: { ...TENSOR, data_offsets: [8, 0] } }), /spans bytes 8 to 0/],
    ['offsets of 2^53', () => fileOf({ a: { ...TENSOR, data_offsets: [2 ** 53, 2 ** 53 + 8] } }), /has the offsets/],
    ['a shape of more bytes than there are', () => fileOf({ a: { ...TENSOR, shape: [3] } }), /F32 \[3\] takes 12/],
    ['a shape beyond all numbers', () => fileOf({ a: { ...TENSOR, shape: [2 ** 40, 2 ** 40] } }), /spans bytes/],
    ['a shape that is 0 times too much', () => fileOf({ a: { ...TENSOR, shape: [2 ** 53, 0] } }), /has the shape/],
    ['a negative shape', () => fileOf({ a: { ...TENSOR, shape: [-2, -1] } }), /has the shape \[-2,-1\]/],
    ['half a number', () => fileOf({ a: { ...TENSOR, shape: [0.5, 4] } }), /has the shape/],
    ['a shape of nine axes', () => fileOf({ a: { ...TENSOR, shape: [2, 1, 1, 1, 1, 1, 1, 1, 1] } }), /has the shape/],
    ['a gap', () => fileOf({ a: TENSOR, b: { ...TENSOR, data_offsets: [12, 20] } }, { data: 20 }), /leaves a gap/],
    ['an overlap', () => fileOf({ a: TENSOR, b: { ...TENSOR, data_offsets: [4, 12] } }, { data: 12 }), /overlaps/],
    ['bytes of no tensor', () => fileOf({ a: TENSOR }, { data: 9 }), /1 bytes behind its last tensor/],
  ];
  for (const [what, bytes, message] of lies) {
    it(`is refused with ${what}`, () => {
      expect(() => read(bytes())).toThrow(message);
      expect(() => read(bytes())).toThrow(UserError);
    });
  }

  it('gives tensors within it or an error of the reader, wherever it is damaged', () => damage(300));
});

describeFull('a safetensors file', () => {
  it('gives tensors within it or an error of the reader, damaged in very many ways', () => damage(20_000));
});

function damage(rounds: number): void {
  const whole = fileOf({ a: TENSOR, bc: { ...TENSOR, data_offsets: [8, 16] } }, { data: 16 });
  const draw = drawFrom(11);
  let refused = 0;
  for (let round = 0; round < rounds; round++) {
    const bytes = damaged(whole, draw);
    try {
      for (const { offset, length, shape } of read(bytes).values()) {
        expect(offset + length).toBeLessThanOrEqual(bytes.length);
        expect(shape.reduce((product, size) => product * size, 1)).toBeLessThanOrEqual(length);
      }
    } catch (thrown) {
      if (!(thrown instanceof UserError)) throw thrown;
      refused += 1;
    }
  }
  expect(refused).toBeGreaterThan(rounds / 2);
  expect(refused).toBeLessThan(rounds);
}
