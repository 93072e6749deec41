import { createHash } from 'node:crypto';
import { ArrowFault } from './arrow-fault.js';
import { shardRange, splitBatches, type ListSpec, type ShardCounts } from './list-spec.js';

/** Schema metadata of our files: what a shard holds, and a digest of that, so that a changed byte is noticed. */
const HEADER_KEY = 'jmteb.shard';
const CHECK_KEY = 'jmteb.check';

/** What a shard's file says about itself. */
export interface ShardHeader extends ShardCounts, Omit<ListSpec, 'rows'> {
  readonly layout: 1;
  readonly listRows: number;
  readonly shard: number;
  readonly rows: number;
  /** SHA-256 of the stored values, hex. */
  readonly sha256: string;
}

/** The header of a shard of a list. */
export function shardHeader(spec: ListSpec, shard: number, sha256: string, counts: ShardCounts): ShardHeader {
  const { start, end } = shardRange(spec.rows, shard);
  const { tokens, truncated, unknownTokens, byteFallbackTokens } = counts;
  const { modelKey, listKey, dims, type, rows: listRows } = spec;
  const count = { tokens, truncated, unknownTokens, byteFallbackTokens, ...splitBatches(counts.splitBatches) };
  for (const value of Object.values(count)) if (!isCount(value)) throw new RangeError(`a count is ${value}`);
  return { layout: 1, modelKey, listKey, listRows, shard, rows: end - start, dims, type, sha256, ...count };
}

/** A header as metadata of an Arrow schema. */
export function headerMetadata(header: ShardHeader): Map<string, string> {
  const text = JSON.stringify(header);
  return new Map([
    [HEADER_KEY, text],
    [CHECK_KEY, createHash('sha256').update(text).digest('hex')],
  ]);
}

/**
 * The header in the metadata of an Arrow schema.
 *
 * @throws ArrowFault when there is none or it was changed
 */
export function headerOf(metadata: ReadonlyMap<string, string>): ShardHeader {
  const text = metadata.get(HEADER_KEY);
  if (text === undefined) throw new ArrowFault('it is not a shard of this store');
  if (createHash('sha256').update(text).digest('hex') !== metadata.get(CHECK_KEY))
    throw new ArrowFault('its header is not the one that was written');
  let header: Partial<ShardHeader> | null;
  try {
    header = JSON.parse(text) as Partial<ShardHeader> | null;
  } catch {
    throw new ArrowFault('its header is not JSON');
  }
  if (header?.layout !== 1) throw new ArrowFault('its layout is not one that is known');
  const { listRows, shard, rows, dims, type, sha256, modelKey, listKey } = header;
  const isWhole = [listRows, shard, rows, dims].every((value) => Number.isSafeInteger(value) && (value as number) >= 0);
  const isText = [sha256, modelKey, listKey].every((value) => typeof value === 'string');
  const { tokens, truncated, unknownTokens, byteFallbackTokens = null, splitBatches: split = 0 } = header;
  const isCounted = [tokens, truncated, unknownTokens, byteFallbackTokens, split].every(isCount);
  if (!isWhole || !isText || !isCounted || (type !== 'float32' && type !== 'float16'))
    throw new ArrowFault('its header lacks something');
  return { ...(header as ShardHeader), byteFallbackTokens };
}

function isCount(value: unknown): boolean {
  return value === null || (Number.isSafeInteger(value) && (value as number) >= 0);
}

/**
 * Holds a shard to the list that it should be part of.
 *
 * @throws ArrowFault that says what differs
 */
export function checkHeader(header: ShardHeader, spec: ListSpec, shard: number): void {
  const { start, end } = shardRange(spec.rows, shard);
  const expected = { ...spec, rows: end - start, listRows: spec.rows, shard };
  for (const [key, value] of Object.entries(expected)) {
    const found = header[key as keyof ShardHeader];
    if (found !== value) throw new ArrowFault(`its "${key}" is ${found}, expected ${value}`);
  }
}
