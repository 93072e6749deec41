import { FileFault } from './file-fault.js';

/**
 * Decodes runs and bit-packed groups, the encoding of levels, dictionary indices and booleans.
 *
 * @param at first byte
 * @param end the byte after the last that may be read
 * @param width bits of a value, 0 .. 24
 * @param out is filled from its start to its end
 * @throws FileFault when the bytes end before the values
 */
export function readRuns(bytes: Buffer, at: number, end: number, width: number, out: Uint8Array | Uint32Array): void {
  if (width > 24) throw new FileFault(`values of ${width} bits, at most 24 make sense`);
  const count = out.length;
  const valueBytes = (width + 7) >> 3;
  const mask = 2 ** width - 1;
  let n = 0;
  while (n < count) {
    let head = 0;
    for (let factor = 1; ; factor *= 128) {
      if (at >= end || factor > 2 ** 28) throw new FileFault('a page ends before its values');
      const byte = bytes[at++];
      head += (byte & 0x7f) * factor;
      if (byte < 0x80) break;
    }
    const size = Math.floor(head / 2);
    if (head % 2 === 0) {
      if (valueBytes > end - at) throw new FileFault('a page ends before its values');
      let value = 0;
      for (let i = 0; i < valueBytes; i++) value |= bytes[at++] << (8 * i);
      const stop = Math.min(count, n + size);
      out.fill(value, n, stop);
      n = stop;
      continue;
    }
    // Groups of eight; the last one may go beyond the values, and some writers leave its unused bytes out.
    const take = Math.min(8 * size, count - n);
    if (Math.ceil((take * width) / 8) > end - at) throw new FileFault('a page ends before its values');
    const next = Math.min(end, at + size * width);
    let bits = 0;
    let held = 0;
    for (const stop = n + take; n < stop; n++) {
      while (bits < width) {
        held |= bytes[at++] << bits;
        bits += 8;
      }
      out[n] = held & mask;
      held >>>= width;
      bits -= width;
    }
    at = next;
  }
}

/** Bits that the levels up to `max` need. */
export function levelWidth(max: number): number {
  return 32 - Math.clz32(max);
}
