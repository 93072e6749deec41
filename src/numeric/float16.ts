/** The largest finite number of half precision. */
export const MAX_HALF = 65504;

/** Every half-precision number by its bits; made on first use, 256 KiB. */
let table: Float32Array | undefined;

/** All 65,536 half-precision numbers as float32, index = bits. */
export function halfTable(): Float32Array {
  if (table !== undefined) return table;
  table = new Float32Array(65536);
  for (let bits = 0; bits < 65536; bits++) {
    const exponent = (bits >> 10) & 31;
    const fraction = bits & 1023;
    const size =
      exponent === 31
        ? fraction === 0
          ? Infinity
          : NaN
        : exponent === 0
          ? fraction * 2 ** -24
          : (1024 + fraction) * 2 ** (exponent - 25);
    table[bits] = bits >= 0x8000 ? -size : size;
  }
  return table;
}

/** The number that 16 bits of IEEE 754 half precision stand for. */
export function halfToFloat(bits: number): number {
  return halfTable()[bits];
}

/**
 * The nearest half-precision numbers, ties to the even one (IEEE 754 roundTiesToEven).
 *
 * @param values float32
 * @returns their bits; what rounds to 65,520 or more becomes infinite, NaN stays NaN
 */
export function floatsToHalf(values: Float32Array): Uint16Array {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const halves = new Uint16Array(values.length);
  for (let i = 0; i < words.length; i++) halves[i] = halfBits(words[i]);
  return halves;
}

function halfBits(word: number): number {
  const sign = (word >>> 16) & 0x8000;
  const size = word & 0x7fffffff;
  if (size > 0x7f800000) return sign | 0x7e00;
  // From 65,520 on, halfway to the number after the largest.
  if (size >= 0x477ff000) return sign | 0x7c00;
  // Normal halves begin at 2^-14: move the exponent's bias from 127 to 15 and round off 13 bits.
  if (size >= 0x38800000) return sign | ((size - 0x38000000 + 0xfff + ((size >>> 13) & 1)) >>> 13);
  // 2^-25 is halfway between 0 and the smallest half: to even.
  if (size <= 0x33000000) return sign;
  const fraction = (size & 0x7fffff) | 0x800000;
  const shift = 126 - (size >>> 23);
  const kept = fraction >>> shift;
  const rest = fraction & ((1 << shift) - 1);
  const half = 1 << (shift - 1);
  return sign | (kept + (rest > half || (rest === half && (kept & 1) === 1) ? 1 : 0));
}
