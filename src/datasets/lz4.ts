import { FileFault, GET_AGAIN } from './file-fault.js';

/** A length byte stands for 255 bytes: more cannot come out. */
const MOST_PER_BYTE = 255;

function fail(): never {
  throw new FileFault('a page is broken (LZ4)', GET_AGAIN);
}

/**
 * Decompresses one LZ4 block.
 *
 * @param length size of the result
 * Source: lz4_Block_format.md of lz4/lz4
 */
export function lz4Block(bytes: Buffer, length: number): Buffer {
  if (length > MOST_PER_BYTE * bytes.length) fail();
  const out = Buffer.allocUnsafeSlow(length);
  if (blockInto(bytes, out, 0) !== length) fail();
  return out;
}

/**
 * The older codec named LZ4: blocks with their sizes in front, as Hadoop writes them, or one bare block.
 *
 * @param length size of the result
 */
export function lz4Frames(bytes: Buffer, length: number): Buffer {
  const frames = framesOf(bytes, length);
  if (frames === undefined) return lz4Block(bytes, length);
  if (length > MOST_PER_BYTE * bytes.length) fail();
  const out = Buffer.allocUnsafeSlow(length);
  let n = 0;
  for (const { block, size } of frames) {
    const end = blockInto(block, out.subarray(0, n + size), n);
    if (end !== n + size) fail();
    n = end;
  }
  return out;
}

/** Blocks with their sizes, or undefined when the bytes do not divide into such blocks. */
function framesOf(bytes: Buffer, length: number): { block: Buffer; size: number }[] | undefined {
  const frames: { block: Buffer; size: number }[] = [];
  let at = 0;
  let sum = 0;
  while (at < bytes.length) {
    if (at + 8 > bytes.length) return undefined;
    const size = bytes.readUInt32BE(at);
    const compressed = bytes.readUInt32BE(at + 4);
    at += 8;
    if (compressed === 0 || compressed > bytes.length - at) return undefined;
    frames.push({ block: bytes.subarray(at, at + compressed), size });
    at += compressed;
    sum += size;
  }
  return sum === length ? frames : undefined;
}

/** Writes a block from `start` on; copies may reach back over what was written before. Returns where it ended. */
function blockInto(bytes: Buffer, out: Buffer, start: number): number {
  const end = bytes.length;
  const room = out.length;
  let at = 0;
  let n = start;
  const longer = (size: number): number => {
    for (;;) {
      if (at >= end) fail();
      const byte = bytes[at++];
      size += byte;
      if (byte !== 255) return size;
    }
  };
  while (at < end) {
    const token = bytes[at++];
    let literals = token >>> 4;
    if (literals === 15) literals = longer(15);
    if (literals > end - at || literals > room - n) fail();
    if (literals < 24) for (let i = 0; i < literals; i++) out[n + i] = bytes[at + i];
    else bytes.copy(out, n, at, at + literals);
    at += literals;
    n += literals;
    if (at === end) return n;
    if (at + 2 > end) fail();
    const distance = bytes[at] | (bytes[at + 1] << 8);
    at += 2;
    let match = token & 15;
    if (match === 15) match = longer(15);
    match += 4;
    if (distance === 0 || distance > n || match > room - n) fail();
    for (let from = n - distance, to = n + match; n < to;) out[n++] = out[from++];
  }
  return n;
}
