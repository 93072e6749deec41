import { MersenneTwister } from './mersenne-twister.js';

/**
 * Python's `random.Random(seed)`: the same seed gives the same values, and every call takes as much from the stream.
 *
 * Source: https://docs.python.org/3/library/random.html
 */
export class PythonRandom {
  private readonly twister: MersenneTwister;

  /** @param seed any integer; its sign does not matter */
  constructor(seed: number | bigint) {
    let rest = BigInt(seed);
    if (rest < 0n) rest = -rest;
    const key: number[] = [];
    do {
      key.push(Number(rest & 0xffffffffn));
      rest >>= 32n;
    } while (rest > 0n);
    this.twister = MersenneTwister.fromKey(key);
  }

  /** A double in [0, 1). */
  random(): number {
    return this.twister.nextDouble();
  }

  /**
   * An integer of `bits` random bits.
   *
   * @param bits 1 or more; the first output gives the lowest 32 bits
   */
  getrandbits(bits: number): bigint {
    let value = 0n;
    for (let shift = 0; shift < bits; shift += 32) {
      const wanted = Math.min(32, bits - shift);
      value |= BigInt(this.twister.nextUint32() >>> (32 - wanted)) << BigInt(shift);
    }
    return value;
  }

  /**
   * An integer of [0, n).
   *
   * @param n 1 to 2^53 - 1
   */
  randrange(n: number): number {
    if (!Number.isSafeInteger(n) || n < 1) throw new RangeError(`randrange needs an integer above 0, got ${n}`);
    const bits = n.toString(2).length;
    if (bits > 32) {
      for (;;) {
        const value = Number(this.getrandbits(bits));
        if (value < n) return value;
      }
    }
    for (;;) {
      const value = this.twister.nextUint32() >>> (32 - bits);
      if (value < n) return value;
    }
  }

  /** Puts the elements into a random order, in place. */
  shuffle(items: { readonly length: number; [index: number]: unknown }): void {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.randrange(i + 1);
      const kept = items[i];
      items[i] = items[j];
      items[j] = kept;
    }
  }

  /**
   * `size` different elements in random order.
   *
   * @param size 0 to the number of items
   */
  sample<T>(items: readonly T[], size: number): T[] {
    const n = items.length;
    if (!(size >= 0 && size <= n)) throw new RangeError(`A sample of ${size} cannot be drawn from ${n} items`);
    // A set of the drawn indices is smaller than a copy of all of them from here on.
    const copyWorthwhile = 21 + (size > 5 ? 4 ** Math.ceil(Math.log(size * 3) / Math.log(4)) : 0);
    const drawn: T[] = [];
    if (n <= copyWorthwhile) {
      const pool = items.slice();
      for (let left = n; left > n - size; left--) {
        const j = this.randrange(left);
        drawn.push(pool[j]);
        pool[j] = pool[left - 1];
      }
      return drawn;
    }
    const seen = new Set<number>();
    while (drawn.length < size) {
      const j = this.randrange(n);
      if (seen.has(j)) continue;
      seen.add(j);
      drawn.push(items[j]);
    }
    return drawn;
  }
}
