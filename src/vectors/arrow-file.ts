/**
 * Reader for Arrow IPC files that survives any bytes.
 *
 * `apache-arrow` writes our files, but it trusts what it reads: on a file with a few changed bytes it can loop for hours or
 * ask for endless memory. Here every offset is checked against the bytes that are there, and no column can hold more than
 * the file has room for.
 */

export type ArrowValues =
  | { readonly type: 'float64'; readonly values: (number | null)[] }
  | { readonly type: 'text'; readonly values: string[] }
  | { readonly type: 'texts'; readonly values: string[][] }
  | { readonly type: 'floats'; readonly values: number[][] };

export interface ArrowFile {
  readonly rows: number;
  readonly columns: readonly ({ readonly name: string } & ArrowValues)[];
  /** Key-value pairs of the schema. */
  readonly metadata: ReadonlyMap<string, string>;
}

/** Why bytes are not an Arrow file that we can read. */
export class ArrowFault extends Error {}

const MAGIC = 'ARROW1';
const MAX_COLUMNS = 1000;

/**
 * Decodes an Arrow IPC file of numbers, texts and lists of these.
 *
 * Integers, floats and booleans become numbers; large and fixed-size lists become lists. Not read: dictionaries,
 * compressed buffers, other types.
 *
 * @throws ArrowFault that says what is wrong
 */
export function decodeArrowFile(bytes: Uint8Array): ArrowFile {
  try {
    return decode(bytes);
  } catch (thrown) {
    // DataView and typed arrays refuse what lies outside.
    if (thrown instanceof RangeError) throw new ArrowFault('an offset leads outside the file');
    if (thrown instanceof TypeError) throw new ArrowFault('a text is not UTF-8');
    throw thrown;
  }
}

function decode(bytes: Uint8Array): ArrowFile {
  const tail = bytes.length - 10;
  if (tail < 8 || magicAt(bytes, 0) !== MAGIC) throw new ArrowFault('it does not begin as an Arrow file');
  if (magicAt(bytes, bytes.length - 6) !== MAGIC)
    throw new ArrowFault('it does not end as an Arrow file: it was cut short');
  const flat = new Flat(bytes);
  const footerLength = flat.i32(tail);
  if (footerLength <= 0 || footerLength > tail - 8) throw new ArrowFault('the length of its footer is wrong');
  const footer = new Flat(bytes.subarray(tail - footerLength, tail));
  const root = footer.root();
  const schemaAt = footer.table(root, 1);
  if (schemaAt === null) throw new ArrowFault('it has no schema');
  const schema = readSchema(footer, schemaAt);
  if ((footer.vector(root, 2, 24)?.length ?? 0) > 0) throw new ArrowFault('it has dictionaries, which are not read');
  const columns = schema.fields.map((field) => newColumn(field));
  let rows = 0;
  const blocks = footer.vector(root, 3, 24);
  let room = bytes.length;
  for (let i = 0; i < (blocks?.length ?? 0); i++) {
    const at = (blocks as Vector).start + 24 * i;
    const offset = footer.i64(at);
    const metadataLength = footer.i32(at + 8);
    const bodyLength = footer.i64(at + 16);
    room -= metadataLength + bodyLength;
    // Blocks that overlap could hold more rows than the file has room for.
    if (metadataLength < 8 || offset + metadataLength + bodyLength > tail || room < 0)
      throw new ArrowFault('a record batch lies outside the file');
    rows += readBatch(
      bytes.subarray(offset, offset + metadataLength + bodyLength),
      metadataLength,
      schema.fields,
      columns,
    );
  }
  return { rows, columns, metadata: schema.metadata };
}

function magicAt(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + 6));
}

interface Vector {
  readonly start: number;
  readonly length: number;
}

/** FlatBuffers: tables with virtual tables, vectors and strings, each access checked by the view. */
class Flat {
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
    return found === null ? null : utf8.decode(this.bytes.subarray(found.start, found.start + found.length));
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Reads one number of a buffer. */
type ReadNumber = (view: DataView, index: number) => number;

type Layout =
  | { readonly kind: 'number'; readonly bits: number; readonly read: ReadNumber }
  | { readonly kind: 'text'; readonly wide: boolean }
  | { readonly kind: 'list'; readonly wide: boolean; readonly item: Field }
  | { readonly kind: 'fixed'; readonly size: number; readonly item: Field };

interface Field {
  readonly name: string;
  readonly layout: Layout;
}

function readSchema(flat: Flat, table: number): { fields: Field[]; metadata: Map<string, string> } {
  const endianness = flat.field(table, 0);
  if (endianness !== null && flat.i16(endianness) !== 0) throw new ArrowFault('it is big-endian');
  const list = flat.vector(table, 1, 4);
  const count = list?.length ?? 0;
  if (count > MAX_COLUMNS) throw new ArrowFault(`it has ${count} columns, more than ${MAX_COLUMNS}`);
  const fields: Field[] = [];
  for (let i = 0; i < count; i++) fields.push(readField(flat, flat.element(list as Vector, i), false));
  const names = new Set(fields.map((field) => field.name));
  if (names.size < fields.length) throw new ArrowFault('two columns have the same name');
  return { fields, metadata: readMetadata(flat, table) };
}

function readMetadata(flat: Flat, table: number): Map<string, string> {
  const pairs = flat.vector(table, 2, 4);
  const metadata = new Map<string, string>();
  for (let i = 0; i < (pairs?.length ?? 0); i++) {
    const pair = flat.element(pairs as Vector, i);
    metadata.set(flat.text(pair, 0) ?? '', flat.text(pair, 1) ?? '');
  }
  return metadata;
}

function readField(flat: Flat, table: number, isItem: boolean): Field {
  const name = flat.text(table, 0) ?? '';
  const typeAt = flat.field(table, 2);
  const type = typeAt === null ? 0 : flat.u8(typeAt);
  const detail = flat.table(table, 3);
  if (flat.field(table, 4) !== null) throw new ArrowFault(`column "${name}" is dictionary-encoded, which is not read`);
  const number = (index: number, otherwise: number, read: (at: number) => number): number => {
    const at = detail === null ? null : flat.field(detail, index);
    return at === null ? otherwise : read(at);
  };
  const item = (): Field => {
    const children = flat.vector(table, 5, 4);
    if (isItem || children?.length !== 1) throw new ArrowFault(`column "${name}" is nested deeper than a list`);
    return readField(flat, flat.element(children, 0), true);
  };
  switch (type) {
    case 2: {
      const bits = number(0, 0, (at) => flat.i32(at));
      const signed = number(1, 0, (at) => flat.u8(at)) !== 0;
      return { name, layout: integerLayout(name, bits, signed) };
    }
    case 3: {
      const precision = number(0, 0, (at) => flat.i16(at));
      if (precision === 1)
        return { name, layout: { kind: 'number', bits: 32, read: (v, i) => v.getFloat32(4 * i, true) } };
      if (precision === 2)
        return { name, layout: { kind: 'number', bits: 64, read: (v, i) => v.getFloat64(8 * i, true) } };
      throw new ArrowFault(`column "${name}" has half-precision numbers, which are not read`);
    }
    case 5:
      return { name, layout: { kind: 'text', wide: false } };
    case 6:
      return { name, layout: { kind: 'number', bits: 1, read: (v, i) => (v.getUint8(i >> 3) >> (i & 7)) & 1 } };
    case 12:
      return { name, layout: { kind: 'list', wide: false, item: item() } };
    case 16: {
      const size = number(0, 0, (at) => flat.i32(at));
      // Lists without elements take no bytes: any number of rows would fit into the file.
      if (size < 1) throw new ArrowFault(`column "${name}" has lists of length ${size}`);
      return { name, layout: { kind: 'fixed', size, item: item() } };
    }
    case 20:
      return { name, layout: { kind: 'text', wide: true } };
    case 21:
      return { name, layout: { kind: 'list', wide: true, item: item() } };
    default:
      throw new ArrowFault(`column "${name}" has a type (${type}) that is not read`);
  }
}

function integerLayout(name: string, bits: number, signed: boolean): Layout {
  const readers: Record<string, ReadNumber> = {
    '8': (v, i) => v.getInt8(i),
    '16': (v, i) => v.getInt16(2 * i, true),
    '32': (v, i) => v.getInt32(4 * i, true),
    '64': (v, i) => exact(v.getBigInt64(8 * i, true)),
    u8: (v, i) => v.getUint8(i),
    u16: (v, i) => v.getUint16(2 * i, true),
    u32: (v, i) => v.getUint32(4 * i, true),
    u64: (v, i) => exact(v.getBigUint64(8 * i, true)),
  };
  const read = readers[`${signed ? '' : 'u'}${bits}`];
  if (read === undefined) throw new ArrowFault(`column "${name}" has integers of ${bits} bits`);
  return { kind: 'number', bits, read };
}

function exact(value: bigint): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw new ArrowFault(`the integer ${value} is too large for a number`);
  return number;
}

function newColumn({ name, layout }: Field): { name: string } & ArrowValues {
  if (layout.kind === 'number') return { name, type: 'float64', values: [] };
  if (layout.kind === 'text') return { name, type: 'text', values: [] };
  if (layout.item.layout.kind === 'number') return { name, type: 'floats', values: [] };
  return { name, type: 'texts', values: [] };
}

/** Takes nodes and buffers of one record batch in the order in which Arrow writes them: depth first. */
class Batch {
  private node = 0;
  private buffer = 0;
  private room: number;

  constructor(
    private readonly flat: Flat,
    private readonly nodes: Vector,
    private readonly buffers: Vector,
    private readonly body: Uint8Array,
  ) {
    this.room = body.length;
  }

  nextNode(): { length: number; nulls: number } {
    if (this.node >= this.nodes.length) throw new ArrowFault('a record batch has too few columns');
    const at = this.nodes.start + 16 * this.node++;
    return { length: this.flat.i64(at), nulls: this.flat.i64(at + 8) };
  }

  nextBuffer(): DataView {
    if (this.buffer >= this.buffers.length) throw new ArrowFault('a record batch has too few buffers');
    const at = this.buffers.start + 16 * this.buffer++;
    const offset = this.flat.i64(at);
    const length = this.flat.i64(at + 8);
    this.room -= length;
    // Buffers that overlap could hold more values than the file has room for.
    if (offset + length > this.body.length || this.room < 0)
      throw new ArrowFault('a buffer lies outside its record batch');
    return new DataView(this.body.buffer, this.body.byteOffset + offset, length);
  }
}

function readBatch(
  block: Uint8Array,
  metadataLength: number,
  fields: readonly Field[],
  columns: ArrowFile['columns'],
): number {
  const outer = new Flat(block);
  // Since Arrow 0.15 a message begins with a marker; the length follows, or stands in its place.
  const prefix = outer.i32(0) === -1 ? 8 : 4;
  const flatLength = outer.i32(prefix - 4);
  if (flatLength < 0 || prefix + flatLength > metadataLength)
    throw new ArrowFault('the header of a record batch is wrong');
  const flat = new Flat(block.subarray(prefix, prefix + flatLength));
  const message = flat.root();
  const kind = flat.field(message, 1);
  const header = flat.table(message, 2);
  if (kind === null || flat.u8(kind) !== 3 || header === null) throw new ArrowFault('a block is not a record batch');
  if (flat.field(header, 3) !== null) throw new ArrowFault('its buffers are compressed, which is not read');
  const lengthAt = flat.field(header, 0);
  const rows = lengthAt === null ? 0 : flat.i64(lengthAt);
  const none: Vector = { start: 0, length: 0 };
  const nodes = flat.vector(header, 1, 16) ?? none;
  const batch = new Batch(flat, nodes, flat.vector(header, 2, 16) ?? none, block.subarray(metadataLength));
  for (const [i, field] of fields.entries()) append(columns[i], readColumn(batch, field, rows));
  if (fields.length === 0 && rows > 0) throw new ArrowFault('it has rows and no columns');
  return rows;
}

function append(column: ArrowFile['columns'][number], values: readonly unknown[]): void {
  const target = column.values as unknown[];
  for (const value of values) target.push(value);
}

function readColumn(batch: Batch, field: Field, rows: number): unknown[] {
  const { length, nulls } = batch.nextNode();
  if (length !== rows) throw new ArrowFault(`column "${field.name}" has ${length} rows, expected ${rows}`);
  const validity = batch.nextBuffer();
  const isNull = nullTest(validity, nulls, length);
  const { layout } = field;
  if (layout.kind === 'number') return readNumbers(batch.nextBuffer(), layout, length, isNull);
  if (isNull !== null) throw new ArrowFault(`column "${field.name}" has nulls where a value is expected`);
  if (layout.kind === 'text') return readTexts(batch, layout.wide, length);
  const bounds = layout.kind === 'list' ? readOffsets(batch.nextBuffer(), layout.wide, length) : null;
  const size = layout.kind === 'fixed' ? layout.size : 0;
  const total = bounds === null ? size * length : bounds[length];
  const items = readItemsOf(batch, layout.item, total);
  return Array.from({ length }, (_, i) =>
    bounds === null ? items.slice(size * i, size * (i + 1)) : items.slice(bounds[i], bounds[i + 1]),
  );
}

/** The elements of all lists of a column, one after the other; at least `total` of them. */
function readItemsOf(batch: Batch, item: Field, total: number): unknown[] {
  const { length, nulls } = batch.nextNode();
  if (length < total) throw new ArrowFault('a list is longer than its elements');
  const validity = batch.nextBuffer();
  if (nullTest(validity, nulls, length) !== null) throw new ArrowFault('a list has a null among its elements');
  if (item.layout.kind === 'number') return readNumbers(batch.nextBuffer(), item.layout, length, null);
  return readTexts(batch, (item.layout as { wide: boolean }).wide, length);
}

function nullTest(validity: DataView, nulls: number, length: number): ((i: number) => boolean) | null {
  if (nulls === 0) return null;
  if (nulls > length || validity.byteLength < Math.ceil(length / 8))
    throw new ArrowFault('a column has a wrong count of nulls');
  return (i) => ((validity.getUint8(i >> 3) >> (i & 7)) & 1) === 0;
}

function readNumbers(
  data: DataView,
  layout: { readonly bits: number; readonly read: ReadNumber },
  length: number,
  isNull: ((i: number) => boolean) | null,
): (number | null)[] {
  if (data.byteLength < Math.ceil((length * layout.bits) / 8))
    throw new ArrowFault('a column is shorter than its rows');
  const values: (number | null)[] = new Array<number | null>(length);
  for (let i = 0; i < length; i++) values[i] = isNull?.(i) === true ? null : layout.read(data, i);
  return values;
}

function readTexts(batch: Batch, wide: boolean, length: number): string[] {
  const bounds = readOffsets(batch.nextBuffer(), wide, length);
  const data = batch.nextBuffer();
  if (bounds[length] > data.byteLength) throw new ArrowFault('a text leads outside its column');
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return Array.from({ length }, (_, i) => utf8.decode(bytes.subarray(bounds[i], bounds[i + 1])));
}

/** `length + 1` offsets that never decrease. */
function readOffsets(data: DataView, wide: boolean, length: number): Float64Array {
  // No rows may come without offsets at all.
  if (length === 0) return new Float64Array(1);
  const width = wide ? 8 : 4;
  if (data.byteLength < (length + 1) * width) throw new ArrowFault('a column is shorter than its rows');
  const bounds = new Float64Array(length + 1);
  for (let i = 0; i <= length; i++) {
    bounds[i] = wide ? exact(data.getBigInt64(8 * i, true)) : data.getInt32(4 * i, true);
    if (bounds[i] < (i === 0 ? 0 : bounds[i - 1])) throw new ArrowFault('the offsets of a column go backwards');
  }
  return bounds;
}
