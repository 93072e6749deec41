import { hash } from 'node:crypto';

/** Words of a text's fingerprint: 128 bits of SHA-256, which no two texts of any corpus share. */
const WORDS = 4;

/**
 * Numbers distinct texts in order of first occurrence, without keeping them: some 24 bytes a text, whatever its length.
 */
export class TextNumbers {
  /** Distinct texts so far. */
  size = 0;
  private readonly fingerprints: Uint32Array;
  /** Open addressing: a slot holds a number plus one, 0 is empty. */
  private readonly slots: Uint32Array;

  /** @param most texts that will be asked for, at most */
  constructor(most: number) {
    let slots = 16;
    while (slots < 2 * most) slots *= 2;
    this.slots = new Uint32Array(slots);
    this.fingerprints = new Uint32Array(WORDS * most);
  }

  /** The number of a text, from 0; the next one, `size`, where it was not seen before. */
  numberOf(text: string): number {
    const { slots, fingerprints } = this;
    const digest = digestOf(text);
    const words = [0, 4, 8, 12].map((at) => digest.readUInt32LE(at));
    const mask = slots.length - 1;
    let slot = words[0] & mask;
    for (; slots[slot] !== 0; slot = (slot + 1) & mask) {
      const at = (slots[slot] - 1) * WORDS;
      if (words.every((word, i) => fingerprints[at + i] === word)) return slots[slot] - 1;
    }
    if (this.size * WORDS === fingerprints.length) throw new RangeError(`more than ${this.size} texts`);
    fingerprints.set(words, this.size * WORDS);
    slots[slot] = this.size + 1;
    return this.size++;
  }
}

function digestOf(text: string): Buffer {
  // A lone surrogate has no UTF-8: its UTF-16 is hashed behind a byte that no UTF-8 has.
  const isWhole = (text as unknown as { isWellFormed(): boolean }).isWellFormed();
  return hash('sha256', isWhole ? text : Buffer.concat([MARK, Buffer.from(text, 'utf16le')]), 'buffer');
}

const MARK = Buffer.of(0xff);
