/** Number type of stored values. */
export type StoredType = 'float32' | 'float16';

/** What a list of vectors in the store is. */
export interface ListSpec {
  /** Hash of everything that can change a stored vector. */
  readonly modelKey: string;
  /** Hash of the ordered texts, from `listKey`. */
  readonly listKey: string;
  readonly rows: number;
  readonly dims: number;
  readonly type: StoredType;
}

/** What was counted while a shard was embedded; null where it cannot be known. */
export interface ShardCounts {
  readonly tokens: number | null;
  readonly truncated: number | null;
  readonly unknownTokens: number | null;
  /** Shards that were written before it was counted lack it. */
  readonly byteFallbackTokens: number | null;
  /** Batches that were run in parts, where that can change bits; absent when there were none. */
  readonly splitBatches?: number;
}

const COUNTS = ['tokens', 'truncated', 'unknownTokens', 'byteFallbackTokens'] as const;

/** Sums of counts; null where one of them is not known. */
export function sumCounts(all: Iterable<ShardCounts>): ShardCounts {
  const sum: Record<(typeof COUNTS)[number], number | null> = {
    tokens: 0,
    truncated: 0,
    unknownTokens: 0,
    byteFallbackTokens: 0,
  };
  let split = 0;
  for (const counts of all) {
    for (const name of COUNTS) {
      const [total, count] = [sum[name], counts[name]];
      sum[name] = total === null || count === null ? null : total + count;
    }
    split += counts.splitBatches ?? 0;
  }
  return { ...sum, ...splitBatches(split) };
}

/** The field for batches that were run in parts, none where there were none: equal vectors have equal files. */
export function splitBatches(count = 0): Pick<ShardCounts, 'splitBatches'> {
  return count > 0 ? { splitBatches: count } : {};
}

/** Rows of every shard of a list but the last: the unit of resume. */
export function shardRowsFor(listRows: number): number {
  return listRows >= 1_000_000 ? 65_536 : 4096;
}

/** Number of shards of a list. */
export function shardsOf(listRows: number): number {
  return Math.ceil(listRows / shardRowsFor(listRows));
}

/** Rows `start` .. `end - 1` of a list are its shard `shard`. */
export function shardRange(listRows: number, shard: number): { start: number; end: number } {
  if (!Number.isInteger(shard) || shard < 0 || shard >= shardsOf(listRows))
    throw new RangeError(`shard ${shard} of ${shardsOf(listRows)}`);
  const size = shardRowsFor(listRows);
  return { start: shard * size, end: Math.min(listRows, (shard + 1) * size) };
}

/** Name of a shard's file. */
export function shardName(shard: number): string {
  return `${String(shard).padStart(5, '0')}.arrow`;
}

const SHARD_NAME = /^(\d{5,})\.arrow$/;

/** The shard that a file name names, or undefined. */
export function shardOf(name: string): number | undefined {
  const digits = SHARD_NAME.exec(name)?.[1];
  return digits === undefined || shardName(Number(digits)) !== name ? undefined : Number(digits);
}

/** @throws RangeError for keys that are no names of folders, and sizes that are none */
export function checkSpec({ modelKey, listKey, rows, dims }: ListSpec): void {
  for (const key of [modelKey, listKey])
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/.test(key)) throw new RangeError(`a key cannot be ${JSON.stringify(key)}`);
  if (!Number.isSafeInteger(rows) || rows < 0) throw new RangeError(`a list of ${rows} rows`);
  if (!Number.isSafeInteger(dims) || dims < 1) throw new RangeError(`vectors of ${dims} components`);
}
