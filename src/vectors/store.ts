import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { MachineError, messageOf } from '../errors.js';
import { clearTemporaryFiles, writeAtomically, type FileOperations } from '../write-atomically.js';
import { ArrowFault } from './arrow-fault.js';
import {
  checkSpec,
  shardName,
  shardOf,
  shardRange,
  shardsOf,
  sumCounts,
  type ListSpec,
  type ShardCounts,
} from './list-spec.js';
import { manifestOf, manifestPath, manifestText, readManifest } from './manifest.js';
import { setAside } from './set-aside.js';
import { openShard, verifyValues } from './shard-file.js';
import { checkHeader, type ShardHeader } from './shard-header.js';
import { ShardWriter } from './shard-writer.js';

export { listKey } from './list-key.js';
export { shardRowsFor, splitBatches, sumCounts, type ListSpec, type ShardCounts } from './list-spec.js';

/** Some rows of a shard, and what was counted while they were embedded. */
export interface ShardPart extends ShardCounts {
  readonly rows: Float32Array;
}

/** A list of vectors in the store: some of its shards are there, the others are missing. */
export interface StoredList {
  readonly folder: string;
  /** Number of shards of the whole list. */
  readonly shards: number;
  /** Shards that are not there, ascending; those that are written meanwhile are no longer among them. */
  readonly missing: readonly number[];
  /** What was found broken on opening. */
  readonly warnings: readonly string[];
  /** Rows `start` .. `end - 1` of the list are this shard. */
  rangeOf(shard: number): { start: number; end: number };
  /**
   * Stores a shard, whole or not at all.
   *
   * @param rows shape (rows of the shard, dims)
   * @throws UserError that names a row that cannot be stored (not finite, too large for float16); MachineError that names
   *   the file that cannot be written
   */
  write(shard: number, rows: Float32Array, counts: ShardCounts): Promise<void>;
  /**
   * Stores a shard whose rows come in parts, of which one is in memory at a time; whole or not at all, like `write`.
   *
   * @param parts the rows in order, each part of shape (some rows, dims), with what was counted in it
   * @throws as `write`; what `parts` throws
   */
  writeParts(shard: number, parts: AsyncIterable<ShardPart>): Promise<void>;
  /** Sums over the shards that are there; null where one of them has null. */
  counts(): ShardCounts;
}

/**
 * Opens a list of vectors in the store, `<cacheDir>/vectors/<model key>/<list key>/`, and verifies every shard that is there.
 *
 * A shard is right when its file is a whole Arrow file whose header names this list and whose values have the digest that
 * it carries. Broken ones are set aside with a warning and count as missing. Nothing is locked: a shard appears by one
 * rename, and the manifest is made from the shards again after each, so any number of processes may work on one list. What
 * killed processes left half-written is removed.
 *
 * @param cacheDir need not exist; nothing is made before the first shard is written
 * @throws MachineError when what is there cannot be read for lack of permission or because of the disk
 */
export async function openStoredList(cacheDir: string, spec: ListSpec, files?: FileOperations): Promise<StoredList> {
  checkSpec(spec);
  const list = new FolderList(join(cacheDir, 'vectors', spec.modelKey, spec.listKey), spec, files);
  await list.open();
  return list;
}

interface KnownShard {
  /** Differs when the file was replaced. */
  readonly identity: string;
  readonly header: ShardHeader;
}

class FolderList implements StoredList {
  readonly shards: number;
  readonly warnings: string[] = [];
  private readonly absent: Set<number>;
  private readonly known = new Map<number, KnownShard>();
  private writing: Promise<void> = Promise.resolve();

  constructor(
    readonly folder: string,
    private readonly spec: ListSpec,
    private readonly files: FileOperations | undefined,
  ) {
    this.shards = shardsOf(spec.rows);
    this.absent = new Set(Array.from({ length: this.shards }, (_, shard) => shard));
  }

  get missing(): readonly number[] {
    return [...this.absent].sort((a, b) => a - b);
  }

  rangeOf(shard: number): { start: number; end: number } {
    return shardRange(this.spec.rows, shard);
  }

  async open(): Promise<void> {
    await clearTemporaryFiles(this.folder);
    for (const shard of await this.shardsThere()) {
      const fault = await this.look(shard, true);
      if (fault === undefined) continue;
      const path = this.pathOf(shard);
      const done = await setAside(path, fault.inode);
      this.warnings.push(`${path} is not a shard of this list: ${fault.what}; ${done}, its vectors are made again`);
    }
    for (const shard of this.known.keys()) this.absent.delete(shard);
    if (this.known.size === 0 && this.spec.rows > 0) return;
    // Shards can be read without it, also where nothing may be written.
    await this.writeManifest().catch(() => undefined);
  }

  async write(shard: number, rows: Float32Array, counts: ShardCounts): Promise<void> {
    await this.writeParts(shard, onePart({ rows, ...counts }));
  }

  async writeParts(shard: number, parts: AsyncIterable<ShardPart>): Promise<void> {
    const writer = new ShardWriter(this.pathOf(shard), this.spec, shard, this.folder, this.files);
    try {
      const counts: ShardCounts[] = [];
      for await (const { rows, ...counted } of parts) {
        await writer.add(rows);
        counts.push(counted);
      }
      await writer.finish(sumCounts(counts));
    } finally {
      await writer.close();
    }
    const written = this.writing.then(() => this.writeManifest());
    this.writing = written.catch(() => undefined);
    this.absent.delete(shard);
    await written;
  }

  counts(): ShardCounts {
    return sumCounts(Array.from(this.known.values(), ({ header }) => header));
  }

  /**
   * Writes the manifest from the shards that are there, and again as long as others come in meanwhile: the process that
   * looks last sees them all, so no shard is left out for good.
   */
  private async writeManifest(): Promise<void> {
    const path = manifestPath(this.folder);
    let stands = await readManifest(this.folder).then((manifest) => manifest && manifestText(manifest));
    for (;;) {
      for (const shard of await this.shardsThere()) await this.look(shard, false);
      const headers = [...this.known].sort(([a], [b]) => a - b).map(([, { header }]) => header);
      const text = manifestText(manifestOf(this.spec, headers));
      if (text === stands) return;
      await writeAtomically(path, text, this.files);
      stands = text;
    }
  }

  private pathOf(shard: number): string {
    return join(this.folder, shardName(shard));
  }

  /** Shards whose files are there, whatever is in them. Forgets known ones that are gone. */
  private async shardsThere(): Promise<number[]> {
    const names = await readdir(this.folder).catch((thrown: unknown) => {
      if (isAbsent(thrown)) return [];
      throw unreadable(this.folder, thrown);
    });
    const there = new Set(names.map(shardOf).filter((shard) => shard !== undefined && shard < this.shards));
    for (const shard of this.known.keys()) if (!there.has(shard)) this.known.delete(shard);
    return ([...there] as number[]).sort((a, b) => a - b);
  }

  /** Takes a shard's header into `known`, unless it is there already; returns what is wrong with the file. */
  private async look(shard: number, verify: boolean): Promise<{ what: string; inode?: number } | undefined> {
    const path = this.pathOf(shard);
    let inode: number | undefined;
    try {
      const found = await stat(path);
      inode = found.ino;
      const identity = `${found.ino} ${found.size} ${found.mtimeMs}`;
      if (this.known.get(shard)?.identity === identity) return undefined;
      this.known.delete(shard);
      const opened = await openShard(path);
      try {
        checkHeader(opened.header, this.spec, shard);
        if (verify) await verifyValues(opened);
        this.known.set(shard, { identity, header: opened.header });
      } finally {
        await opened.reader.close();
      }
      return undefined;
    } catch (thrown) {
      if (isAbsent(thrown)) return undefined;
      if (thrown instanceof ArrowFault) return { what: thrown.message, inode };
      throw unreadable(path, thrown);
    }
  }
}

async function* onePart(part: ShardPart): AsyncGenerator<ShardPart> {
  yield part;
}

function isAbsent(thrown: unknown): boolean {
  return (thrown as NodeJS.ErrnoException | null)?.code === 'ENOENT';
}

function unreadable(where: string, thrown: unknown): unknown {
  if (typeof (thrown as NodeJS.ErrnoException | null)?.code !== 'string') return thrown;
  const what = `cannot be read (${messageOf(thrown)})`;
  const fix = 'give this user the right to read it, mend the disk, or use another cache (--cache-dir)';
  return new MachineError({ where, what, fix }, { cause: thrown });
}
