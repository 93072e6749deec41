import { FileFault } from '../datasets/file-fault.js';

/** The largest vocabularies in use have two million. */
const MOST_UNITS = 1 << 24;

/**
 * A trie over UTF-16 code units in flat arrays: one hash table from (node, unit) to the next node, open addressing.
 * Built once from a vocabulary; a walk allocates nothing.
 */
export class TokenTrie {
  /** Token that ends at a node, -1 for none. */
  private readonly tokens: Int32Array;
  private readonly keys: Float64Array;
  private readonly next: Int32Array;
  private readonly slots: number;
  private nodes = 1;

  /**
   * @param words each becomes the token of its index; of equal words the last one counts
   * @throws FileFault when they are too long together to be a vocabulary
   */
  constructor(words: readonly string[]) {
    let units = 1;
    for (const word of words) units += word.length;
    if (units > MOST_UNITS)
      throw new FileFault(`its pieces have ${units} characters; at most ${MOST_UNITS} are taken.`);
    let slots = 16;
    while (slots < 2 * units) slots *= 2;
    this.slots = slots;
    this.keys = new Float64Array(slots).fill(-1);
    this.next = new Int32Array(slots);
    this.tokens = new Int32Array(units).fill(-1);
    for (const [token, word] of words.entries()) if (word !== '') this.tokens[this.insert(word)] = token;
  }

  /** The node behind `node` for a code unit, or -1; the root is 0. */
  step(node: number, unit: number): number {
    const slot = this.slot(node * 65_536 + unit);
    return this.keys[slot] === -1 ? -1 : this.next[slot];
  }

  /** The token that ends at a node, or -1. */
  tokenAt(node: number): number {
    return this.tokens[node];
  }

  private insert(word: string): number {
    let node = 0;
    for (let i = 0; i < word.length; i++) {
      const key = node * 65_536 + word.charCodeAt(i);
      const slot = this.slot(key);
      if (this.keys[slot] === -1) {
        this.keys[slot] = key;
        this.next[slot] = this.nodes++;
      }
      node = this.next[slot];
    }
    return node;
  }

  private slot(key: number): number {
    const mask = this.slots - 1;
    const high = Math.floor(key / 65_536);
    let slot = (Math.imul(high, 0x9e3779b1) ^ Math.imul(key & 0xffff, 0x85ebca6b)) >>> 0;
    slot = (slot ^ (slot >>> 15)) & mask;
    while (this.keys[slot] !== -1 && this.keys[slot] !== key) slot = (slot + 1) & mask;
    return slot;
  }
}

/** Length of the longest word that a text has at a place; 0 for none. */
export function longestTokenAt(trie: TokenTrie, text: string, start: number): number {
  let longest = 0;
  for (let at = start, node = 0; at < text.length;) {
    node = trie.step(node, text.charCodeAt(at++));
    if (node === -1) break;
    if (trie.tokenAt(node) !== -1) longest = at - start;
  }
  return longest;
}
