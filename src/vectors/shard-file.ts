import { createHash } from 'node:crypto';
import { UserError } from '../errors.js';
import { floatsToHalf, MAX_HALF } from '../numeric/float16.js';
import { ArrowFault } from './arrow-fault.js';
import { openArrow, type ArrowReader, type VectorRegion } from './arrow-reader.js';
import { shardRange, type ListSpec, type ShardCounts } from './list-spec.js';
import { headerMetadata, headerOf, shardHeader, type ShardHeader } from './shard-header.js';

const COLUMN = 'embedding';
/** Read at once; freed buffers wait for the collector, one a shard. */
const READ_BYTES = 2 ** 18;

/**
 * Rows as the values that are stored.
 *
 * @param rows shape (some rows, dims), finite; for float16 within 65,504
 * @param start row of the list that the first of them is
 * @param where names the list in errors
 * @throws UserError that names the row that cannot be stored
 */
export function storedValues(spec: ListSpec, start: number, rows: Float32Array, where: string): Uint8Array {
  checkValues(rows, spec, start, where);
  const values = spec.type === 'float16' ? floatsToHalf(rows) : rows;
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

/**
 * What stands before and behind the values in a shard's file, an Arrow IPC file of one record batch with one column of
 * fixed-size lists. Equal input gives equal bytes.
 *
 * @param sha256 of the values as stored, hex
 */
export async function shardFrame(
  spec: ListSpec,
  shard: number,
  sha256: string,
  counts: ShardCounts,
): Promise<{ readonly head: readonly Uint8Array[]; readonly tail: readonly Uint8Array[] }> {
  const { dims } = spec;
  const { start, end } = shardRange(spec.rows, shard);
  const length = (end - start) * dims;
  // Stands for the values and is never read or written, so that it takes addresses and no memory.
  const values = spec.type === 'float16' ? new Uint16Array(length) : new Float32Array(length);

  const arrow = await import('apache-arrow');
  const { Field, makeData } = arrow;
  const item = new Field('item', spec.type === 'float16' ? new arrow.Float16() : new arrow.Float32(), false);
  const column = new Field(COLUMN, new arrow.FixedSizeList(dims, item), false);
  const child = makeData({ type: item.type as never, length, nullCount: 0, data: values as never });
  const list = makeData({ type: column.type as never, length: end - start, nullCount: 0, child } as never);
  const schema = new arrow.Schema([column], headerMetadata(shardHeader(spec, shard, sha256, counts)));
  const struct = makeData({ type: new arrow.Struct([column]), length: end - start, nullCount: 0, children: [list] });
  const writer = new arrow.RecordBatchFileWriter();
  writer.write(new arrow.RecordBatch(schema, struct));
  writer.finish();
  const pieces: Uint8Array[] = [];
  for await (const piece of writer) pieces.push(piece);
  const at = pieces.findIndex((piece) => piece.buffer === values.buffer);
  if (pieces[at]?.byteLength !== values.byteLength)
    throw new Error('the values of a shard are not one piece of its file');
  return { head: pieces.slice(0, at), tail: pieces.slice(at + 1) };
}

/** Refuses what cannot be stored, or could not be told from a broken file. */
function checkValues(rows: Float32Array, { dims, type }: ListSpec, start: number, where: string): void {
  const most = type === 'float16' ? MAX_HALF : Number.MAX_VALUE;
  for (let i = 0; i < rows.length; i++) {
    // False for NaN, too.
    if (Math.abs(rows[i]) <= most) continue;
    const row = start + Math.floor(i / dims);
    throw new UserError({
      where: `${where}, row ${row}`,
      what: Number.isFinite(rows[i])
        ? `the vector holds ${rows[i]}, more than half precision can hold (${MAX_HALF})`
        : `the vector holds ${rows[i]}`,
      fix: Number.isFinite(rows[i])
        ? 'store float32'
        : 'the model overflows: use another number type (--dtype fp32) or another export',
    });
  }
}

/** A shard's file, open, its header read; the values are not. */
export interface OpenShard {
  readonly reader: ArrowReader;
  readonly header: ShardHeader;
  readonly region: VectorRegion;
}

/**
 * Opens a shard and reads its header.
 *
 * @throws ArrowFault when the bytes are no shard; the system's error when the file cannot be opened
 */
export async function openShard(path: string): Promise<OpenShard> {
  const reader = await openArrow(path);
  try {
    const header = headerOf(reader.metadata);
    const [region, ...others] = reader.vectorRegions(COLUMN);
    if (others.length > 0 || region?.rows !== header.rows || region.dims !== header.dims || region.type !== header.type)
      throw new ArrowFault('its values are not those that its header tells of');
    return { reader, header, region };
  } catch (thrown) {
    await reader.close();
    throw thrown;
  }
}

/**
 * Reads all values of a shard and holds them to their digest.
 *
 * @throws ArrowFault when they differ
 */
export async function verifyValues({ reader, header, region }: OpenShard): Promise<void> {
  const hash = createHash('sha256');
  const buffer = new Uint8Array(READ_BYTES);
  const end = region.offset + region.rows * region.dims * (region.type === 'float16' ? 2 : 4);
  for (let at = region.offset; at < end;) {
    const { bytesRead } = await reader.handle.read(buffer, 0, Math.min(READ_BYTES, end - at), at);
    if (bytesRead === 0) throw new ArrowFault('it became shorter while it was read');
    hash.update(buffer.subarray(0, bytesRead));
    at += bytesRead;
  }
  if (hash.digest('hex') !== header.sha256) throw new ArrowFault('its values are not those that were written');
}
