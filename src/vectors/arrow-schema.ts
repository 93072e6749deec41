import { halfToFloat } from '../numeric/float16.js';
import { ArrowFault } from './arrow-fault.js';
import type { Flat, Vector } from './flatbuffer.js';

const MAX_COLUMNS = 1000;

/** Reads one number of a buffer. */
export type ReadNumber = (view: DataView, index: number) => number;

export type FloatType = 'float16' | 'float32' | 'float64';

export type Layout =
  | { readonly kind: 'number'; readonly bits: number; readonly read: ReadNumber; readonly float?: FloatType }
  | { readonly kind: 'text'; readonly wide: boolean }
  | { readonly kind: 'list'; readonly wide: boolean; readonly item: Field }
  | { readonly kind: 'fixed'; readonly size: number; readonly item: Field };

export interface Field {
  readonly name: string;
  readonly layout: Layout;
}

/** By Arrow's number of the precision. */
const FLOATS: readonly Layout[] = [
  { kind: 'number', bits: 16, float: 'float16', read: (v, i) => halfToFloat(v.getUint16(2 * i, true)) },
  { kind: 'number', bits: 32, float: 'float32', read: (v, i) => v.getFloat32(4 * i, true) },
  { kind: 'number', bits: 64, float: 'float64', read: (v, i) => v.getFloat64(8 * i, true) },
];

/** Columns and key-value pairs of a schema table. */
export function readSchema(flat: Flat, table: number): { fields: Field[]; metadata: Map<string, string> } {
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
      if (FLOATS[precision] === undefined) throw new ArrowFault(`column "${name}" has floats of an unknown precision`);
      return { name, layout: FLOATS[precision] };
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

export function exact(value: bigint): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw new ArrowFault(`the integer ${value} is too large for a number`);
  return number;
}
