import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { PythonRandom } from '../../src/numeric/python-random.js';
import { goldenPath } from '../shared.js';

type Golden = Record<string, Record<string, unknown>>;
const golden = JSON.parse(readFileSync(goldenPath('estimators', 'rng', 'python_random.json'), 'utf8')) as Golden;

function upTo(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i);
}

function shuffled(random: PythonRandom, n: number): number[] {
  const values = upTo(n);
  random.shuffle(values);
  return values;
}

function compact(values: readonly number[]): unknown {
  if (values.length <= 100) return values;
  const sha256 = createHash('sha256')
    .update(new BigInt64Array(values.map(BigInt)))
    .digest('hex');
  return { first20: values.slice(0, 20), last5: values.slice(-5), sha256_int64: sha256 };
}

function answer(name: string, random: PythonRandom): unknown {
  const numbers = name.split('_').map(Number);
  if (name === 'random_10') return upTo(10).map(() => random.random());
  if (name === 'getrandbits32_10') return upTo(10).map(() => Number(random.getrandbits(32)));
  if (name.startsWith('getrandbits_')) return numbers.slice(1).map((bits) => String(random.getrandbits(bits)));
  if (name.startsWith('randrange_')) return numbers.slice(1).map((n) => random.randrange(n));
  if (name.startsWith('sample_')) return random.sample(upTo(numbers[1]), numbers[2]);
  if (name === 'shuffle_20_then_30') return [shuffled(random, 20), shuffled(random, 30)];
  return compact(shuffled(random, numbers[1]));
}

describe.each(Object.keys(golden))('Random(%s)', (seed) => {
  test.each(Object.entries(golden[seed]))('%s equals Python', (name, expected) => {
    expect(answer(name, new PythonRandom(Number(seed)))).toEqual(expected);
  });
});

describe('PythonRandom', () => {
  test('the sign of a seed does not matter, and a bigint is a seed', () => {
    const expected = new PythonRandom(5).random();
    expect(new PythonRandom(-5).random()).toBe(expected);
    expect(new PythonRandom(5n).random()).toBe(expected);
  });

  test('a range beyond 32 bits stays in range and uses its high bits', () => {
    const random = new PythonRandom(1);
    const draws = upTo(200).map(() => random.randrange(2 ** 40));
    expect(Math.max(...draws)).toBeLessThan(2 ** 40);
    expect(Math.max(...draws)).toBeGreaterThan(2 ** 39);
  });

  test('a sample of all items is a permutation of them', () => {
    const items = upTo(12);
    expect(new PythonRandom(3).sample(items, 12).sort((a, b) => a - b)).toEqual(items);
  });

  test('impossible draws are refused', () => {
    expect(() => new PythonRandom(0).randrange(0)).toThrow(RangeError);
    expect(() => new PythonRandom(0).sample([1, 2], 3)).toThrow(RangeError);
  });
});
