import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import type { Data, DataType, Field } from 'apache-arrow';
import { messageOf, throwProblems, UserError, type Problem } from '../errors.js';
import type { ItemColumn, ItemTable } from '../families/types.js';
import { ArrowFault, decodeArrowFile } from '../vectors/arrow-file.js';
import { writeAtomically } from '../write-atomically.js';

/** Schema metadata of our files: the layout's version, and a digest of the values, so that a changed byte is noticed. */
const LAYOUT_KEY = 'jmteb.items';
const LAYOUT = '1';
const DIGEST_KEY = 'jmteb.sha256';
/** What Arrow's 32-bit offsets reach. */
const MAX_OFFSET = 2 ** 31 - 1;

/**
 * Writes the item table of a task as an Arrow IPC file: utf8, float64, list of utf8, list of float64, no dictionaries.
 *
 * Equal tables give equal bytes.
 *
 * @throws UserError when a column's length is not `rows`, a number is not finite or a name occurs twice; MachineError when
 *   the file cannot be written
 */
export async function writeItems(path: string, table: ItemTable): Promise<void> {
  await writeAtomically(path, await itemsToArrow(table, path));
}

/** The bytes of `writeItems`. */
export async function itemsToArrow(table: ItemTable, where = 'items'): Promise<Uint8Array> {
  throwProblems(checkItems(table, where));
  const arrow = await import('apache-arrow');
  const { Field, Float64, List, Utf8, makeData } = arrow;
  const fields: Field[] = [];
  const children: Data[] = [];
  for (const column of table.columns) {
    const buffers = columnBuffers(column);
    if (buffers.type === 'float64') {
      const { values, validity, nulls } = buffers;
      const bitmap = validity === null ? {} : { nullBitmap: validity };
      const type = new Float64();
      fields.push(new Field(column.name, type, true));
      children.push(makeData({ type, length: table.rows, nullCount: nulls, data: values, ...bitmap }));
    } else if (buffers.type === 'text') {
      const type = new Utf8();
      fields.push(new Field(column.name, type, false));
      children.push(makeData({ type, length: table.rows, nullCount: 0, valueOffsets: buffers.offsets, data: buffers.bytes }));
    } else {
      const { items, offsets } = buffers;
      const child =
        items.type === 'text'
          ? makeData({ type: new Utf8(), length: items.rows, nullCount: 0, valueOffsets: items.offsets, data: items.bytes })
          : makeData({ type: new Float64(), length: items.rows, nullCount: 0, data: items.values });
      const type = new List<DataType>(new Field('item', child.type, false));
      fields.push(new Field(column.name, type, false));
      children.push(makeData({ type, length: table.rows, nullCount: 0, valueOffsets: offsets, child }));
    }
  }
  const metadata = new Map([
    [LAYOUT_KEY, LAYOUT],
    [DIGEST_KEY, itemsDigest(table)],
  ]);
  const schema = new arrow.Schema(fields, metadata);
  const struct = makeData({ type: new arrow.Struct(fields), length: table.rows, nullCount: 0, children });
  return arrow.tableToIPC(new arrow.Table(schema, new arrow.RecordBatch(schema, struct)), 'file');
}

/**
 * Reads an item table.
 *
 * A file of ours is held to the digest that it carries. One made elsewhere needs none: any Arrow IPC file of numbers,
 * texts and lists of them is read, uncompressed and without dictionaries.
 *
 * @throws UserError that names the file, whatever its bytes are
 */
export async function readItems(path: string): Promise<ItemTable> {
  return itemsFromArrow(await bytesOf(path), path);
}

/** The table in the bytes of an Arrow IPC file; `where` names the file in errors. */
export function itemsFromArrow(bytes: Uint8Array, where: string): ItemTable {
  const refuse = (what: string): never => {
    const fix = 'score the task again (the rescore command makes the file from stored vectors)';
    throw new UserError({ where, what: `not a readable item table: ${what}`, fix });
  };
  let table: ItemTable;
  let metadata: ReadonlyMap<string, string>;
  try {
    const file = decodeArrowFile(bytes);
    table = { rows: file.rows, columns: file.columns };
    metadata = file.metadata;
  } catch (thrown) {
    if (thrown instanceof ArrowFault) return refuse(thrown.message);
    throw thrown;
  }
  const problems = checkItems(table, where);
  if (problems.length > 0) return refuse(problems[0].what);
  const layout = metadata.get(LAYOUT_KEY);
  const digest = metadata.get(DIGEST_KEY);
  if (layout === undefined && digest === undefined) return table;
  if (layout !== LAYOUT) return refuse(`its layout is ${JSON.stringify(layout ?? null)}, expected "${LAYOUT}"`);
  if (digest !== itemsDigest(table)) return refuse('its values are not those that were written');
  return table;
}

async function bytesOf(path: string): Promise<Uint8Array> {
  try {
    const found = await stat(path);
    if (!found.isFile()) throw new Error('it is not a file');
    return await readFile(path);
  } catch (thrown) {
    const absent = (thrown as NodeJS.ErrnoException).code === 'ENOENT';
    throw new UserError({
      where: path,
      what: absent ? 'there is no such item table' : `the item table cannot be read (${messageOf(thrown)})`,
      fix: 'name a run whose items/ folder is complete, or score the task again',
    });
  }
}

/** What is wrong with a table: lengths, names, numbers that are not finite. */
function checkItems(table: ItemTable, where: string): Problem[] {
  const problems: Problem[] = [];
  const report = (what: string) => problems.push({ where, what });
  if (!Number.isSafeInteger(table.rows) || table.rows < 0) report(`the number of rows is ${table.rows}`);
  if (table.columns.length === 0) report('it has no columns');
  const names = new Set<string>();
  for (const column of table.columns) {
    if (column.name === '' || names.has(column.name)) report(`a column name is empty or occurs twice: "${column.name}"`);
    names.add(column.name);
    if (column.values.length !== table.rows)
      report(`column "${column.name}" has ${column.values.length} values, expected ${table.rows}`);
    const row = firstNotFinite(column);
    if (row !== null) report(`column "${column.name}", row ${row} holds a number that is not finite; undefined is null`);
  }
  return problems;
}

function firstNotFinite(column: ItemColumn): number | null {
  if (column.type === 'text' || column.type === 'texts') return null;
  const bad = (value: number | null) => value !== null && !Number.isFinite(value);
  for (let i = 0; i < column.values.length; i++) {
    const value = column.values[i];
    if (value === null || typeof value === 'number' ? bad(value) : value.some(bad)) return i;
  }
  return null;
}

interface Numbers {
  readonly type: 'float64';
  readonly rows: number;
  readonly values: Float64Array;
  readonly validity: Uint8Array | null;
  readonly nulls: number;
}
interface Texts {
  readonly type: 'text';
  readonly rows: number;
  readonly offsets: Int32Array;
  readonly bytes: Uint8Array;
}
interface Lists {
  readonly type: 'list';
  readonly offsets: Int32Array;
  readonly items: Numbers | Texts;
}

function columnBuffers(column: ItemColumn): Numbers | Texts | Lists {
  if (column.type === 'float64') return numberBuffers(column.values);
  if (column.type === 'text') return textBuffers(column.values);
  const offsets = new Int32Array(column.values.length + 1);
  let end = 0;
  for (let i = 0; i < column.values.length; i++) {
    end += column.values[i].length;
    if (end > MAX_OFFSET) throw new RangeError(`column "${column.name}" has more than ${MAX_OFFSET} elements`);
    offsets[i + 1] = end;
  }
  if (column.type === 'texts') return { type: 'list', offsets, items: textBuffers(column.values.flat()) };
  const values = new Float64Array(end);
  for (let i = 0; i < column.values.length; i++) values.set(column.values[i], offsets[i]);
  return { type: 'list', offsets, items: numberBuffers(values) };
}

function numberBuffers(values: readonly (number | null)[] | Float64Array): Numbers {
  const rows = values.length;
  if (values instanceof Float64Array) return { type: 'float64', rows, values, validity: null, nulls: 0 };
  const numbers = new Float64Array(rows);
  const validity = new Uint8Array(Math.ceil(rows / 8));
  let nulls = 0;
  for (let i = 0; i < rows; i++) {
    const value = values[i];
    if (value === null) nulls++;
    else {
      numbers[i] = value;
      validity[i >> 3] |= 1 << (i & 7);
    }
  }
  return { type: 'float64', rows, values: numbers, validity: nulls > 0 ? validity : null, nulls };
}

function textBuffers(values: readonly string[]): Texts {
  const encoded = values.map((value) => Buffer.from(value, 'utf8'));
  const offsets = new Int32Array(values.length + 1);
  let end = 0;
  for (let i = 0; i < encoded.length; i++) {
    end += encoded[i].length;
    if (end > MAX_OFFSET) throw new RangeError(`a column has more than ${MAX_OFFSET} bytes of text`);
    offsets[i + 1] = end;
  }
  return { type: 'text', rows: values.length, offsets, bytes: Buffer.concat(encoded) };
}

/** SHA-256 of names, types, offsets and values, whatever the container does to them. */
function itemsDigest(table: ItemTable): string {
  const hash = createHash('sha256');
  const add = (view: Int32Array | Float64Array | Uint8Array | null) => {
    if (view !== null) hash.update(new Uint8Array(view.buffer, view.byteOffset, view.byteLength));
  };
  const addFlat = (buffers: Numbers | Texts) => {
    if (buffers.type === 'text') add(buffers.offsets);
    else add(buffers.validity);
    add(buffers.type === 'text' ? buffers.bytes : buffers.values);
  };
  for (const column of table.columns) {
    hash.update(JSON.stringify([column.name, column.type, table.rows]));
    const buffers = columnBuffers(column);
    if (buffers.type === 'list') {
      add(buffers.offsets);
      addFlat(buffers.items);
    } else addFlat(buffers);
  }
  return hash.digest('hex');
}
