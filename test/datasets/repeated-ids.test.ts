import { describe, expect, it } from 'vitest';
import type { DocumentId } from '../../src/datasets/types.js';
import { repeatedIds } from '../../src/datasets/repeated-ids.js';
import { RandomState } from '../../src/numeric/random-state.js';

describe('repeated ids', () => {
  it('are counted as a set counts them', () => {
    const random = new RandomState(0);
    for (const [n, most] of [
      [0, 1],
      [1, 1],
      [9, 3],
      [3000, 2000],
      [3000, 1e9],
    ]) {
      const ids = (random.randint(0, most, n) as number[]).map((x): DocumentId => (x % 2 === 0 ? x : `文書-${x}`));
      expect(repeatedIds(ids, 'typed').extra).toBe(n - new Set(ids).size);
    }
    const counted = Array.from({ length: 5000 }, (_, i) => `d${i}`);
    expect(repeatedIds(counted, 'typed')).toEqual({ extra: 0, example: undefined });
  });

  it('are told apart by type unless texts are compared', () => {
    const ids = [1, '1', 2, '1', '02'];
    expect(repeatedIds(ids, 'typed')).toEqual({ extra: 1, example: '1' });
    expect(repeatedIds(ids, 'text')).toEqual({ extra: 2, example: '1' });
  });
});
