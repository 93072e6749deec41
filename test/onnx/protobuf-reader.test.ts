import { describe, expect, it } from 'vitest';
import { memorySource } from '../../src/onnx/byte-source.js';
import { ProtobufFault, ProtobufReader, contentOf, integerOf } from '../../src/onnx/protobuf-reader.js';
import { ProtobufWriter } from '../../src/onnx/protobuf-writer.js';

const read = (bytes: Uint8Array | readonly number[]): ProtobufReader =>
  new ProtobufReader(memorySource(Uint8Array.from(bytes)));
const fieldsOf = (bytes: readonly number[]): number[] => {
  const reader = read(bytes);
  return [...reader.fields(reader.all)].map(({ number }) => number);
};

describe('ProtobufReader', () => {
  it('reads the examples of the format: 150 as a varint, a text, packed numbers', () => {
    const reader = read([
      0x08, 0x96, 0x01, 0x12, 0x07, 0x74, 0x65, 0x73, 0x74, 0x69, 0x6e, 0x67, 0x32, 4, 3, 0x8e, 2, 9,
    ]);
    const [number, text, packed] = [...reader.fields(reader.all)];
    expect([number.number, integerOf(number)]).toEqual([1, 150]);
    expect([text.number, reader.text(text)]).toEqual([2, 'testing']);
    expect([packed.number, [...reader.varints(packed)]]).toEqual([6, [3n, 270n, 9n]]);
  });

  it('reads what the writer writes', () => {
    const inner = new ProtobufWriter().string(1, '漢字\u0000').float(3, -1.5).varint(536_870_911, -7);
    const reader = read(
      new ProtobufWriter()
        .message(9, inner)
        .varint(2, 2n ** 63n - 1n)
        .finish(),
    );
    const [outer, large] = [...reader.fields(reader.all)];
    const [text, float, negative] = [...reader.fields(contentOf(outer))];
    expect(reader.text(text)).toBe('漢字\u0000');
    expect([...reader.bytes(float.content)]).toEqual([0, 0, 0xc0, 0xbf]);
    expect(integerOf(negative)).toBe(-7);
    expect(large.value).toBe(2n ** 63n - 1n);
    expect(() => integerOf(large)).toThrow(/too large/);
  });

  it('ends with a fault where lengths, numbers or kinds are wrong', () => {
    expect(() => fieldsOf([0x0a, 5, 1, 2])).toThrow(/says that it has 5 bytes, but 2 bytes are left/);
    expect(() => fieldsOf([0x0a, ...Array<number>(9).fill(0xff), 1])).toThrow(/18446744073709551615 bytes/);
    expect(() => fieldsOf([0x08, ...Array<number>(11).fill(0x80), 0])).toThrow(/has no end/);
    expect(() => fieldsOf([0x80])).toThrow(/has no end/);
    expect(() => fieldsOf([0x00, 1])).toThrow(/no number/);
    expect(() => fieldsOf([0x0b, 1])).toThrow(/unknown kind 3/);
    expect(() => fieldsOf([0x0d, 1, 2])).toThrow(/cut off/);
    expect(() => fieldsOf([0x09, 1, 2, 3, 4, 5, 6, 7])).toThrow(ProtobufFault);
    expect(fieldsOf([])).toEqual([]);
  });

  it('does not read past the message around a field', () => {
    const reader = read([0x0a, 2, 0x0a, 5, 1, 1, 1, 1, 1]);
    const [outer] = [...reader.fields({ start: 0, end: 4 })];
    expect(() => [...reader.fields(contentOf(outer))]).toThrow(/but 0 bytes are left/);
  });
});
