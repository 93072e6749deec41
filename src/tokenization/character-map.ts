/**
 * A character map compiled by SentencePiece: the size of a double array in bytes (uint32), the double array (uint32 each),
 * and the replacements, each ended by a zero byte.
 *
 * Source: the layout of the double array is that of Darts-clone.
 */
export class CharacterMap {
  private readonly units: Uint32Array;
  private readonly texts: Uint8Array;
  private readonly known = new Map<number, string>();

  /** @throws RangeError when the bytes are no such map */
  constructor(bytes: Uint8Array) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const size = bytes.length < 4 ? 0 : view.getUint32(0, true);
    if (size < 4 || size % 4 !== 0 || size > bytes.length - 4) {
      throw new RangeError(`a character map of ${bytes.length} bytes says that its table has ${size}`);
    }
    this.units = Uint32Array.from({ length: size / 4 }, (_, i) => view.getUint32(4 + 4 * i, true));
    this.texts = bytes.subarray(4 + size);
    for (let start = 0; start < this.texts.length;) {
      const zero = this.texts.indexOf(0, start);
      const end = zero === -1 ? this.texts.length : zero;
      if (end - start > LONGEST_TEXT) throw new RangeError(`a character map has a replacement of ${end - start} bytes`);
      start = end + 1;
    }
  }

  /** The replacement of the shortest beginning of a text that the map has. */
  shortest(text: Uint8Array): string | undefined {
    const at = this.find(text, 0, true);
    return at === undefined ? undefined : this.textAt(at.value);
  }

  /** The longest beginning of a text, from `start` on, that the map has: its length in bytes and its replacement. */
  longest(text: Uint8Array, start: number): { readonly length: number; readonly text: string } | undefined {
    const at = this.find(text, start, false);
    return at === undefined ? undefined : { length: at.length, text: this.textAt(at.value) };
  }

  private find(
    text: Uint8Array,
    start: number,
    shortest: boolean,
  ): { readonly length: number; readonly value: number } | undefined {
    const { units } = this;
    let unit = units[0];
    let at = offset(unit);
    let found: { length: number; value: number } | undefined;
    for (let i = start; i < text.length; i++) {
      const byte = text[i];
      if (byte === 0) return found;
      at ^= byte;
      if (at >= units.length) return found;
      unit = units[at];
      if ((unit & 0x800000ff) >>> 0 !== byte) return found;
      at ^= offset(unit);
      if (((unit >>> 8) & 1) === 0) continue;
      if (at >= units.length) return found;
      found = { length: i + 1 - start, value: units[at] & 0x7fffffff };
      if (shortest) return found;
    }
    return found;
  }

  private textAt(start: number): string {
    let text = this.known.get(start);
    if (text === undefined) {
      const end = this.texts.indexOf(0, start);
      text = decoder.decode(this.texts.subarray(start, end === -1 ? this.texts.length : end));
      this.known.set(start, text);
    }
    return text;
  }
}

/** The longest replacement that is believed; that of U+FDFA has 33 bytes. */
const LONGEST_TEXT = 4096;
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

function offset(unit: number): number {
  return (unit >>> 10) << ((unit & 0x200) >>> 6);
}
