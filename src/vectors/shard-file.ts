import { createHash } from 'node:crypto';
import { UserError } from '../errors.js';
import { floatsToHalf, MAX_HALF } from '../numeric/float16.js';
import { ArrowFault } from './arrow-fault.js';
import { openArrow, type ArrowReader, type VectorRegion } from './arrow-reader.js';
import { shardRange, type ListSpec, type ShardCounts } from './list-spec.js';
import { headerMetadata, headerOf, shardHeader, type ShardHeader } from './shard-header.js';

const COLUMN = 'embedding';
const READ_BYTES = 4 * 2 ** 20;
const DIGEST_BYTES = 256 * 2 ** 20;

/**
 * A shard as an Arrow IPC file: one record batch, one column of fixed-size lists.
 *
 * Equal input gives equal bytes.
 *
 * @param rows shape (rows of the shard, dims), finite; for float16 within 65,504
 * @param where names the list in errors
 * @returns pieces of the file in order; the values among them are not copied
 * @throws UserError that names the row that cannot be stored
 */
export async function shardPieces(
  spec: ListSpec,
  shard: number,
  rows: Float32Array,
  counts: ShardCounts,
  where: string,
): Promise<Uint8Array[]> {
  const { dims } = spec;
  const { start, end } = shardRange(spec.rows, shard);
  if (rows.length !== (end - start) * dims)
    throw new RangeError(`${rows.length} values are not ${end - start} rows of ${dims}`);
  checkValues(rows, spec, start, where);
  const values = spec.type === 'float16' ? floatsToHalf(rows) : rows;
  const header = shardHeader(spec, shard, digestOf(values), counts);

  const arrow = await import('apache-arrow');
  const { Field, makeData } = arrow;
  const item = new Field('item', spec.type === 'float16' ? new arrow.Float16() : new arrow.Float32(), false);
  const column = new Field(COLUMN, new arrow.FixedSizeList(dims, item), false);
  const child = makeData({ type: item.type as never, length: values.length, nullCount: 0, data: values as never });
  const list = makeData({ type: column.type as never, length: end - start, nullCount: 0, child } as never);
  const schema = new arrow.Schema([column], headerMetadata(header));
  const struct = makeData({ type: new arrow.Struct([column]), length: end - start, nullCount: 0, children: [list] });
  const writer = new arrow.RecordBatchFileWriter();
  writer.write(new arrow.RecordBatch(schema, struct));
  writer.finish();
  const pieces: Uint8Array[] = [];
  for await (const piece of writer) pieces.push(piece);
  return pieces;
}

function digestOf(values: Float32Array | Uint16Array): string {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const hash = createHash('sha256');
  // One call takes less than 2 GiB.
  for (let at = 0; at < bytes.length; at += DIGEST_BYTES) hash.update(bytes.subarray(at, at + DIGEST_BYTES));
  return hash.digest('hex');
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
