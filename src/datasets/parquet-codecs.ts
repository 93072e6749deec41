import { createContext, Script } from 'node:vm';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { decompressZstd } from 'hyparquet-compressors';
import { messageOf } from '../errors.js';
import { lz4Block, lz4Frames } from './lz4.js';
import { FileFault, GET_AGAIN } from './file-fault.js';
import { snappy } from './snappy.js';

/** Decompresses one page; the result has to have exactly `length` bytes. */
type Codec = (bytes: Buffer, length: number) => Uint8Array;

/** By their numbers in the format; LZO, number 3, has no free reader and no known writer. */
const CODECS: Readonly<Record<number, Codec>> = {
  0: (bytes) => bytes,
  1: snappy,
  2: (bytes, length) => gunzipSync(bytes, { maxOutputLength: Math.max(1, length) }),
  4: (bytes, length) => brotliDecompressSync(bytes, { maxOutputLength: Math.max(1, length) }),
  5: lz4Frames,
  6: zstd,
  7: lz4Block,
};

/**
 * Decompresses the values of a page.
 *
 * @param codec number of the codec in the format
 * @param length size that the page's header gives
 * @throws FileFault when the codec is unknown, the bytes are not its own, or the size is another
 */
export function decompress(codec: number, bytes: Buffer, length: number): Buffer {
  const run = Object.hasOwn(CODECS, codec) ? CODECS[codec] : undefined;
  if (run === undefined)
    throw new FileFault(
      `a column is compressed by codec ${codec}, which this program does not read`,
      'write the file with SNAPPY, GZIP, BROTLI, ZSTD, LZ4_RAW or without compression.',
    );
  if (length === 0) return Buffer.alloc(0);
  let result: Uint8Array;
  try {
    result = run(bytes, length);
  } catch (thrown) {
    if (thrown instanceof FileFault) throw thrown;
    throw new FileFault(`a page cannot be decompressed (${messageOf(thrown)})`, GET_AGAIN);
  }
  if (result.length !== length)
    throw new FileFault(`a page has ${result.length} bytes when decompressed, its header says ${length}`, GET_AGAIN);
  return Buffer.from(result.buffer, result.byteOffset, result.byteLength);
}

let guarded: { run: (work: () => Uint8Array, limitMs: number) => Uint8Array } | undefined;

/**
 * Zstandard. The decompressor believes the sizes inside broken blocks and can be busy for minutes, so it runs under a limit
 * that a sound page never comes near: 5 s, and 1 s more for every megabyte.
 */
function zstd(bytes: Buffer, length: number): Uint8Array {
  const claimed = zstdContentSize(bytes);
  if (claimed !== undefined && claimed !== length)
    throw new FileFault(`a page holds ${claimed} bytes by its Zstandard frame, its header says ${length}`, GET_AGAIN);
  guarded ??= guard();
  const limitMs = 5000 + Math.floor(length / 1000);
  return guarded.run(() => decompressZstd(bytes), limitMs);
}

function guard(): NonNullable<typeof guarded> {
  const slot: { work?: () => Uint8Array } = {};
  const context = createContext({ run: () => slot.work?.() });
  const script = new Script('run()');
  return {
    run: (work, timeout) => {
      slot.work = work;
      try {
        return script.runInContext(context, { timeout }) as Uint8Array;
      } finally {
        slot.work = undefined;
      }
    },
  };
}

/** The size that the first frame's header gives, undefined where it gives none or is no frame. */
function zstdContentSize(bytes: Buffer): number | undefined {
  if (bytes.length < 14 || bytes.readUInt32LE(0) !== 0xfd2fb528) return undefined;
  const flags = bytes[4];
  const single = (flags & 0x20) !== 0;
  const at = 5 + (single ? 0 : 1) + [0, 1, 2, 4][flags & 3];
  switch (flags >> 6) {
    case 0:
      return single ? bytes[at] : undefined;
    case 1:
      return bytes.readUInt16LE(at) + 256;
    case 2:
      return at + 4 <= bytes.length ? bytes.readUInt32LE(at) : undefined;
    default:
      return at + 8 <= bytes.length ? Number(bytes.readBigUInt64LE(at)) : undefined;
  }
}
