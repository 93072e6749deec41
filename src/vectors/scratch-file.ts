import { open, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { nodeFiles, temporaryName, writeFault, type FileOperations, type WritableFile } from '../write-atomically.js';

/** Read at once; freed buffers wait for the collector. */
const READ_BYTES = 2 ** 18;

/**
 * Bytes that are put aside on disk until they are read again. Where the system lets, the file has no name once it is open,
 * so that nothing stays behind a process that is killed, and nobody can take it away.
 */
export class ScratchFile {
  private constructor(
    private readonly path: string,
    private readonly writing: WritableFile,
    private readonly reading: FileHandle,
    private readonly unlink: () => Promise<void>,
  ) {}

  /**
   * @param path the file that the bytes are meant for; the scratch file is made in its folder
   * @throws MachineError when the system refuses
   */
  static async create(path: string, files: FileOperations = nodeFiles): Promise<ScratchFile> {
    const name = temporaryName(path);
    const unlink = (): Promise<void> => files.unlink(name).catch(() => undefined);
    try {
      await files.mkdir(dirname(path));
      const writing = await files.create(name);
      const reading = await open(name, 'r');
      await unlink();
      return new ScratchFile(path, writing, reading, unlink);
    } catch (thrown) {
      throw writeFault(path, thrown);
    }
  }

  /** Appends. */
  async write(bytes: Uint8Array): Promise<void> {
    try {
      await this.writing.writeFile(bytes);
    } catch (thrown) {
      throw writeFault(this.path, thrown);
    }
  }

  /** All bytes from the first on, in pieces of which each is valid until the next is asked for. */
  async *read(): AsyncGenerator<Uint8Array> {
    const buffer = new Uint8Array(READ_BYTES);
    for (let at = 0; ;) {
      const { bytesRead } = await this.reading.read(buffer, 0, READ_BYTES, at);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
      at += bytesRead;
    }
  }

  async close(): Promise<void> {
    await this.reading.close();
    await this.writing.close();
    await this.unlink();
  }
}
