import { createHash } from 'node:crypto';

const BUFFER_BYTES = 64 * 1024;
/** Marks a text that is not well-formed; no text has this many bytes. */
const NOT_WELL_FORMED = 0x80000000;

/**
 * Names an ordered list of texts: SHA-256 over each text's length and UTF-8 bytes, so that no two lists run into each other.
 *
 * A text with a lone surrogate has no UTF-8; its UTF-16 is hashed with a marked length, so that it differs from every other.
 */
export class ListKey {
  private readonly hash = createHash('sha256');
  private readonly buffer = Buffer.allocUnsafe(BUFFER_BYTES);
  private used = 0;

  /** @param salt what the key depends on beside the texts, such as a prompt; '' for nothing */
  constructor(salt = '') {
    this.add(salt);
  }

  /** Adds the next text. */
  add(text: string): this {
    if (!isWellFormed(text)) return this.addWhole(Buffer.from(text, 'utf16le'), NOT_WELL_FORMED);
    // No UTF-16 unit takes more than 3 bytes.
    if (4 + 3 * text.length > BUFFER_BYTES) return this.addWhole(Buffer.from(text, 'utf8'), 0);
    if (this.used + 4 + 3 * text.length > BUFFER_BYTES) this.flush();
    const length = this.buffer.write(text, this.used + 4, 'utf8');
    this.buffer.writeUInt32LE(length, this.used);
    this.used += 4 + length;
    return this;
  }

  /** The key, 64 hexadecimal digits; nothing can be added after it. */
  digest(): string {
    this.flush();
    return this.hash.digest('hex');
  }

  private addWhole(bytes: Uint8Array, mark: number): this {
    this.flush();
    this.buffer.writeUInt32LE(bytes.length + mark, 0);
    this.used = 4;
    this.flush();
    this.hash.update(bytes);
    return this;
  }

  private flush(): void {
    this.hash.update(this.buffer.subarray(0, this.used));
    this.used = 0;
  }
}

/**
 * The key of a list of texts: depends on every character, on their order, on where one text ends, and on `salt`.
 *
 * @param salt as in ListKey
 * @returns 64 hexadecimal digits
 */
export function listKey(texts: Iterable<string>, salt = ''): string {
  const key = new ListKey(salt);
  for (const text of texts) key.add(text);
  return key.digest();
}

/** String.prototype.isWellFormed, which the compiler's library does not know yet. */
function isWellFormed(text: string): boolean {
  return (text as unknown as { isWellFormed(): boolean }).isWellFormed();
}
