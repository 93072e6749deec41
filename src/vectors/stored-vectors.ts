import { join } from 'node:path';
import { messageOf, UserError } from '../errors.js';
import { ArrowFault } from './arrow-fault.js';
import { shardName, shardsOf, type ListSpec } from './list-spec.js';
import { readManifest } from './manifest.js';
import { openShard, type OpenShard } from './shard-file.js';
import { checkHeader } from './shard-header.js';
import type { VectorSource } from './types.js';
import { vectorsInRegions } from './vector-regions.js';

/** Vectors on disk; files stay open until they are closed. */
export interface StoredVectors extends VectorSource {
  close(): Promise<void>;
}

/**
 * Opens a complete list of vectors for reading.
 *
 * Every shard must be there and whole; digests are checked by `openStoredList`, not here, because that reads all values.
 * The files are kept open: nobody who replaces one changes what is read here.
 *
 * @param folder a list in the store (`StoredList.folder`)
 * @param options.truncateDim leading components to give of each vector, not normalised again; all unless given
 * @throws UserError when vectors are missing or broken, or `truncateDim` is out of range
 */
export async function openStoredVectors(
  folder: string,
  options: { readonly truncateDim?: number } = {},
): Promise<StoredVectors> {
  const opened: OpenShard[] = [];
  const close = async () => void (await Promise.all(opened.splice(0).map(({ reader }) => reader.close())));
  try {
    const spec = await openAll(folder, opened);
    const { truncateDim = spec.dims } = options;
    if (!Number.isInteger(truncateDim) || truncateDim < 1 || truncateDim > spec.dims) {
      const what = `${truncateDim} is not a number of dimensions of vectors that have ${spec.dims}`;
      throw new UserError({ where: '--truncate-dim', what, fix: `use 1 to ${spec.dims}` });
    }
    const regions = opened.map(({ region, reader }, shard) => {
      return { ...region, fd: reader.handle.fd, path: join(folder, shardName(shard)) };
    });
    const source = vectorsInRegions(regions, spec.dims, truncateDim);
    return {
      rows: source.rows,
      dims: source.dims,
      blocks: (maxRows) => source.blocks(maxRows),
      gather: (indices) => source.gather(indices),
      close,
    };
  } catch (thrown) {
    await close();
    throw thrown;
  }
}

/** Opens all shards of the list that the first one names. */
async function openAll(folder: string, opened: OpenShard[]): Promise<ListSpec> {
  const refuse = (shard: number, thrown: unknown): never => {
    if (!(thrown instanceof ArrowFault) && typeof (thrown as NodeJS.ErrnoException | null)?.code !== 'string')
      throw thrown;
    const absent = (thrown as NodeJS.ErrnoException).code === 'ENOENT';
    throw new UserError({
      where: join(folder, shardName(shard)),
      what: absent ? 'these vectors are not stored' : `not a readable shard of vectors: ${messageOf(thrown)}`,
      fix: 'run the model again with the same options: it makes what is missing',
    });
  };
  let spec: ListSpec | undefined;
  for (let shard = 0; spec === undefined || shard < shardsOf(spec.rows); shard++) {
    try {
      const next = await openShard(join(folder, shardName(shard)));
      opened.push(next);
      const { modelKey, listKey, listRows, dims, type } = next.header;
      spec ??= { modelKey, listKey, rows: listRows, dims, type };
      checkHeader(next.header, spec, shard);
    } catch (thrown) {
      const manifest = spec === undefined ? await readManifest(folder) : undefined;
      if (manifest?.rows === 0) return manifest;
      return refuse(shard, thrown);
    }
  }
  return spec;
}
