import { isKindOf } from './mecab-categories.js';

/** Bytes of a UTF-16 unit in UTF-8, at most; pairs take less. */
const BYTES_A_UNIT = 3;
/** Room that is kept from text to text. */
const KEPT_BYTES = 1 << 20;
const REPLACEMENT = 0xfffd;

/**
 * A text as UTF-8, with what is known about the character at every byte. One object serves many texts; what it shows holds
 * until the next one is set.
 *
 * Half of a surrogate pair becomes U+FFFD. Characters beyond the first plane have the category of U+0000, as in MeCab.
 */
export class Utf8Text {
  /** The text's bytes; those from `length` on are of other texts. */
  bytes = new Uint8Array(0);
  length = 0;
  private units = new Int32Array(0);
  private infos = new Uint32Array(0);
  private widths = new Uint8Array(0);
  private runEnds = new Int32Array(0);
  private runLengths = new Int32Array(0);
  private text = '';

  /** @param categories of the characters of the first plane */
  constructor(private readonly categories: Uint32Array) {}

  /** Takes a text; returns itself. */
  set(text: string): this {
    this.reserve(text.length * BYTES_A_UNIT + 1);
    this.text = text;
    let length = 0;
    for (let unit = 0; unit < text.length;) {
      const code = text.codePointAt(unit) as number;
      const known = code >= 0xd800 && code < 0xe000 ? REPLACEMENT : code;
      const width = this.write(known, length);
      this.widths[length] = width;
      this.infos[length] = this.categories[known > 0xffff ? 0 : known];
      this.units.fill(unit, length, length + width);
      length += width;
      unit += code > 0xffff ? 2 : 1;
    }
    this.units[length] = text.length;
    this.length = length;
    this.findRuns();
    return this;
  }

  /** Bytes of the character at a byte. */
  width(at: number): number {
    return this.widths[at];
  }

  /** Categories of the character at a byte. */
  info(at: number): number {
    return this.infos[at];
  }

  /** Where the run that the character at a byte is in ends: in a run each character is of the kind of the one before. */
  runEnd(at: number): number {
    return this.runEnds[at];
  }

  /** Characters of that run behind this one. */
  runLength(at: number): number {
    return this.runLengths[at];
  }

  /** The text between two bytes. */
  slice(start: number, end: number): string {
    return this.text.slice(this.units[start], this.units[end]);
  }

  private write(code: number, at: number): number {
    const { bytes } = this;
    if (code < 0x80) {
      bytes[at] = code;
      return 1;
    }
    const width = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (let i = width - 1, rest = code; i > 0; i--, rest >>>= 6) {
      bytes[at + i] = 0x80 | (rest & 0x3f);
      // A byte inside a character, at which a damaged dictionary may begin a word, is of no kind that matters.
      this.widths[at + i] = 1;
      this.infos[at + i] = this.categories[0];
    }
    bytes[at] = ((0xf00 >>> width) & 0xff) | (code >>> (6 * (width - 1)));
    return width;
  }

  private findRuns(): void {
    const { infos, widths, runEnds, runLengths, length } = this;
    for (let at = length - 1; at >= 0; at--) {
      const next = at + widths[at];
      const goesOn = next < length && isKindOf(infos[at], infos[next]);
      runEnds[at] = goesOn ? runEnds[next] : next;
      runLengths[at] = goesOn ? runLengths[next] + 1 : 0;
    }
  }

  private reserve(size: number): void {
    const isTooLarge = this.bytes.length > KEPT_BYTES && size <= KEPT_BYTES;
    if (size <= this.bytes.length && !isTooLarge) return;
    const room = Math.max(size, 1024);
    this.bytes = new Uint8Array(room);
    this.units = new Int32Array(room);
    this.infos = new Uint32Array(room);
    this.widths = new Uint8Array(room);
    this.runEnds = new Int32Array(room);
    this.runLengths = new Int32Array(room);
  }
}
