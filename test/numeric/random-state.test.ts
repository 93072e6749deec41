import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { RandomState, type RandintType } from '../../src/numeric/random-state.js';
import { goldenPath } from '../shared.js';

type Golden = Record<string, Record<string, unknown>>;
const golden = JSON.parse(readFileSync(goldenPath('estimators', 'rng', 'numpy_randomstate.json'), 'utf8')) as Golden;

/** A normal draw uses log and sqrt, whose last bit is the platform's. */
const NORMAL_TOLERANCE = 1e-15;

const SKEWED = [0.9, 0.04, 0.03, 0.02, 0.01];

function sha256OfInt64(values: readonly number[]): string {
  return createHash('sha256')
    .update(new BigInt64Array(values.map(BigInt)))
    .digest('hex');
}

function compactOrder(order: readonly number[]): unknown {
  if (order.length <= 100) return order;
  return { first20: order.slice(0, 20), last5: order.slice(-5), sha256_int64: sha256OfInt64(order) };
}

/** JSON of the goldens: integers from 2^53 on are text. */
function plain(values: readonly bigint[]): (number | string)[] {
  return values.map((value) => (value < 2n ** 53n ? Number(value) : String(value)));
}

function expectNormals(actual: ArrayLike<number>, expected: readonly number[]): void {
  expect(actual.length).toBe(expected.length);
  expected.forEach((value, i) => expect(Math.abs(actual[i] / value - 1)).toBeLessThanOrEqual(NORMAL_TOLERANCE));
}

/** What a golden's name asks of a fresh generator; undefined where the name is not a call. */
function answer(name: string, random: RandomState): unknown {
  const parts = name.split('_');
  const numbers = parts.map(Number);
  if (name.startsWith('raw_uint32')) {
    for (let i = 0; i < numbers[2]; i++) random.nextUint32();
    return Array.from({ length: numbers[3] - numbers[2] }, () => random.nextUint32());
  }
  if (name.startsWith('random_sample')) return Array.from(random.randomSample(numbers[2]));
  if (name === 'uniform_10') return Array.from(random.uniform(0, 1, 10));
  if (name === 'uniform_-2.5_7_5') return Array.from(random.uniform(-2.5, 7, 5));
  if (name.startsWith('standard_normal')) return Array.from(random.standardNormal(numbers[2]));
  if (name === 'tomaxint_5') return plain(Array.from({ length: 5 }, () => random.tomaxint()));
  if (name === 'randint_scalar_I32_5') return Array.from({ length: 5 }, () => random.randint(0, 2 ** 31 - 1));
  if (name.startsWith('randint')) {
    if (!Number.isSafeInteger(numbers[2])) return plain(random.randintBig(0n, BigInt(parts[2]), numbers[4]));
    return random.randint(0, numbers[2], numbers[4], parts[3] as RandintType);
  }
  if (name.startsWith('permutation')) return compactOrder(random.permutation(numbers[1]));
  if (name === 'shuffle_ndarray_3x_50') {
    const values = Int32Array.from({ length: 50 }, (_, i) => 3 * i);
    random.shuffle(values);
    return Array.from(values);
  }
  if (name === 'shuffle_list_a_to_p') {
    const letters = [...'abcdefghijklmnop'];
    random.shuffle(letters);
    return letters.join('');
  }
  const tenths = Array.from({ length: 10 }, (_, i) => (i + 1) / 55);
  if (name === 'choice_10_p_8') return random.choice(10, 8, { p: tenths });
  if (name === 'choice_10_p_4_noreplace') return random.choice(10, 4, { replace: false, p: tenths });
  if (name === 'choice_5_skewed_p_4_noreplace') return random.choice(5, 4, { replace: false, p: SKEWED });
  if (name === 'choice_5_skewed_p') return SKEWED;
  if (name.startsWith('choice')) return random.choice(numbers[1], numbers[2], { replace: parts[3] === 'replace' });
  const equal = new Float32Array(numbers[2]).fill(1 / numbers[2]);
  if (name.startsWith('kmeans_first')) return random.choice(numbers[2], undefined, { p: equal });
  if (name.startsWith('bisecting_two')) return random.choice(numbers[2], 2, { replace: false, p: equal });
  return undefined;
}

describe.each(Object.keys(golden))('RandomState(%s)', (seed) => {
  const cases = Object.entries(golden[seed]).filter(([name]) => name !== 'mixed');

  test.each(cases)('%s equals NumPy', (name, expected) => {
    const actual = answer(name, new RandomState(Number(seed)));
    if (name.startsWith('standard_normal')) expectNormals(actual as number[], expected as number[]);
    else expect(actual).toEqual(expected);
  });

  test('every call of a mixed sequence takes as much from the stream as in NumPy', () => {
    const random = new RandomState(Number(seed));
    const calls: Record<string, () => unknown> = {
      'randint(0,992,3)': () => random.randint(0, 992, 3),
      'uniform(size=2)': () => Array.from(random.uniform(0, 1, 2)),
      'randint(0,2**40,2)': () => random.randint(0, 2 ** 40, 2),
      'permutation(6)': () => random.permutation(6),
      'choice(7,3,replace=False)': () => random.choice(7, 3, { replace: false }),
      'choice(5,p=skewed)': () => random.choice(5, undefined, { p: SKEWED }),
      'randint(0,10,3,int32)': () => random.randint(0, 10, 3, 'int32'),
      'random_sample()': () => random.randomSample(),
      'tomaxint()': () => plain([random.tomaxint()])[0],
      'randint(2**31-1)': () => random.randint(0, 2 ** 31 - 1),
      'random_sample(2)': () => Array.from(random.randomSample(2)),
    };
    for (const [call, expected] of golden[seed].mixed as [string, unknown][]) {
      if (call === 'standard_normal(3)') expectNormals(random.standardNormal(3), expected as number[]);
      else if (call === 'standard_normal()') expectNormals([random.standardNormal()], [expected as number]);
      else expect([call, calls[call]()]).toEqual([call, expected]);
    }
  });
});

describe('RandomState', () => {
  test('a clone continues as the original does, the spare normal draw included, and neither moves the other', () => {
    const original = new RandomState(7);
    original.standardNormal();
    original.randomSample(1000);
    const copy = original.clone();
    const expected = [original.standardNormal(), ...original.randomSample(700)];
    expect([copy.standardNormal(), ...copy.randomSample(700)]).toEqual(expected);
  });

  test('a list of seeds equals the published output of init_by_array', () => {
    // First outputs of mt19937ar.c with the key {0x123, 0x234, 0x345, 0x456} (mt19937ar.out of the authors).
    const random = new RandomState([0x123, 0x234, 0x345, 0x456]);
    expect([1, 2, 3, 4, 5].map(() => random.nextUint32())).toEqual([
      1067595299, 955945823, 477289528, 4107218783, 4228976476,
    ]);
  });

  test('16 bits take two draws from one output, low half first', () => {
    const words = new RandomState(3);
    const halves = [words.nextUint32(), words.nextUint32()].flatMap((word) => [word & 0xffff, word >>> 16]);
    expect(new RandomState(3).randint(0, 65536, 4, 'uint16')).toEqual(halves);
  });

  test('both randints agree where both apply', () => {
    for (const largest of [1, 7, 2 ** 32 - 1, 2 ** 32, 2 ** 52]) {
      const big = new RandomState(11).randintBig(-5n, BigInt(largest) - 5n, 30).map(Number);
      expect(new RandomState(11).randint(-5, largest - 5, 30)).toEqual(big);
    }
  });

  test('a permutation of a list leaves the list alone and follows the permutation of its indices', () => {
    const letters = [...'abcdefg'];
    const order = new RandomState(5).permutation(7);
    expect(new RandomState(5).permutation(letters)).toEqual(order.map((i) => letters[i]));
    expect(letters.join('')).toBe('abcdefg');
  });

  test('a range of one value takes nothing from the stream', () => {
    const random = new RandomState(1);
    random.randint(4, 5, 100);
    expect(random.nextUint32()).toBe(new RandomState(1).nextUint32());
  });

  test.each([-1, 1.5, 2 ** 32, Number.NaN])('the seed %s is refused', (seed) => {
    expect(() => new RandomState(seed)).toThrow(RangeError);
    expect(() => new RandomState([0, seed])).toThrow(RangeError);
  });

  test('impossible draws are refused', () => {
    const random = new RandomState(0);
    expect(() => new RandomState([])).toThrow(RangeError);
    expect(() => random.randint(3, 3)).toThrow('low < high');
    expect(() => random.randint(0, 2 ** 54)).toThrow('safe integers');
    expect(() => random.randint(0, 257, 1, 'uint8')).toThrow('8 bits');
    expect(() => random.choice(0)).toThrow('at least one');
    expect(() => random.choice(3, 4, { replace: false })).toThrow('without replacement');
    expect(() => random.choice(3, 1, { p: [0.5, 0.5] })).toThrow('3 probabilities');
    expect(() => random.choice(2, 1, { p: [0.5, 0.6] })).toThrow('add up to 1');
    expect(() => random.choice(2, 1, { p: [1.5, -0.5] })).toThrow('not negative');
    expect(() => random.choice(3, 2, { replace: false, p: [1, 0, 0] })).toThrow('too few');
  });
});
