import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checkSchema } from '../definitions/schema-check.js';
import {
  shardName,
  shardRowsFor,
  shardsOf,
  splitBatches,
  type ListSpec,
  type ShardCounts,
  type StoredType,
} from './list-spec.js';
import type { ShardHeader } from './shard-header.js';

const SCHEMA = 'jmteb/vector-list/1';

/** `manifest.json` of a list: what its shards say, for listings and for readers. The shards themselves are what counts. */
export interface Manifest {
  readonly schema: typeof SCHEMA;
  readonly modelKey: string;
  readonly listKey: string;
  readonly rows: number;
  readonly dims: number;
  readonly type: StoredType;
  readonly shardRows: number;
  readonly complete: boolean;
  readonly shards: readonly (ShardCounts & { readonly file: string; readonly rows: number; readonly sha256: string })[];
}

/** Where the manifest of a list stands. */
export function manifestPath(folder: string): string {
  return join(folder, 'manifest.json');
}

/** The manifest of a list with these shards; headers in the order of the shards. */
export function manifestOf(spec: ListSpec, headers: readonly ShardHeader[]): Manifest {
  const { modelKey, listKey, rows, dims, type } = spec;
  const shards = headers.map((header) => {
    const { shard, rows: count, sha256, tokens, truncated, unknownTokens, byteFallbackTokens } = header;
    const counts = { tokens, truncated, unknownTokens, byteFallbackTokens, ...splitBatches(header.splitBatches) };
    return { file: shardName(shard), rows: count, sha256, ...counts };
  });
  const complete = shards.length === shardsOf(rows);
  return { schema: SCHEMA, modelKey, listKey, rows, dims, type, shardRows: shardRowsFor(rows), complete, shards };
}

/** The manifest as it is written. */
export function manifestText(manifest: Manifest): string {
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

/** The manifest in a folder, or undefined when there is none or it is none. */
export async function readManifest(folder: string): Promise<Manifest | undefined> {
  const path = manifestPath(folder);
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'));
    return checkSchema('vector-list', value, path, 'manifest').length === 0 ? (value as Manifest) : undefined;
  } catch {
    return undefined;
  }
}
