import { ArrowFault } from './arrow-fault.js';
import { exact } from './arrow-schema.js';
import { strictUtf8 } from './flatbuffer.js';

/** `length + 1` offsets that never decrease. */
export function readOffsets(data: DataView, wide: boolean, length: number): Float64Array {
  if (length === 0) return new Float64Array(1);
  const bounds = new Float64Array(length + 1);
  for (let i = 0; i <= length; i++) {
    bounds[i] = wide ? exact(data.getBigInt64(8 * i, true)) : data.getInt32(4 * i, true);
    if (bounds[i] < (i === 0 ? 0 : bounds[i - 1])) throw new ArrowFault('the offsets of a column go backwards');
  }
  return bounds;
}

/**
 * The texts between bounds.
 *
 * @param base the bound at which `bytes` begin
 */
export function readTexts(bounds: Float64Array, bytes: Uint8Array, base = 0): string[] {
  const rows = bounds.length - 1;
  if (bounds[rows] - base > bytes.length) throw new ArrowFault('a text leads outside its column');
  return Array.from({ length: rows }, (_, i) =>
    strictUtf8.decode(bytes.subarray(bounds[i] - base, bounds[i + 1] - base)),
  );
}
