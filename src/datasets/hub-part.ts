import { randomBytes } from 'node:crypto';
import type { Hash } from 'node:crypto';
import { constants } from 'node:fs';
import { mkdir, open, readdir, rename, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { beginHash, feed, isHashOf, isVerifiable, type Content } from './hub-content.js';
import { codeOf, onDisk } from './hub-disk.js';
import type { HubMachine, OpenFile } from './hub-machine.js';

/**
 * The part of a file that has come so far, under a name of its own beside the place where the whole file will stand.
 *
 * The name is never one that another program appends to (`<blob>.incomplete`), so that nobody else writes into it.
 */
export class PartFile {
  /** Bytes that are there. */
  received = 0;
  private hash: Hash;

  private constructor(
    private readonly path: string,
    private readonly file: OpenFile,
    private readonly content: Content,
  ) {
    this.hash = beginHash(content);
  }

  /** Opens the part that an ended process left, or a new one. */
  static async open(
    blob: string,
    content: Content,
    machine: HubMachine,
    signal: AbortSignal | undefined,
  ): Promise<PartFile> {
    return onDisk(blob, async () => {
      await mkdir(dirname(blob), { recursive: true });
      const path = `${blob}.${OWNER}${randomBytes(4).toString('hex')}${ENDING}`;
      await takeOver(blob, path);
      const part = new PartFile(path, await machine.open(path, constants.O_RDWR | constants.O_CREAT), content);
      try {
        await part.goOn(signal);
      } catch (thrown) {
        await part.file.close();
        throw thrown;
      }
      return part;
    });
  }

  get isWhole(): boolean {
    return this.received === this.content.size;
  }

  async append(bytes: Uint8Array): Promise<void> {
    await onDisk(this.path, async () => {
      for (let done = 0; done < bytes.length;) {
        const written = await this.file.write(bytes.subarray(done), this.received);
        this.hash.update(bytes.subarray(done, done + written));
        this.received += written;
        done += written;
      }
    });
  }

  /** Begins from nothing. */
  async drop(): Promise<void> {
    await onDisk(this.path, () => this.file.truncate(0));
    this.received = 0;
    this.hash = beginHash(this.content);
  }

  /** The bytes are the file; asked once, when all are there. */
  isRight(): boolean {
    return this.isWhole && isHashOf(this.content, this.hash);
  }

  /**
   * Makes it the file, lastingly and at one stroke.
   *
   * @returns false when another process has taken the part meanwhile
   */
  async publish(blob: string): Promise<boolean> {
    return onDisk(blob, async () => {
      await this.file.sync();
      await this.file.close();
      try {
        await rename(this.path, blob);
      } catch (thrown) {
        if (codeOf(thrown) === 'ENOENT') return false;
        throw thrown;
      }
      await syncFolder(dirname(blob));
      return true;
    });
  }

  /** Stays for the next attempt, unless nothing has come. */
  async keep(): Promise<void> {
    await this.file.close().catch(() => undefined);
    if (this.received === 0) await unlink(this.path).catch(() => undefined);
  }

  private async goOn(signal: AbortSignal | undefined): Promise<void> {
    const { size } = await stat(this.path);
    if (size > this.content.size || !isVerifiable(this.content)) return this.file.truncate(0);
    await feed(this.hash, this.path, signal);
    this.received = size;
  }
}

/** Makes a rename last through a power cut, where the system can. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}

const OWNER = 'jmteb-';
const ENDING = '.incomplete';

/** Removes parts of a blob that came whole in another way. */
export async function clearParts(blob: string): Promise<void> {
  for (const part of await partsOf(blob).catch(() => [])) await unlink(part).catch(() => undefined);
}

/** Bytes of a blob that are there, whole or as the part that the next attempt goes on with. */
export async function bytesThere(blob: string): Promise<number> {
  const whole = await sizeOf(blob);
  if (whole >= 0) return whole;
  const parts = await partsOf(blob).catch(() => []);
  return Math.max(0, ...(await Promise.all(parts.map(sizeOf))));
}

async function partsOf(blob: string): Promise<string[]> {
  const begin = `${basename(blob)}.${OWNER}`;
  const names = (await readdir(dirname(blob))).filter((name) => name.startsWith(begin) && name.endsWith(ENDING));
  return names.map((name) => join(dirname(blob), name));
}

/** The longest part that is there gets a new name; the others are of no use. */
async function takeOver(blob: string, path: string): Promise<void> {
  const parts = await Promise.all((await partsOf(blob)).map(async (from) => ({ from, size: await sizeOf(from) })));
  parts.sort((a, b) => b.size - a.size);
  let isTaken = false;
  for (const { from } of parts) {
    try {
      await (isTaken ? unlink(from) : rename(from, path));
      isTaken = true;
    } catch (thrown) {
      // Another process was faster.
      if (codeOf(thrown) !== 'ENOENT') throw thrown;
    }
  }
}

async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => -1,
  );
}
