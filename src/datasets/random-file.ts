import { open, type FileHandle } from 'node:fs/promises';
import { MachineError } from '../errors.js';
import { FileFault } from './file-fault.js';

/** A file that is open for reading at any place; closed by whoever opened it. */
export class RandomFile {
  private constructor(
    private readonly handle: FileHandle,
    readonly bytes: number,
    /** Last change in milliseconds, as the file system tells it. */
    readonly changedAt: number,
  ) {}

  /**
   * Opens a file.
   *
   * @param path where it is
   * @param name what messages call it
   * @throws FileFault when it is not there or is no file; MachineError when it may not be read
   */
  static async open(path: string, name: string): Promise<RandomFile> {
    let handle: FileHandle | undefined;
    try {
      handle = await open(path, 'r');
      const stat = await handle.stat();
      if (!stat.isFile()) throw new FileFault('is no file.');
      return new RandomFile(handle, stat.size, stat.mtimeMs);
    } catch (thrown) {
      await handle?.close();
      throw fileFailure(thrown, name);
    }
  }

  /**
   * Bytes from `start` on.
   *
   * @throws FileFault when the file ends before them: it was cut while it was open
   */
  async read(start: number, length: number): Promise<Buffer> {
    const buffer = Buffer.allocUnsafeSlow(length);
    let done = 0;
    while (done < length) {
      const { bytesRead } = await this.handle.read(buffer, done, length - done, start + done);
      if (bytesRead === 0) throw new FileFault(`ends at byte ${start + done}; it was longer when it was opened.`);
      done += bytesRead;
    }
    return buffer;
  }

  async close(): Promise<void> {
    await this.handle.close();
  }
}

/** What was thrown at opening or reading, in the words of the reader of messages. */
export function fileFailure(thrown: unknown, name: string): unknown {
  const code = (thrown as NodeJS.ErrnoException | undefined)?.code;
  if (thrown instanceof FileFault || code === undefined) return thrown;
  if (code === 'ENOENT' || code === 'ENOTDIR') return new FileFault('is not there.');
  if (code === 'EISDIR') return new FileFault('is no file.');
  const what = code === 'EACCES' || code === 'EPERM' ? 'may not be read' : `cannot be read (${code})`;
  return new MachineError({ where: name, what: `${what}.` }, { cause: thrown });
}
