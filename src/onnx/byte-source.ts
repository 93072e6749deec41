import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** Bytes that can be read anywhere, whether in memory or in a file. */
export interface ByteSource {
  readonly size: number;
  /** Bytes from `start` (inclusive) to `end` (exclusive), both within the size; valid until the next call. */
  read(start: number, end: number): Uint8Array;
  close(): void;
}

/** Bytes in memory as a source. */
export function memorySource(bytes: Uint8Array): ByteSource {
  return { size: bytes.length, read: (start, end) => bytes.subarray(start, end), close: () => undefined };
}

/** A file is read in pieces of this size: large enough for a graph's nodes, small beside its weights. */
const PIECE = 1 << 18;

/**
 * A file as a source: only what is asked for is read, so that weights stay on the disk.
 *
 * @throws the system's error when the file cannot be opened or read, RangeError when it ends early
 */
export function fileSource(path: string): ByteSource {
  const descriptor = openSync(path, 'r');
  const { size } = fstatSync(descriptor);
  const piece = Buffer.alloc(PIECE);
  let from = 0;
  let to = 0;
  const fill = (into: Buffer, start: number, length: number): void => {
    for (let done = 0; done < length;) {
      const count = readSync(descriptor, into, done, length - done, start + done);
      if (count === 0) throw new RangeError(`the file ends at byte ${start + done}`);
      done += count;
    }
  };
  return {
    size,
    read: (start, end) => {
      if (end - start > PIECE) {
        const whole = Buffer.alloc(end - start);
        fill(whole, start, end - start);
        return whole;
      }
      if (start < from || end > to) {
        const length = Math.min(PIECE, size - start);
        to = from = start;
        fill(piece, start, length);
        to = start + length;
      }
      return piece.subarray(start - from, end - from);
    },
    close: () => closeSync(descriptor),
  };
}
