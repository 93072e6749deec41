import { createHash } from 'node:crypto';
import { writeAtomically, type FileOperations } from '../write-atomically.js';
import { shardRange, type ListSpec, type ShardCounts } from './list-spec.js';
import { ScratchFile } from './scratch-file.js';
import { shardFrame, storedValues } from './shard-file.js';

/** One call of a digest takes less than 2 GiB. */
const DIGEST_BYTES = 256 * 2 ** 20;

/**
 * Writes the file of a shard whose rows come in parts. What comes is put aside on disk, unless it is all of the shard, so
 * that memory holds one part at a time.
 */
export class ShardWriter {
  private readonly digest = createHash('sha256');
  private readonly rows: number;
  private readonly start: number;
  private done = 0;
  private whole: Uint8Array | undefined;
  private scratch: ScratchFile | undefined;

  /** @param path where the shard's file shall stand */
  constructor(
    private readonly path: string,
    private readonly spec: ListSpec,
    private readonly shard: number,
    /** Names the list in errors. */
    private readonly where: string,
    private readonly files: FileOperations | undefined,
  ) {
    const { start, end } = shardRange(spec.rows, shard);
    this.start = start;
    this.rows = end - start;
  }

  /**
   * Takes the next rows.
   *
   * @param rows shape (some rows, dims); not to be changed before `finish`
   * @throws UserError that names a row that cannot be stored (not finite, too large for float16); MachineError
   */
  async add(rows: Float32Array): Promise<void> {
    const count = rows.length / this.spec.dims;
    if (!Number.isInteger(count) || this.done + count > this.rows) throw this.misfit(rows.length);
    const bytes = storedValues(this.spec, this.start + this.done, rows, this.where);
    for (let at = 0; at < bytes.length; at += DIGEST_BYTES) this.digest.update(bytes.subarray(at, at + DIGEST_BYTES));
    this.done += count;
    if (count === this.rows) {
      this.whole = bytes;
      return;
    }
    this.scratch ??= await ScratchFile.create(this.path, this.files);
    await this.scratch.write(bytes);
  }

  /**
   * Stores the shard, whole or not at all.
   *
   * @throws RangeError when rows are missing; MachineError that names the file that cannot be written
   */
  async finish(counts: ShardCounts): Promise<void> {
    if (this.done !== this.rows) throw this.misfit(0);
    const { head, tail } = await shardFrame(this.spec, this.shard, this.digest.digest('hex'), counts);
    await writeAtomically(
      this.path,
      async (file) => {
        for (const piece of head) await file.writeFile(piece);
        for await (const piece of this.values()) await file.writeFile(piece);
        for (const piece of tail) await file.writeFile(piece);
      },
      this.files,
    );
  }

  /** Forgets what was not stored. */
  async close(): Promise<void> {
    await this.scratch?.close();
  }

  private async *values(): AsyncGenerator<Uint8Array> {
    if (this.whole !== undefined) yield this.whole;
    else if (this.scratch !== undefined) yield* this.scratch.read();
  }

  private misfit(values: number): RangeError {
    const { dims } = this.spec;
    return new RangeError(`${this.done} rows and ${values} values are not ${this.rows} rows of ${dims}`);
  }
}
