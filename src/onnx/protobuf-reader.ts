import type { ByteSource } from './byte-source.js';

/** Bytes from `start` to `end` of a source. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** One field of a message. */
export interface ProtobufField {
  readonly number: number;
  /** 0 varint, 1 eight bytes, 2 length-delimited, 5 four bytes. */
  readonly wireType: 0 | 1 | 2 | 5;
  /** The varint; 0 for other types. */
  readonly value: bigint;
  /** The content of a field that is no varint. */
  readonly content: ByteRange;
  /** The field with its tag and length. */
  readonly whole: ByteRange;
}

/** The bytes are no message of the expected kind. */
export class ProtobufFault extends Error {}

/** The longest varint, in bytes. */
const LONGEST_VARINT = 10;
/** No graph has as many fields outside its weights; a file that seems to is damage and would take minutes to walk. */
const MOST_FIELDS = 20_000_000;
/** Names and other texts are never longer. */
const LONGEST_TEXT = 1 << 20;

/**
 * Reads protobuf messages field by field, wherever their bytes lie; contents are not looked at before they are asked for.
 *
 * Every length is held against the message around it, and the number of fields is bounded: any bytes end in a result or a
 * ProtobufFault.
 *
 * Source: the encoding page of the Protocol Buffers documentation.
 */
export class ProtobufReader {
  private fieldsLeft = MOST_FIELDS;

  constructor(private readonly source: ByteSource) {}

  /** All bytes of the source. */
  get all(): ByteRange {
    return { start: 0, end: this.source.size };
  }

  /** The fields of the message that lies there, in their order. */
  *fields(range: ByteRange): Generator<ProtobufField> {
    for (let at = range.start; at < range.end;) {
      if (this.fieldsLeft-- <= 0) throw new ProtobufFault(`it has more than ${MOST_FIELDS} fields`);
      const field = this.fieldAt(at, range.end);
      yield field;
      at = field.whole.end;
    }
  }

  /** A copy of the bytes that lie there. */
  bytes({ start, end }: ByteRange): Uint8Array {
    // Not slice: that of a Buffer is no copy.
    return new Uint8Array(this.source.read(start, end));
  }

  /** The UTF-8 text of a field. */
  text(field: ProtobufField): string {
    const { start, end } = contentOf(field);
    if (end - start > LONGEST_TEXT) throw new ProtobufFault(`the text at byte ${start} has ${end - start} bytes`);
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(this.source.read(start, end));
    } catch {
      throw new ProtobufFault(`the text at byte ${start} is not UTF-8`);
    }
  }

  /** The numbers of a repeated integer field: one of a plain field, all of a packed one. */
  *varints(field: ProtobufField): Generator<bigint> {
    if (field.wireType === 0) yield field.value;
    else {
      const { start, end } = contentOf(field);
      for (let at = start; at < end;) {
        const { value, next } = this.varintAt(at, end);
        yield value;
        at = next;
      }
    }
  }

  private fieldAt(start: number, end: number): ProtobufField {
    const tag = this.varintAt(start, end);
    const wireType = Number(tag.value & 7n);
    const number = Number(tag.value >> 3n);
    if (number < 1 || number > 536_870_911) throw new ProtobufFault(`the field at byte ${start} has no number`);
    let value = 0n;
    let content: ByteRange;
    if (wireType === 0) {
      const varint = this.varintAt(tag.next, end);
      value = varint.value;
      content = { start: tag.next, end: varint.next };
    } else if (wireType === 2) {
      const length = this.varintAt(tag.next, end);
      if (length.value > BigInt(end - length.next)) {
        const room = `${end - length.next} bytes are left`;
        throw new ProtobufFault(`the field at byte ${start} says that it has ${length.value} bytes, but ${room}`);
      }
      content = { start: length.next, end: length.next + Number(length.value) };
    } else if (wireType === 1 || wireType === 5) {
      content = { start: tag.next, end: tag.next + (wireType === 1 ? 8 : 4) };
      if (content.end > end) throw new ProtobufFault(`the field at byte ${start} is cut off`);
    } else throw new ProtobufFault(`the field at byte ${start} is of the unknown kind ${wireType}`);
    return { number, wireType: wireType as 0 | 1 | 2 | 5, value, content, whole: { start, end: content.end } };
  }

  private varintAt(start: number, end: number): { readonly value: bigint; readonly next: number } {
    const bytes = this.source.read(start, Math.min(end, start + LONGEST_VARINT));
    if (bytes.length > 0 && bytes[0] < 128) return { value: BigInt(bytes[0]), next: start + 1 };
    let value = 0n;
    for (const [i, byte] of bytes.entries()) {
      value |= BigInt(byte & 127) << BigInt(7 * i);
      if (byte < 128) return { value: BigInt.asUintN(64, value), next: start + i + 1 };
    }
    throw new ProtobufFault(`the number at byte ${start} has no end`);
  }
}

/** The content of a length-delimited field. */
export function contentOf(field: ProtobufField): ByteRange {
  if (field.wireType === 2) return field.content;
  throw new ProtobufFault(`the field ${field.number} at byte ${field.whole.start} is no message and no text`);
}

/** The value of an integer field, signed as int64 is. */
export function integerOf(field: ProtobufField): number {
  if (field.wireType !== 0) {
    throw new ProtobufFault(`the field ${field.number} at byte ${field.whole.start} is no whole number`);
  }
  const value = BigInt.asIntN(64, field.value);
  if (value > BigInt(Number.MAX_SAFE_INTEGER) || value < BigInt(Number.MIN_SAFE_INTEGER)) {
    throw new ProtobufFault(`the number ${value} at byte ${field.whole.start} is too large`);
  }
  return Number(value);
}
