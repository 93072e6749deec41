import { FileFault, GET_AGAIN } from './file-fault.js';
import { decompress } from './parquet-codecs.js';
import { MAX_ROWS, type ColumnChunk, type RowGroup } from './parquet-footer.js';
import { levelWidth, readRuns } from './parquet-levels.js';
import { readPages, type Page } from './parquet-page.js';
import { PHYSICAL_TYPES, type Leaf, type ParquetColumn } from './parquet-schema.js';
import { decodeValues, ENCODING, INVALID, type Decoded, type Value } from './parquet-values.js';
import type { RandomFile } from './random-file.js';

/** What a row has in a column: a value, or a list of them. */
export type Cell = Value | Value[];

/** Values and levels of one data page. */
interface DataPage {
  readonly entries: number;
  /** The values that are there, in order. */
  readonly values: Decoded[];
  /** By entry; undefined where every entry has a value. */
  readonly definition?: Uint8Array;
  /** By entry; undefined for flat columns. */
  readonly repetition?: Uint8Array;
}

/**
 * The cells of one column of a row group, a page or so at a time, in file order.
 *
 * @param column a column that has a leaf
 * @param firstRow rows before this row group, for messages
 * @param dataEnd end of the part of the file that can hold pages
 * @throws FileFault when the pages are broken or hold another number of rows
 */
export async function* readColumnChunk(
  file: RandomFile,
  group: RowGroup,
  column: ParquetColumn,
  firstRow: number,
  dataEnd: number,
): AsyncGenerator<Cell[]> {
  const leaf = column.leaf as Leaf;
  const chunk = group.chunks[leaf.index];
  checkChunk(chunk, group, leaf, dataEnd);
  const assemble = column.list === undefined ? flatCells(leaf) : listCells(leaf, column.list);
  let dictionary: readonly Decoded[] | undefined;
  let entries = 0;
  let rows = 0;
  if (chunk.values > 0)
    for await (const page of readPages(file, chunk)) {
      if (page.kind === 'dictionary') {
        if (dictionary !== undefined) throw new FileFault('a column has two dictionaries');
        dictionary = dictionaryValues(page, chunk, leaf);
        continue;
      }
      entries += page.values;
      if (entries > chunk.values) break;
      const cells = assemble(decodePage(page, chunk, leaf, dictionary), firstRow + rows);
      rows += cells.length;
      if (cells.length > 0) yield cells;
    }
  if (entries !== chunk.values)
    throw new FileFault(`the pages hold ${entries} values or more, the footer says ${chunk.values}`, GET_AGAIN);
  const last = assemble(undefined, firstRow + rows);
  rows += last.length;
  if (rows !== group.rows) throw new FileFault(`the pages hold ${rows} rows, the footer says ${group.rows}`, GET_AGAIN);
  if (last.length > 0) yield last;
}

function checkChunk(chunk: ColumnChunk, group: RowGroup, leaf: Leaf, dataEnd: number): void {
  if (chunk.elsewhere !== undefined) throw new FileFault(`its pages ${chunk.elsewhere}`);
  if (PHYSICAL_TYPES[chunk.type] !== leaf.type || chunk.path.join('.') !== leaf.path.join('.'))
    throw new FileFault('a row group and the schema disagree about a column', GET_AGAIN);
  if (chunk.values > MAX_ROWS)
    throw new FileFault(`a column of a row group claims ${chunk.values} values; at most ${MAX_ROWS} are read`);
  if (leaf.maxRepetition === 0 ? chunk.values !== group.rows : chunk.values < group.rows)
    throw new FileFault(`a column has ${chunk.values} values for ${group.rows} rows`, GET_AGAIN);
  if (chunk.values > 0 && (chunk.start < 4 || chunk.start + chunk.bytes > dataEnd))
    throw new FileFault(
      `a column lies at bytes ${chunk.start} to ${chunk.start + chunk.bytes}, but the data end at ${dataEnd}`,
      GET_AGAIN,
    );
}

function dictionaryValues(page: Page, chunk: ColumnChunk, leaf: Leaf): Decoded[] {
  if (page.encoding !== ENCODING.plain && page.encoding !== ENCODING.plainDictionary)
    throw new FileFault(`a dictionary has encoding ${page.encoding}`);
  const bytes = decompress(chunk.codec, page.bytes, page.uncompressedBytes);
  return decodeValues(bytes, 0, page.values, ENCODING.plain, leaf, undefined);
}

function decodePage(page: Page, chunk: ColumnChunk, leaf: Leaf, dictionary: readonly Decoded[] | undefined): DataPage {
  const { maxDefinition, maxRepetition } = leaf;
  const entries = page.values;
  const v2 = page.kind === 'data-v2';
  const levelBytes = page.definitionBytes + page.repetitionBytes;
  if (v2 && levelBytes > page.uncompressedBytes) throw new FileFault('the levels of a page are longer than the page');
  const packed = v2 ? page.bytes.subarray(levelBytes) : page.bytes;
  const bytes = page.isCompressed ? decompress(chunk.codec, packed, page.uncompressedBytes - levelBytes) : packed;
  let at = 0;
  /** Levels stand before the values with their length in front, or, in version 2, uncompressed in a part of their own. */
  const levels = (max: number, partStart: number, partBytes: number): Uint8Array | undefined => {
    if (max === 0) return undefined;
    const out = new Uint8Array(entries);
    if (v2) {
      readRuns(page.bytes, partStart, partStart + partBytes, levelWidth(max), out);
      return out;
    }
    if (at + 4 > bytes.length) throw new FileFault('a page ends inside its levels');
    const length = bytes.readUInt32LE(at);
    at += 4;
    if (length > bytes.length - at) throw new FileFault('a page ends inside its levels');
    readRuns(bytes, at, at + length, levelWidth(max), out);
    at += length;
    return out;
  };
  const [definitionEncoding, repetitionEncoding] = page.levelEncodings;
  if (!v2 && ((maxDefinition > 0 && definitionEncoding !== 3) || (maxRepetition > 0 && repetitionEncoding !== 3)))
    throw new FileFault('a page has levels in an encoding that went out of use', 'write the file again.');
  const repetition = levels(maxRepetition, 0, page.repetitionBytes);
  const definition = levels(maxDefinition, page.repetitionBytes, page.definitionBytes);
  let count = entries;
  for (let i = 0; definition !== undefined && i < entries; i++) {
    if (definition[i] > maxDefinition) throw new FileFault('a page has levels that its column does not have');
    if (definition[i] < maxDefinition) count--;
  }
  const values = decodeValues(bytes, at, count, page.encoding, leaf, dictionary);
  return { entries, values, definition: count === entries ? undefined : definition, repetition };
}

/** Makes cells of pages; called without a page at the end, for what is still open. */
type Assemble = (page: DataPage | undefined, firstRow: number) => Cell[];

function checked(value: Decoded, row: number): Value {
  if (value === INVALID)
    throw new FileFault('holds bytes that are not UTF-8.', 'write the file again with its texts in UTF-8.', row + 1);
  return value;
}

function flatCells({ maxDefinition }: Leaf): Assemble {
  return (page, firstRow) => {
    if (page === undefined) return [];
    const { entries, values, definition } = page;
    const cells = new Array<Cell>(entries);
    let n = 0;
    for (let i = 0; i < entries; i++)
      cells[i] =
        definition === undefined || definition[i] === maxDefinition ? checked(values[n++], firstRow + i) : null;
    return cells;
  };
}

function listCells({ maxDefinition }: Leaf, list: NonNullable<ParquetColumn['list']>): Assemble {
  /** The last row: the next page can go on with it. */
  let open: Cell | undefined;
  return (page, firstRow) => {
    const cells: Cell[] = [];
    if (page === undefined) {
      if (open !== undefined) cells.push(open);
      open = undefined;
      return cells;
    }
    const { entries, values, definition, repetition } = page;
    let n = 0;
    for (let i = 0; i < entries; i++) {
      const level = definition === undefined ? maxDefinition : definition[i];
      const hasEntry = level >= list.entry;
      if (repetition === undefined || repetition[i] === 0) {
        if (open !== undefined) cells.push(open);
        open = level < list.present ? null : [];
      } else if (!Array.isArray(open) || open.length === 0 || !hasEntry)
        throw new FileFault('a list goes on where there is none');
      if (hasEntry)
        (open as Value[]).push(level === maxDefinition ? checked(values[n++], firstRow + cells.length) : null);
    }
    return cells;
  };
}
