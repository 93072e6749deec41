import { FileFault } from './file-fault.js';
import { parquetSchema, PHYSICAL_TYPES, type ParquetSchema, type SchemaElement } from './parquet-schema.js';
import { THRIFT, ThriftReader } from './thrift-compact.js';

/** One column of one row group: where its pages lie. */
export interface ColumnChunk {
  /** Number of the physical type in the format. */
  readonly type: number;
  readonly path: readonly string[];
  readonly codec: number;
  /** Values with nulls and empty lists: the number of level entries. */
  readonly values: number;
  /** First byte of the dictionary page, or of the first data page. */
  readonly start: number;
  readonly bytes: number;
  /** Set when the pages lie in another file or are encrypted. */
  readonly elsewhere?: string;
}

export interface RowGroup {
  readonly rows: number;
  /** By place of the leaf in the schema. */
  readonly chunks: readonly ColumnChunk[];
}

export interface ParquetFooter {
  readonly rows: number;
  readonly schema: ParquetSchema;
  readonly rowGroups: readonly RowGroup[];
  /** Names of the labels of ClassLabel columns, by column; the label is the place of its name. */
  readonly classLabels: ReadonlyMap<string, readonly string[]>;
}

/** More rows than this, or values in a column of a row group, are taken for a broken or hostile file: 67,108,864. */
export const MAX_ROWS = 2 ** 26;

/**
 * Reads the footer of a Parquet file and holds it against itself.
 *
 * @param bytes the footer, without its length and the magic bytes behind it
 * @throws FileFault when it is no footer, or when its counts contradict each other
 * Source: parquet.thrift of Apache Parquet format 2.11
 */
export function parquetFooter(bytes: Uint8Array): ParquetFooter {
  const thrift = new ThriftReader(bytes);
  const elements: SchemaElement[] = [];
  const rowGroups: RowGroup[] = [];
  const keyValues = new Map<string, string>();
  let rows: number | undefined;
  let hasSchema = false;
  let hasGroups = false;
  thrift.struct((id, type) => {
    if (id === 2) {
      hasSchema = true;
      thrift.list(type, bytes.length, (_, of) => void elements.push(schemaElement(thrift, of)));
    } else if (id === 3) rows = thrift.size(type);
    else if (id === 4) {
      hasGroups = true;
      thrift.list(type, bytes.length, (_, of) => void rowGroups.push(rowGroup(thrift, of)));
    } else if (id === 5) thrift.list(type, bytes.length, (_, of) => keyValue(thrift, of, keyValues));
    else return false;
  });
  if (!hasSchema || !hasGroups || rows === undefined) throw new FileFault('the footer has no schema or no row count');
  if (rows > MAX_ROWS) throw new FileFault(`the footer claims ${rows} rows; at most ${MAX_ROWS} are read`);
  const schema = parquetSchema(elements);
  let sum = 0;
  for (const group of rowGroups) {
    sum += group.rows;
    if (group.chunks.length !== schema.leaves)
      throw new FileFault(`a row group has ${group.chunks.length} columns, the schema ${schema.leaves}`);
  }
  if (sum !== rows) throw new FileFault(`the row groups have ${sum} rows, the footer says ${rows}`);
  return { rows, schema, rowGroups, classLabels: classLabelsOf(keyValues.get('huggingface')) };
}

function expectStruct(type: number): void {
  if (type !== THRIFT.struct) throw new FileFault('the footer holds a value where a structure is expected');
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}

const REPETITIONS = ['REQUIRED', 'OPTIONAL', 'REPEATED'] as const;

function schemaElement(thrift: ThriftReader, of: number): SchemaElement {
  expectStruct(of);
  let name = '';
  let typeNumber: number | undefined;
  let typeLength: number | undefined;
  let repetition: number | undefined;
  let children = 0;
  let converted: number | undefined;
  let logical: number | undefined;
  let signed: boolean | undefined;
  thrift.struct((id, type) => {
    if (id === 1) typeNumber = thrift.i32(type);
    else if (id === 2) typeLength = thrift.i32(type);
    else if (id === 3) repetition = thrift.i32(type);
    else if (id === 4) name = textOf(thrift.binary(type));
    else if (id === 5) children = thrift.i32(type);
    else if (id === 6) converted = thrift.i32(type);
    else if (id === 10 && type === THRIFT.struct)
      thrift.struct((kind, kindType) => {
        logical = kind;
        if (kind !== 10 || kindType !== THRIFT.struct) return false;
        thrift.struct((field, fieldType) => {
          if (field !== 2) return false;
          signed = thrift.bool(fieldType);
        });
      });
    else return false;
  });
  if (typeNumber !== undefined && PHYSICAL_TYPES[typeNumber] === undefined)
    throw new FileFault(`the column "${name}" has the unknown type ${typeNumber}`);
  if (repetition !== undefined && REPETITIONS[repetition] === undefined)
    throw new FileFault(`the column "${name}" has the unknown repetition ${repetition}`);
  return {
    name,
    type: typeNumber === undefined ? undefined : PHYSICAL_TYPES[typeNumber],
    typeLength,
    repetition: repetition === undefined ? undefined : REPETITIONS[repetition],
    children,
    converted,
    logical,
    signed,
  };
}

function rowGroup(thrift: ThriftReader, of: number): RowGroup {
  expectStruct(of);
  const chunks: ColumnChunk[] = [];
  let rows: number | undefined;
  thrift.struct((id, type) => {
    if (id === 1) thrift.list(type, 1_000_000, (_, chunkType) => void chunks.push(columnChunk(thrift, chunkType)));
    else if (id === 3) rows = thrift.size(type);
    else return false;
  });
  if (rows === undefined) throw new FileFault('a row group has no row count');
  return { rows, chunks };
}

function columnChunk(thrift: ThriftReader, of: number): ColumnChunk {
  expectStruct(of);
  let elsewhere: string | undefined;
  let meta: ColumnChunk | undefined;
  thrift.struct((id, type) => {
    if (id === 1) {
      const path = textOf(thrift.binary(type));
      if (path !== '') elsewhere = `lie in another file ("${path}")`;
    } else if (id === 3) {
      expectStruct(type);
      meta = chunkMetadata(thrift);
    } else if (id === 8) {
      elsewhere = 'are encrypted';
      return false;
    } else return false;
  });
  if (meta === undefined) throw new FileFault('a column of a row group has no description');
  return elsewhere === undefined ? meta : { ...meta, elsewhere };
}

function chunkMetadata(thrift: ThriftReader): ColumnChunk {
  const path: string[] = [];
  let physical: number | undefined;
  let codec: number | undefined;
  let values: number | undefined;
  let bytes: number | undefined;
  let dataStart: number | undefined;
  let dictionaryStart = 0;
  thrift.struct((id, type) => {
    if (id === 1) physical = thrift.i32(type);
    else if (id === 3) thrift.list(type, 1000, (_, of) => void path.push(textOf(thrift.binary(of))));
    else if (id === 4) codec = thrift.i32(type);
    else if (id === 5) values = thrift.size(type);
    else if (id === 7) bytes = thrift.size(type);
    else if (id === 9) dataStart = thrift.size(type);
    else if (id === 11) dictionaryStart = thrift.size(type);
    else return false;
  });
  if (
    physical === undefined ||
    codec === undefined ||
    values === undefined ||
    bytes === undefined ||
    dataStart === undefined
  )
    throw new FileFault('the description of a column lacks its type, codec, size or place');
  // Some writers put 0 where there is no dictionary page.
  const start = dictionaryStart > 0 && dictionaryStart < dataStart ? dictionaryStart : dataStart;
  return { type: physical, path, codec, values, start, bytes };
}

function keyValue(thrift: ThriftReader, of: number, into: Map<string, string>): void {
  expectStruct(of);
  let key: string | undefined;
  let value = '';
  thrift.struct((id, type) => {
    if (id === 1) key = textOf(thrift.binary(type));
    else if (id === 2 && key === 'huggingface') value = textOf(thrift.binary(type));
    else return false;
  });
  if (key !== undefined) into.set(key, value);
}

/** ClassLabel columns of the key `huggingface`; what cannot be understood there is no fault of the rows. */
function classLabelsOf(json: string | undefined): Map<string, readonly string[]> {
  const labels = new Map<string, readonly string[]>();
  try {
    const { info } = JSON.parse(json ?? '{}') as { info?: { features?: Record<string, unknown> } };
    for (const [column, feature] of Object.entries(info?.features ?? {})) {
      const { _type, names } = feature as { _type?: unknown; names?: unknown };
      if (_type === 'ClassLabel' && Array.isArray(names)) labels.set(column, names.map(String));
    }
  } catch {
    labels.clear();
  }
  return labels;
}
