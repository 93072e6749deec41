/** Ids are below this, so that two of them make one exact number. */
const IDS = 2 ** 26;

/** A hash table from pairs of ids to numbers, in flat arrays with open addressing. */
export class PairTable {
  private readonly keys: Float64Array;
  private readonly values: Int32Array;
  private readonly mask: number;

  /** @param size pairs that will be put in at most */
  constructor(size: number) {
    let slots = 16;
    while (slots < 2 * size) slots *= 2;
    this.keys = new Float64Array(slots).fill(-1);
    this.values = new Int32Array(slots);
    this.mask = slots - 1;
  }

  /** Puts a value in, in the place of one that is there. */
  set(left: number, right: number, value: number): void {
    const slot = this.slot(left, right);
    this.keys[slot] = left * IDS + right;
    this.values[slot] = value;
  }

  /** The value of a pair, or -1. */
  get(left: number, right: number): number {
    const slot = this.slot(left, right);
    return this.keys[slot] === -1 ? -1 : this.values[slot];
  }

  private slot(left: number, right: number): number {
    const key = left * IDS + right;
    let slot = Math.imul(left, 0x9e3779b1) ^ Math.imul(right, 0x85ebca6b);
    slot = (slot ^ (slot >>> 15)) & this.mask;
    while (this.keys[slot] !== -1 && this.keys[slot] !== key) slot = (slot + 1) & this.mask;
    return slot;
  }
}
