/** The piece for each byte, by its value, with which models write what their vocabulary lacks. */
export const BYTE_PIECES: readonly string[] = Array.from(
  { length: 256 },
  (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`,
);
