import { describe, expect, it } from 'vitest';
import { planBatches, type PlannedBatch } from '../../src/embedding/plan-batches.js';
import { congruential } from '../pseudo-random.js';

/** Lengths like those of real passages: log-normal, median 38, 10 to 200. */
function mixedLengths(count: number): Int32Array {
  const next = congruential(7);
  const uniform = (): number => (next() + 0.5) / 2 ** 32;
  return Int32Array.from({ length: count }, () => {
    const normal = Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
    return Math.min(200, Math.max(10, Math.round(38 * Math.exp(0.65 * normal))));
  });
}

const padded = (batches: readonly PlannedBatch[]): number =>
  batches.reduce((sum, { texts, length }) => sum + texts.length * length, 0);
const total = (lengths: Int32Array): number => lengths.reduce((sum, length) => sum + length, 0);

describe('planBatches', () => {
  it('puts every text into one batch, within the budget and as long as its longest text', () => {
    const lengths = mixedLengths(1000);
    const batches = planBatches(lengths, { policy: 'bucketed', tokens: 1024 });
    const texts = batches.flatMap((batch) => [...batch.texts]);
    expect([...texts].sort((a, b) => a - b)).toEqual(Array.from(lengths.keys()));
    for (const batch of batches) {
      expect(batch.texts.length * batch.length).toBeLessThanOrEqual(1024);
      expect(batch.length).toBe(Math.max(...Array.from(batch.texts, (text) => lengths[text])));
    }
  });

  it('goes from long to short, equal lengths in their order', () => {
    const lengths = Int32Array.of(3, 9, 3, 9, 5, 3);
    const batches = planBatches(lengths, { policy: 'single', tokens: 1024 });
    expect(batches.flatMap((batch) => [...batch.texts])).toEqual([1, 3, 4, 0, 2, 5]);
    expect(batches.map((batch) => batch.length)).toEqual([9, 9, 5, 3, 3, 3]);
  });

  it('wastes less than 3 % on padding for mixed lengths', () => {
    for (const count of [500, 2000, 4096]) {
      const lengths = mixedLengths(count);
      for (const tokens of [512, 1024, 4096, 16_384]) {
        const waste = padded(planBatches(lengths, { policy: 'bucketed', tokens })) / total(lengths) - 1;
        expect(waste).toBeLessThan(0.03);
      }
    }
  });

  it('finds the cheapest of all ways to cut, where 24 tokens are the cost of a batch', () => {
    const cheapest = (sorted: number[], tokens: number): number => {
      if (sorted.length === 0) return 0;
      let best = Infinity;
      for (let n = 1; n <= sorted.length && (n === 1 || n * sorted[0] <= tokens); n++) {
        best = Math.min(best, 24 + n * sorted[0] + cheapest(sorted.slice(n), tokens));
      }
      return best;
    };
    for (const tokens of [40, 100, 300]) {
      const lengths = mixedLengths(13);
      const batches = planBatches(lengths, { policy: 'bucketed', tokens });
      const sorted = [...lengths].sort((a, b) => b - a);
      expect(padded(batches) + 24 * batches.length).toBe(cheapest(sorted, tokens));
    }
  });

  it('gives a text that is longer than the budget a batch of its own, and no batch for no text', () => {
    const batches = planBatches(Int32Array.of(50, 10, 60), { policy: 'bucketed', tokens: 20 });
    expect(batches.map((batch) => [...batch.texts])).toEqual([[2], [0], [1]]);
    expect(planBatches(new Int32Array(0), { policy: 'bucketed', tokens: 20 })).toEqual([]);
  });
});
