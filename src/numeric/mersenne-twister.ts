const WORDS = 624;
const SHIFT = 397;

/**
 * The Mersenne Twister MT19937: 32 random bits at a time, period 2^19937 - 1.
 *
 * NumPy's `RandomState` and Python's `random.Random` are two sets of distributions over this one stream.
 * Source: Matsumoto and Nishimura, "Mersenne Twister: a 623-dimensionally equidistributed uniform pseudorandom number
 * generator", ACM TOMACS 8 (1998), with the initialisation of 2002.
 */
export class MersenneTwister {
  private readonly state: Uint32Array;
  private position: number;

  private constructor(state: Uint32Array, position: number) {
    this.state = state;
    this.position = position;
  }

  /**
   * The generator seeded with one word.
   *
   * @param seed integer, 0 to 2^32 - 1
   */
  static fromWord(seed: number): MersenneTwister {
    const state = new Uint32Array(WORDS);
    state[0] = seed;
    for (let i = 1; i < WORDS; i++) {
      const previous = state[i - 1] ^ (state[i - 1] >>> 30);
      state[i] = Math.imul(1812433253, previous) + i;
    }
    return new MersenneTwister(state, WORDS);
  }

  /**
   * The generator seeded with a key of any length.
   *
   * @param key at least one integer, each 0 to 2^32 - 1
   */
  static fromKey(key: ArrayLike<number>): MersenneTwister {
    const generator = MersenneTwister.fromWord(19650218);
    const state = generator.state;
    let i = 1;
    const advance = (): void => {
      if (++i >= WORDS) {
        state[0] = state[WORDS - 1];
        i = 1;
      }
    };
    for (let step = 0, j = 0; step < Math.max(WORDS, key.length); step++, j = (j + 1) % key.length) {
      const previous = state[i - 1] ^ (state[i - 1] >>> 30);
      state[i] = (state[i] ^ Math.imul(previous, 1664525)) + key[j] + j;
      advance();
    }
    for (let step = 1; step < WORDS; step++) {
      const previous = state[i - 1] ^ (state[i - 1] >>> 30);
      state[i] = (state[i] ^ Math.imul(previous, 1566083941)) - i;
      advance();
    }
    state[0] = 0x80000000;
    return generator;
  }

  /** A generator that will give what this one will give; neither moves the other. */
  clone(): MersenneTwister {
    return new MersenneTwister(this.state.slice(), this.position);
  }

  /** The next output: an integer, 0 to 2^32 - 1. */
  nextUint32(): number {
    if (this.position === WORDS) this.regenerate();
    let word = this.state[this.position++];
    word ^= word >>> 11;
    word ^= (word << 7) & 0x9d2c5680;
    word ^= (word << 15) & 0xefc60000;
    word ^= word >>> 18;
    return word >>> 0;
  }

  /** The next double in [0, 1): a multiple of 2^-53, from two outputs. */
  nextDouble(): number {
    const high = this.nextUint32() >>> 5;
    const low = this.nextUint32() >>> 6;
    return (high * 67108864 + low) / 9007199254740992;
  }

  private regenerate(): void {
    const { state } = this;
    for (let i = 0; i < WORDS; i++) {
      const joined = (state[i] & 0x80000000) | (state[(i + 1) % WORDS] & 0x7fffffff);
      state[i] = state[(i + SHIFT) % WORDS] ^ (joined >>> 1) ^ (joined & 1 ? 0x9908b0df : 0);
    }
    this.position = 0;
  }
}
