import { FileFault, GET_AGAIN } from './file-fault.js';

/** A copy of three bytes makes 64: more cannot come out. */
const MOST_PER_BYTE = 22;

/**
 * Decompresses one Snappy block.
 *
 * Every length and distance is held against what is there, so that broken bytes are a fault and never a hang.
 *
 * @param length size of the result
 * Source: format_description.txt of google/snappy
 */
export function snappy(bytes: Buffer, length: number): Buffer {
  const fail = (): never => {
    throw new FileFault('a page is broken (Snappy)', GET_AGAIN);
  };
  const end = bytes.length;
  let at = 0;
  let claimed = 0;
  for (let shift = 1; ; shift *= 128) {
    if (at >= end || at === 5) fail();
    const byte = bytes[at++];
    claimed += (byte & 0x7f) * shift;
    if (byte < 0x80) break;
  }
  if (claimed !== length || length > MOST_PER_BYTE * end) fail();
  const out = Buffer.allocUnsafeSlow(length);
  let n = 0;
  while (at < end) {
    const tag = bytes[at++];
    const kind = tag & 3;
    if (kind === 0) {
      let size = (tag >>> 2) + 1;
      if (size > 60) {
        const extra = size - 60;
        if (at + extra > end) fail();
        size = bytes.readUIntLE(at, extra) + 1;
        at += extra;
      }
      if (size > end - at || size > length - n) fail();
      if (size < 24) for (let i = 0; i < size; i++) out[n + i] = bytes[at + i];
      else bytes.copy(out, n, at, at + size);
      at += size;
      n += size;
      continue;
    }
    const extra = kind === 3 ? 4 : kind;
    if (at + extra > end) fail();
    const size = kind === 1 ? ((tag >>> 2) & 7) + 4 : (tag >>> 2) + 1;
    const distance =
      kind === 1
        ? ((tag >>> 5) << 8) | bytes[at]
        : kind === 2
          ? bytes[at] | (bytes[at + 1] << 8)
          : bytes.readUInt32LE(at);
    at += extra;
    if (distance === 0 || distance > n || size > length - n) fail();
    // Where the copy overlaps itself it repeats, so it goes byte by byte.
    for (let from = n - distance, to = n + size; n < to;) out[n++] = out[from++];
  }
  if (n !== length) fail();
  return out;
}
