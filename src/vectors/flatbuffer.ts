import { ArrowFault } from './arrow-fault.js';

/** Where the elements of a FlatBuffers vector lie. */
export interface Vector {
  readonly start: number;
  readonly length: number;
}

/** FlatBuffers: tables with virtual tables, vectors and strings, each access checked by the view. */
export class Flat {
  private readonly view: DataView;

  constructor(readonly bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  u8(at: number): number {
    return this.view.getUint8(at);
  }
  i16(at: number): number {
    return this.view.getInt16(at, true);
  }
  i32(at: number): number {
    return this.view.getInt32(at, true);
  }
  /** A length or an offset: never negative, never beyond what a number holds. */
  i64(at: number): number {
    const value = Number(this.view.getBigInt64(at, true));
    if (value < 0 || !Number.isSafeInteger(value)) throw new ArrowFault('a length is wrong');
    return value;
  }

  root(): number {
    return this.follow(0);
  }

  private follow(at: number): number {
    return at + this.view.getUint32(at, true);
  }

  /** Where field `index` of a table stands, or null when it has its default. */
  field(table: number, index: number): number | null {
    const virtual = table - this.i32(table);
    const slot = 4 + 2 * index;
    if (slot + 2 > this.view.getUint16(virtual, true)) return null;
    const offset = this.view.getUint16(virtual + slot, true);
    return offset === 0 ? null : table + offset;
  }

  table(table: number, index: number): number | null {
    const at = this.field(table, index);
    return at === null ? null : this.follow(at);
  }

  vector(table: number, index: number, elementBytes: number): Vector | null {
    const at = this.field(table, index);
    if (at === null) return null;
    const start = this.follow(at) + 4;
    const length = this.view.getUint32(start - 4, true);
    if (start + length * elementBytes > this.bytes.length) throw new ArrowFault('a vector leads outside the file');
    return { start, length };
  }

  /** Element `i` of a vector of tables. */
  element(vector: Vector, i: number): number {
    return this.follow(vector.start + 4 * i);
  }

  text(table: number, index: number): string | null {
    const found = this.vector(table, index, 1);
    return found === null ? null : strictUtf8.decode(this.bytes.subarray(found.start, found.start + found.length));
  }
}

/** Decodes UTF-8 and refuses what is none. */
export const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
