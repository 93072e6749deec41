import { crc32 } from 'node:zlib';
import { FileFault } from './file-fault.js';
import type { ColumnChunk } from './parquet-footer.js';
import type { RandomFile } from './random-file.js';
import { EndOfBytes, THRIFT, ThriftReader } from './thrift-compact.js';

/** One page as it lies in the file, still compressed. */
export interface Page {
  readonly kind: 'data' | 'data-v2' | 'dictionary';
  /** Values with nulls and empty lists. */
  readonly values: number;
  readonly encoding: number;
  /** Encoding of the levels, in pages of the first version. */
  readonly levelEncodings: readonly number[];
  /** Bytes of the levels before the values, in pages of the second version. */
  readonly definitionBytes: number;
  readonly repetitionBytes: number;
  readonly isCompressed: boolean;
  readonly uncompressedBytes: number;
  readonly bytes: Buffer;
}

/** A page with more values than this is taken for a broken or hostile one: writers stop far earlier. */
const MAX_PAGE_VALUES = 2 ** 24;
/** Read at once where pages are smaller than this: 1 MiB. */
const READ_AHEAD = 2 ** 20;

/**
 * The pages of one column chunk in file order, read piece by piece.
 *
 * Index pages and page types of later versions are stepped over. A page that has a checksum is held to it.
 *
 * @throws FileFault when the pages do not fill the chunk exactly
 */
export async function* readPages(file: RandomFile, chunk: ColumnChunk): AsyncGenerator<Page> {
  const end = chunk.start + chunk.bytes;
  let at = chunk.start;
  let buffer: Buffer = Buffer.alloc(0);
  /** The next bytes of the chunk, at least so many where there are so many. */
  const peek = async (wanted: number): Promise<Buffer> => {
    if (buffer.length < wanted && buffer.length < end - at) {
      const more = Math.min(Math.max(wanted, READ_AHEAD), end - at);
      buffer = await file.read(at, more);
    }
    return buffer;
  };
  while (at < end) {
    const { header, length } = await pageHeader(peek, end - at);
    buffer = buffer.subarray(length);
    at += length;
    const size = header.compressedBytes;
    if (size > end - at) throw new FileFault(`a page of ${size} bytes is longer than the column that holds it`);
    const bytes = (await peek(size)).subarray(0, size);
    buffer = buffer.subarray(size);
    at += size;
    const page = pageOf(header, bytes);
    if (page === undefined) continue;
    if (header.crc !== undefined && crc32(bytes) !== header.crc >>> 0)
      throw new FileFault('a page differs from its checksum');
    yield page;
  }
}

interface PageHeader {
  type: number;
  uncompressedBytes: number;
  compressedBytes: number;
  crc?: number;
  /** Fields of the header for this page type, by their numbers; true and false are 1 and 0. */
  fields: Map<number, Map<number, number>>;
}

async function pageHeader(
  peek: (wanted: number) => Promise<Buffer>,
  available: number,
): Promise<{ header: PageHeader; length: number }> {
  for (let wanted = 4096; ; wanted *= 8) {
    const bytes = await peek(Math.min(wanted, available));
    const thrift = new ThriftReader(bytes);
    try {
      return { header: parseHeader(thrift), length: thrift.at };
    } catch (thrown) {
      // Statistics can make a header long; more bytes help as long as there are more.
      if (!(thrown instanceof EndOfBytes) || bytes.length >= available) throw thrown;
    }
  }
}

function parseHeader(thrift: ThriftReader): PageHeader {
  const header: Partial<PageHeader> & { fields: PageHeader['fields'] } = { fields: new Map() };
  thrift.struct((id, type) => {
    if (id === 1) header.type = thrift.i32(type);
    else if (id === 2) header.uncompressedBytes = thrift.i32(type);
    else if (id === 3) header.compressedBytes = thrift.i32(type);
    else if (id === 4) header.crc = thrift.i32(type);
    else if ((id === 5 || id === 7 || id === 8) && type === THRIFT.struct) {
      const fields = new Map<number, number>();
      header.fields.set(id, fields);
      thrift.struct((field, fieldType) => {
        if (fieldType === THRIFT.i32) fields.set(field, thrift.i32(fieldType));
        else if (fieldType === THRIFT.true || fieldType === THRIFT.false)
          fields.set(field, thrift.bool(fieldType) ? 1 : 0);
        else return false;
      });
    } else return false;
  });
  const { type, uncompressedBytes, compressedBytes } = header;
  if (type === undefined || uncompressedBytes === undefined || compressedBytes === undefined)
    throw new FileFault('a page header lacks its type or its sizes');
  if (uncompressedBytes < 0 || compressedBytes < 0) throw new FileFault('a page has a negative size');
  return { ...header, type, uncompressedBytes, compressedBytes };
}

const PAGE_KINDS = new Map<number, { kind: Page['kind']; field: number }>([
  [0, { kind: 'data', field: 5 }],
  [2, { kind: 'dictionary', field: 7 }],
  [3, { kind: 'data-v2', field: 8 }],
]);

function pageOf(header: PageHeader, bytes: Buffer): Page | undefined {
  const known = PAGE_KINDS.get(header.type);
  if (known === undefined) return undefined;
  const fields = header.fields.get(known.field);
  const v2 = known.kind === 'data-v2';
  const values = fields?.get(1);
  const encoding = fields?.get(v2 ? 4 : 2);
  if (fields === undefined || values === undefined || encoding === undefined)
    throw new FileFault('a page header lacks its number of values or its encoding');
  if (values < 0 || values > MAX_PAGE_VALUES)
    throw new FileFault(`a page claims ${values} values; at most ${MAX_PAGE_VALUES} are read`);
  const definitionBytes = v2 ? (fields.get(5) ?? 0) : 0;
  const repetitionBytes = v2 ? (fields.get(6) ?? 0) : 0;
  if (definitionBytes < 0 || repetitionBytes < 0 || definitionBytes + repetitionBytes > bytes.length)
    throw new FileFault('the levels of a page are longer than the page');
  return {
    kind: known.kind,
    values,
    encoding,
    levelEncodings: known.kind === 'data' ? [fields.get(3) ?? 3, fields.get(4) ?? 3] : [],
    definitionBytes,
    repetitionBytes,
    isCompressed: v2 ? fields.get(7) !== 0 : true,
    uncompressedBytes: header.uncompressedBytes,
    bytes,
  };
}
