import { FileFault } from './file-fault.js';

/** Types of the compact protocol, as they stand in field headers. */
export const THRIFT = {
  true: 1,
  false: 2,
  byte: 3,
  i16: 4,
  i32: 5,
  i64: 6,
  double: 7,
  binary: 8,
  list: 9,
  set: 10,
  map: 11,
  struct: 12,
} as const;

/** The bytes end inside a value: more of them may help. */
export class EndOfBytes extends FileFault {}

const MAX_DEPTH = 24;

/**
 * Reader of Thrift's compact protocol, the encoding of Parquet's footer and page headers.
 *
 * It pulls only the fields that are asked for and steps over the others without building anything, so that work and memory
 * are bounded by the bytes, whatever counts and lengths they claim.
 *
 * Source: the specification thrift-compact-protocol.md of Apache Thrift.
 */
export class ThriftReader {
  private depth = 0;
  private readonly view: DataView;

  constructor(
    private readonly bytes: Uint8Array,
    public at = 0,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /**
   * Reads one struct.
   *
   * @param field called for every field with its id and type; it reads the value, or returns false to have it stepped over
   */
  struct(field: (id: number, type: number) => boolean | void): void {
    this.enter();
    let id = 0;
    for (;;) {
      const head = this.byte();
      const type = head & 0x0f;
      if (type === 0) break;
      id = head >> 4 === 0 ? this.int32() : id + (head >> 4);
      if (field(id, type) === false) this.skip(type);
    }
    this.depth--;
  }

  /**
   * Reads a list of structs or values.
   *
   * @param max most entries that make sense here
   * @param entry called for every entry with its index and type, and has to read it
   * @returns number of entries
   */
  list(type: number, max: number, entry: (index: number, type: number) => void): number {
    if (type !== THRIFT.list && type !== THRIFT.set)
      throw new FileFault('a list is expected where another value stands');
    this.enter();
    const { size, of } = this.listHead();
    if (size > max) throw new FileFault(`a list claims ${size} entries, at most ${max} make sense`);
    for (let i = 0; i < size; i++) entry(i, of);
    this.depth--;
    return size;
  }

  bool(type: number): boolean {
    if (type === THRIFT.true) return true;
    if (type === THRIFT.false) return false;
    throw new FileFault('a truth value is expected where another value stands');
  }

  i32(type: number): number {
    if (type !== THRIFT.i32 && type !== THRIFT.i16)
      throw new FileFault('a number is expected where another value stands');
    return this.int32();
  }

  /** A count, size or position: an i64 from 0 to 2^53 - 1. */
  size(type: number): number {
    if (type !== THRIFT.i64 && type !== THRIFT.i32)
      throw new FileFault('a number is expected where another value stands');
    const raw = this.longVarint();
    const value = Number(BigInt.asIntN(64, (raw >> 1n) ^ -(raw & 1n)));
    if (value < 0 || value > Number.MAX_SAFE_INTEGER) throw new FileFault(`a count or position is ${value}`);
    return value;
  }

  /** A view of the bytes of a binary value. */
  binary(type: number): Uint8Array {
    if (type !== THRIFT.binary) throw new FileFault('a text is expected where another value stands');
    const length = this.length();
    const start = this.take(length);
    return this.bytes.subarray(start, start + length);
  }

  /** Steps over a value of any type. */
  skip(type: number, inList = false): void {
    switch (type) {
      case THRIFT.true:
      case THRIFT.false:
        // A truth value is in its field's header, and a byte of its own in a list.
        if (inList) this.take(1);
        return;
      case THRIFT.byte:
        this.take(1);
        return;
      case THRIFT.i16:
      case THRIFT.i32:
      case THRIFT.i64:
        this.skipVarint();
        return;
      case THRIFT.double:
        this.take(8);
        return;
      case THRIFT.binary:
        this.take(this.length());
        return;
      case THRIFT.list:
      case THRIFT.set: {
        this.enter();
        const { size, of } = this.listHead();
        for (let i = 0; i < size; i++) this.skip(of, true);
        this.depth--;
        return;
      }
      case THRIFT.struct:
        this.struct(() => false);
        return;
      default:
        throw new FileFault(`an unknown kind of value (${type})`);
    }
  }

  private listHead(): { size: number; of: number } {
    const head = this.byte();
    const short = head >> 4;
    const size = short === 15 ? this.length() : short;
    // Every entry takes a byte at least, so a larger claim is a lie; it is caught before anything is counted.
    if (size > this.bytes.length - this.at) throw new EndOfBytes(`a list claims ${size} entries beyond the end`);
    return { size, of: head & 0x0f };
  }

  private length(): number {
    const length = this.shortVarint();
    if (length > 0x7fffffff) throw new FileFault(`a length is ${length}`);
    return length;
  }

  private int32(): number {
    const raw = this.shortVarint() >>> 0;
    return (raw >>> 1) ^ -(raw & 1);
  }

  /** An unsigned number of at most five bytes, as lengths and 32-bit values are. */
  private shortVarint(): number {
    let value = 0;
    let factor = 1;
    for (let i = 0; i < 5; i++) {
      const byte = this.byte();
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
      factor *= 128;
    }
    throw new FileFault('a number of too many bytes');
  }

  private longVarint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw new FileFault('a number of too many bytes');
  }

  private skipVarint(): void {
    for (let i = 0; i < 10; i++) if (this.byte() < 0x80) return;
    throw new FileFault('a number of too many bytes');
  }

  private byte(): number {
    return this.view.getUint8(this.take(1));
  }

  private take(length: number): number {
    const start = this.at;
    if (length > this.bytes.length - start) throw new EndOfBytes('the bytes end inside a value');
    this.at = start + length;
    return start;
  }

  private enter(): void {
    if (++this.depth > MAX_DEPTH) throw new FileFault('the values are nested too deep');
  }
}
