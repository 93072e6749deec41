/**
 * The nearest bfloat16 numbers, ties to the even one: the upper halves of float32 numbers.
 *
 * @param values float32
 * @returns their bits; what is too large becomes infinite, NaN stays NaN
 */
export function floatsToBfloat16(values: Float32Array): Uint16Array {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  return Uint16Array.from(words, (word, i) =>
    Number.isNaN(values[i]) ? (word >>> 16) | 0x40 : (word + 0x7fff + ((word >>> 16) & 1)) >>> 16,
  );
}
