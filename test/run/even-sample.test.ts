import { describe, expect, it } from 'vitest';
import { EvenSample } from '../../src/run/even-sample.js';

function sampleOf(size: number): number[] {
  const sample = new EvenSample();
  for (let i = 0; i < size; i++) sample.add(String(i));
  return sample.texts.map(Number);
}

describe('EvenSample', () => {
  it('is everything while that is little', () => {
    expect(sampleOf(0)).toEqual([]);
    expect(sampleOf(63)).toEqual(Array.from({ length: 63 }, (_, i) => i));
  });

  it('holds 32 to 63 texts of a longer stream, at equal distances from its beginning to its end', () => {
    for (const size of [64, 65, 100, 1000, 4095, 4096, 100_003]) {
      const numbers = sampleOf(size);
      const [, distance] = numbers;
      expect(numbers.length).toBeGreaterThanOrEqual(32);
      expect(numbers.length).toBeLessThanOrEqual(63);
      expect(numbers).toEqual(numbers.map((_, i) => i * distance));
      expect(size - numbers.at(-1)!).toBeLessThanOrEqual(distance);
    }
  });
});
