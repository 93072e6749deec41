import { MersenneTwister } from './mersenne-twister.js';

/** The integer type of `randint`; narrow types share one 32-bit output among several draws. */
export type RandintType = 'int64' | 'int32' | 'uint32' | 'int16' | 'uint16' | 'int8' | 'uint8';

export interface ChoiceOptions {
  /** Whether an index may come twice; default true. */
  readonly replace?: boolean;
  /** The probability of each index: as many as there are indices, adding up to 1. */
  readonly p?: ArrayLike<number>;
}

/** How far the sum of `p` may miss 1: the square root of the spacing of its numbers. */
const DOUBLE_TOLERANCE = Math.sqrt(2 ** -52);
const FLOAT_TOLERANCE = Math.sqrt(2 ** -23);

/**
 * NumPy's legacy generator `numpy.random.RandomState`: the same seed gives the same values, bit for bit, and every call
 * takes as much from the stream as NumPy's takes.
 *
 * Source: NumPy 1.26, https://numpy.org/doc/1.26/reference/random/legacy.html
 */
export class RandomState {
  private twister: MersenneTwister;
  /** Normal draws come in pairs: the second of the last pair, kept across all other calls. */
  private spareNormal: number | undefined;

  /**
   * @param seed an integer, 0 to 2^32 - 1, or a non-empty list of such integers
   * @throws RangeError when the seed is not such a number or list
   */
  constructor(seed: number | readonly number[] | Uint32Array) {
    const words = typeof seed === 'number' ? [seed] : Array.from(seed);
    if (words.length === 0) throw new RangeError('A seed list needs at least one number');
    for (const word of words) {
      if (!Number.isInteger(word) || word < 0 || word > 0xffffffff) {
        throw new RangeError(`A seed is an integer between 0 and 2^32 - 1, got ${word}`);
      }
    }
    this.twister = typeof seed === 'number' ? MersenneTwister.fromWord(seed) : MersenneTwister.fromKey(words);
  }

  /** A generator that continues as this one would; neither moves the other. */
  clone(): RandomState {
    const copy = new RandomState(0);
    copy.twister = this.twister.clone();
    copy.spareNormal = this.spareNormal;
    return copy;
  }

  /** One raw output: an integer, 0 to 2^32 - 1. */
  nextUint32(): number {
    return this.twister.nextUint32();
  }

  /**
   * Doubles in [0, 1), multiples of 2^-53.
   *
   * @param size how many; without it, one number
   */
  randomSample(): number;
  randomSample(size: number): Float64Array;
  randomSample(size?: number): number | Float64Array {
    return this.draw(size, () => this.twister.nextDouble());
  }

  /**
   * Doubles in [low, high).
   *
   * @param size how many; without it, one number
   */
  uniform(low?: number, high?: number): number;
  uniform(low: number, high: number, size: number): Float64Array;
  uniform(low = 0, high = 1, size?: number): number | Float64Array {
    const range = high - low;
    return this.draw(size, () => low + range * this.twister.nextDouble());
  }

  /**
   * Standard normal draws by Marsaglia's polar method, two at a time.
   *
   * @param size how many; without it, one number
   */
  standardNormal(): number;
  standardNormal(size: number): Float64Array;
  standardNormal(size?: number): number | Float64Array {
    return this.draw(size, () => this.nextNormal());
  }

  /** Integers of [0, 2^63), as one bigint. */
  tomaxint(): bigint {
    return this.nextUint64() >> 1n;
  }

  /**
   * Integers of [low, high), every one equally likely: masked bits, drawn again while they are too large.
   *
   * A range of one value takes nothing from the stream; up to 2^32 values one output a try, beyond that two.
   *
   * @param low first possible value
   * @param high one more than the last; `low < high`; both within the safe integers (`randintBig` goes beyond)
   * @param size how many; without it, one number
   * @param type NumPy's `dtype`; 16 and 8 bits draw two and four values from one output
   */
  randint(low: number, high: number): number;
  randint(low: number, high: number, size: number, type?: RandintType): number[];
  randint(low: number, high: number, size?: number, type: RandintType = 'int64'): number | number[] {
    if (!Number.isSafeInteger(low) || !Number.isSafeInteger(high) || !Number.isSafeInteger(high - low)) {
      throw new RangeError(`randint needs safe integers, got ${low} and ${high}`);
    }
    if (low >= high) throw new RangeError(`randint needs low < high, got ${low} and ${high}`);
    const largest = high - low - 1;
    const next =
      type === 'int8' || type === 'uint8'
        ? this.narrowDraws(largest, 8)
        : type === 'int16' || type === 'uint16'
          ? this.narrowDraws(largest, 16)
          : (): number => this.bounded(largest);
    if (size === undefined) return low + next();
    return Array.from({ length: size }, () => low + next());
  }

  /**
   * `randint` where the bounds or the range exceed 2^53.
   *
   * @param low first possible value
   * @param high one more than the last; `low < high`, at most 2^64 values
   * @param size how many
   */
  randintBig(low: bigint, high: bigint, size: number): bigint[] {
    const largest = high - low - 1n;
    if (largest < 0n || largest >= 1n << 64n) throw new RangeError(`randint needs low < high, got ${low} and ${high}`);
    if (largest <= 0xffffffffn) {
      return Array.from({ length: size }, () => low + BigInt(this.bounded(Number(largest))));
    }
    const mask = (1n << BigInt(largest.toString(2).length)) - 1n;
    return Array.from({ length: size }, () => {
      for (;;) {
        const value = this.nextUint64() & mask;
        if (value <= largest) return low + value;
      }
    });
  }

  /** Puts the elements into a random order, in place. */
  shuffle(items: { readonly length: number; [index: number]: unknown }): void {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.bounded(i);
      const kept = items[i];
      items[i] = items[j];
      items[j] = kept;
    }
  }

  /**
   * A random order of 0 .. n - 1, or of a list's elements (the list itself stays as it is).
   */
  permutation(n: number): number[];
  permutation<T>(items: readonly T[]): T[];
  permutation<T>(from: number | readonly T[]): number[] | T[] {
    if (typeof from !== 'number') {
      const copy = from.slice();
      this.shuffle(copy);
      return copy;
    }
    const order = Array.from({ length: from }, (_, i) => i);
    this.shuffle(order);
    return order;
  }

  /**
   * Indices drawn from 0 .. n - 1.
   *
   * Without replacement and without `p` this costs a whole permutation. With `p` and without replacement, draws that
   * repeat an index are replaced by draws from the rest, in rounds.
   *
   * @param n number of indices, at least 1
   * @param size how many; without it, one number (which is a draw with replacement)
   * @throws RangeError when there is nothing to draw from, or `p` does not describe n probabilities
   */
  choice(n: number, size?: undefined, options?: ChoiceOptions): number;
  choice(n: number, size: number, options?: ChoiceOptions): number[];
  choice(n: number, size?: number, options: ChoiceOptions = {}): number | number[] {
    const { replace = true, p } = options;
    if (!Number.isInteger(n) || n < 1) throw new RangeError(`choice needs at least one index, got ${n}`);
    if (p !== undefined) checkProbabilities(p, n);
    if (size === undefined) return this.choice(n, 1, options)[0];
    if (!replace && size > n) throw new RangeError(`choice cannot draw ${size} of ${n} without replacement`);
    if (p === undefined) return replace ? this.randint(0, n, size) : this.permutation(n).slice(0, size);
    if (replace) {
      const cumulative = normalisedCumulativeSum(p);
      return Array.from(this.randomSample(size), (u) => firstAbove(cumulative, u));
    }
    return this.choiceWithoutReplacement(p, size);
  }

  private choiceWithoutReplacement(p: ArrayLike<number>, size: number): number[] {
    const rest = Float64Array.from(p);
    if (rest.filter((probability) => probability > 0).length < size) {
      throw new RangeError(`choice cannot draw ${size} different indices: too few have a probability above 0`);
    }
    const found: number[] = [];
    while (found.length < size) {
      const uniforms = this.randomSample(size - found.length);
      for (const index of found) rest[index] = 0;
      const cumulative = normalisedCumulativeSum(rest);
      for (const index of new Set(Array.from(uniforms, (u) => firstAbove(cumulative, u)))) found.push(index);
    }
    return found;
  }

  private draw(size: number | undefined, next: () => number): number | Float64Array {
    if (size === undefined) return next();
    const values = new Float64Array(size);
    for (let i = 0; i < size; i++) values[i] = next();
    return values;
  }

  private nextNormal(): number {
    if (this.spareNormal !== undefined) {
      const spare = this.spareNormal;
      this.spareNormal = undefined;
      return spare;
    }
    for (;;) {
      const x = 2 * this.twister.nextDouble() - 1;
      const y = 2 * this.twister.nextDouble() - 1;
      const squared = x * x + y * y;
      if (squared >= 1 || squared === 0) continue;
      const factor = Math.sqrt((-2 * Math.log(squared)) / squared);
      this.spareNormal = factor * x;
      return factor * y;
    }
  }

  private nextUint64(): bigint {
    const high = BigInt(this.twister.nextUint32());
    return (high << 32n) | BigInt(this.twister.nextUint32());
  }

  /** An integer of [0, largest], `largest` below 2^53. */
  private bounded(largest: number): number {
    if (largest === 0) return 0;
    if (largest <= 0xffffffff) {
      const mask = maskFor(largest);
      for (;;) {
        const value = (this.twister.nextUint32() & mask) >>> 0;
        if (value <= largest) return value;
      }
    }
    const mask = maskFor(Math.floor(largest / 0x100000000));
    for (;;) {
      const high = (this.twister.nextUint32() & mask) >>> 0;
      const value = high * 0x100000000 + this.twister.nextUint32();
      if (value <= largest) return value;
    }
  }

  /** Draws of [0, largest] that consume each output from its low end, `bits` at a time. */
  private narrowDraws(largest: number, bits: 8 | 16): () => number {
    if (largest >= 2 ** bits) throw new RangeError(`randint cannot draw from ${largest + 1} values with ${bits} bits`);
    if (largest === 0) return () => 0;
    const mask = maskFor(largest);
    let word = 0;
    let left = 0;
    return () => {
      for (;;) {
        if (left === 0) {
          word = this.twister.nextUint32();
          left = 32 / bits;
        } else {
          word >>>= bits;
        }
        left--;
        const value = word & mask;
        if (value <= largest) return value;
      }
    };
  }
}

/** The smallest 2^b - 1 that is not below `largest` (1 to 2^32 - 1). */
function maskFor(largest: number): number {
  return 0xffffffff >>> Math.clz32(largest);
}

function checkProbabilities(p: ArrayLike<number>, n: number): void {
  if (p.length !== n) throw new RangeError(`choice needs ${n} probabilities, got ${p.length}`);
  let sum = 0;
  for (let i = 0; i < n; i++) {
    if (!(p[i] >= 0)) throw new RangeError(`A probability is not negative, got ${p[i]} at ${i}`);
    sum += p[i];
  }
  const tolerance = p instanceof Float32Array ? FLOAT_TOLERANCE : DOUBLE_TOLERANCE;
  if (!(Math.abs(sum - 1) <= tolerance)) {
    throw new RangeError(`Probabilities add up to 1, got ${sum}`);
  }
}

function normalisedCumulativeSum(p: ArrayLike<number>): Float64Array {
  const cumulative = new Float64Array(p.length);
  let sum = 0;
  for (let i = 0; i < p.length; i++) cumulative[i] = sum += p[i];
  return cumulative.map((value) => value / sum);
}

/** Index of the first value above `u`; the values ascend. */
function firstAbove(values: Float64Array, u: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (u < values[middle]) high = middle;
    else low = middle + 1;
  }
  return low;
}
