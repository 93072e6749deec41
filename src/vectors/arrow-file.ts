/**
 * Reader for Arrow IPC files that survives any bytes.
 *
 * `apache-arrow` writes our files, but it trusts what it reads: on a file with a few changed bytes it can loop for hours or
 * ask for endless memory. Here every offset is checked against the bytes that are there, and no column can hold more than
 * the file has room for.
 */
import { placeColumns, type Place, type PlacedColumn } from './arrow-batch.js';
import { ArrowFault } from './arrow-fault.js';
import { footerRange, readFooter, TAIL_BYTES, throwAsFault } from './arrow-footer.js';
import type { Field } from './arrow-schema.js';
import { readOffsets, readTexts } from './arrow-values.js';

export { ArrowFault } from './arrow-fault.js';

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

/**
 * Decodes an Arrow IPC file of numbers, texts and lists of these.
 *
 * Integers, floats and booleans become numbers; large and fixed-size lists become lists. Not read: dictionaries,
 * compressed buffers, other types. For many vectors see `openArrow`, which copies nothing into arrays of arrays.
 *
 * @throws ArrowFault that says what is wrong
 */
export function decodeArrowFile(bytes: Uint8Array): ArrowFile {
  try {
    return decode(bytes);
  } catch (thrown) {
    return throwAsFault(thrown);
  }
}

function decode(bytes: Uint8Array): ArrowFile {
  const { start, end } = footerRange(bytes, bytes.subarray(Math.max(0, bytes.length - TAIL_BYTES)), bytes.length);
  const { fields, metadata, blocks } = readFooter(bytes.subarray(start, end), end);
  const columns = fields.map((field) => newColumn(field));
  let total = 0;
  for (const { offset, headerLength, bodyLength } of blocks) {
    const bodyAt = offset + headerLength;
    const { rows, columns: placed } = placeColumns(bytes.subarray(offset, bodyAt), bodyLength, fields);
    const body = bytes.subarray(bodyAt, bodyAt + bodyLength);
    for (const [i, column] of placed.entries()) append(columns[i], readColumn(body, column));
    total += rows;
  }
  return { rows: total, columns, metadata };
}

function newColumn({ name, layout }: Field): { name: string } & ArrowValues {
  if (layout.kind === 'number') return { name, type: 'float64', values: [] };
  if (layout.kind === 'text') return { name, type: 'text', values: [] };
  if (layout.item.layout.kind === 'number') return { name, type: 'floats', values: [] };
  return { name, type: 'texts', values: [] };
}

function append(column: ArrowFile['columns'][number], values: readonly unknown[]): void {
  const target = column.values as unknown[];
  for (const value of values) target.push(value);
}

function readColumn(body: Uint8Array, column: PlacedColumn): unknown[] {
  const { field, length, offsets, items } = column;
  if (items === undefined) return readPlain(body, column);
  const size = field.layout.kind === 'fixed' ? field.layout.size : 0;
  const wide = field.layout.kind === 'list' && field.layout.wide;
  const bounds = offsets === undefined ? null : readOffsets(viewOf(body, offsets), wide, length);
  if (bounds !== null && bounds[length] > items.length) throw new ArrowFault('a list is longer than its elements');
  const values = readPlain(body, items);
  return Array.from({ length }, (_, i) =>
    bounds === null ? values.slice(size * i, size * (i + 1)) : values.slice(bounds[i], bounds[i + 1]),
  );
}

/** Numbers or texts, one after the other. */
function readPlain(body: Uint8Array, { field, length, nulls, validity, offsets, data }: PlacedColumn): unknown[] {
  const { layout } = field;
  const view = viewOf(body, data as Place);
  if (layout.kind === 'text') {
    const bounds = readOffsets(viewOf(body, offsets as Place), layout.wide, length);
    return readTexts(bounds, new Uint8Array(view.buffer, view.byteOffset, view.byteLength));
  }
  if (layout.kind !== 'number') throw new Error(`lists of lists are not read, got ${layout.kind}`);
  const bits = nulls === 0 ? null : viewOf(body, validity);
  const values = new Array<number | null>(length);
  for (let i = 0; i < length; i++) {
    const isNull = bits !== null && ((bits.getUint8(i >> 3) >> (i & 7)) & 1) === 0;
    values[i] = isNull ? null : layout.read(view, i);
  }
  return values;
}

function viewOf(body: Uint8Array, { offset, length }: Place): DataView {
  return new DataView(body.buffer, body.byteOffset + offset, length);
}
