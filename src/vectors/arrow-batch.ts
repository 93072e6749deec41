import { ArrowFault } from './arrow-fault.js';
import type { Field } from './arrow-schema.js';
import { Flat, type Vector } from './flatbuffer.js';

/** A run of bytes in the body of a record batch. */
export interface Place {
  readonly offset: number;
  readonly length: number;
}

/** Where the values of one column of a record batch lie; every place is inside the body and long enough. */
export interface PlacedColumn {
  readonly field: Field;
  readonly length: number;
  readonly nulls: number;
  readonly validity: Place;
  /** Of texts and lists of varying length. */
  readonly offsets?: Place;
  /** Of numbers and texts. */
  readonly data?: Place;
  /** Of lists. */
  readonly items?: PlacedColumn;
}

/** Takes nodes and buffers of one record batch in the order in which Arrow writes them: depth first. */
class Cursor {
  private node = 0;
  private buffer = 0;
  private room: number;

  constructor(
    private readonly flat: Flat,
    private readonly nodes: Vector,
    private readonly buffers: Vector,
    private readonly bodyLength: number,
  ) {
    this.room = bodyLength;
  }

  nextNode(): { length: number; nulls: number } {
    if (this.node >= this.nodes.length) throw new ArrowFault('a record batch has too few columns');
    const at = this.nodes.start + 16 * this.node++;
    return { length: this.flat.i64(at), nulls: this.flat.i64(at + 8) };
  }

  nextBuffer(): Place {
    if (this.buffer >= this.buffers.length) throw new ArrowFault('a record batch has too few buffers');
    const at = this.buffers.start + 16 * this.buffer++;
    const offset = this.flat.i64(at);
    const length = this.flat.i64(at + 8);
    this.room -= length;
    // Buffers that overlap could hold more values than the file has room for.
    if (offset + length > this.bodyLength || this.room < 0)
      throw new ArrowFault('a buffer lies outside its record batch');
    return { offset, length };
  }
}

/**
 * Finds the columns of a record batch.
 *
 * @param message the bytes before the body: marker, length, header
 * @throws ArrowFault, or RangeError where an offset leads outside `message`
 */
export function placeColumns(
  message: Uint8Array,
  bodyLength: number,
  fields: readonly Field[],
): { rows: number; columns: PlacedColumn[] } {
  const outer = new Flat(message);
  // Since Arrow 0.15 a message begins with a marker; the length follows, or stands in its place.
  const prefix = outer.i32(0) === -1 ? 8 : 4;
  const flatLength = outer.i32(prefix - 4);
  if (flatLength < 0 || prefix + flatLength > message.length)
    throw new ArrowFault('the header of a record batch is wrong');
  const flat = new Flat(message.subarray(prefix, prefix + flatLength));
  const root = flat.root();
  const kind = flat.field(root, 1);
  const header = flat.table(root, 2);
  if (kind === null || flat.u8(kind) !== 3 || header === null) throw new ArrowFault('a block is not a record batch');
  if (flat.field(header, 3) !== null) throw new ArrowFault('its buffers are compressed, which is not read');
  const lengthAt = flat.field(header, 0);
  const rows = lengthAt === null ? 0 : flat.i64(lengthAt);
  if (fields.length === 0 && rows > 0) throw new ArrowFault('it has rows and no columns');
  const none: Vector = { start: 0, length: 0 };
  const nodes = flat.vector(header, 1, 16) ?? none;
  const cursor = new Cursor(flat, nodes, flat.vector(header, 2, 16) ?? none, bodyLength);
  const columns = fields.map((field) => {
    const column = place(cursor, field);
    if (column.length !== rows)
      throw new ArrowFault(`column "${field.name}" has ${column.length} rows, expected ${rows}`);
    return column;
  });
  return { rows, columns };
}

function place(cursor: Cursor, field: Field): PlacedColumn {
  const { length, nulls } = cursor.nextNode();
  const validity = cursor.nextBuffer();
  if (nulls > 0 && (nulls > length || validity.length < Math.ceil(length / 8)))
    throw new ArrowFault('a column has a wrong count of nulls');
  const { layout } = field;
  const placed = { field, length, nulls, validity };
  if (layout.kind === 'number') return { ...placed, data: atLeast(cursor.nextBuffer(), (length * layout.bits) / 8) };
  if (nulls > 0) throw new ArrowFault(`column "${field.name}" has nulls where a value is expected`);
  if (layout.kind === 'fixed') {
    const items = placeItems(cursor, layout.item);
    if (items.length < layout.size * length) throw new ArrowFault('a list is longer than its elements');
    return { ...placed, items };
  }
  // No rows may come without offsets at all.
  const offsets = atLeast(cursor.nextBuffer(), length === 0 ? 0 : (length + 1) * (layout.wide ? 8 : 4));
  if (layout.kind === 'text') return { ...placed, offsets, data: cursor.nextBuffer() };
  return { ...placed, offsets, items: placeItems(cursor, layout.item) };
}

function placeItems(cursor: Cursor, field: Field): PlacedColumn {
  const items = place(cursor, field);
  if (items.nulls > 0) throw new ArrowFault('a list has a null among its elements');
  return items;
}

function atLeast(buffer: Place, bytes: number): Place {
  if (buffer.length < bytes) throw new ArrowFault('a column is shorter than its rows');
  return buffer;
}
