import { describe, expect, it } from 'vitest';
import { PackedIds } from '../../src/datasets/document-ids.js';
import type { DocumentId } from '../../src/datasets/types.js';
import { RandomState } from '../../src/numeric/random-state.js';

describe('packed ids', () => {
  it('are those that were put in, with their types, at every place', () => {
    const random = new RandomState(0);
    const kinds: ((n: number) => DocumentId)[] = [
      (n) => n,
      (n) => -n,
      (n) => String(n),
      (n) => `文書-${n}#😀`,
      () => '',
      () => Number.MAX_SAFE_INTEGER,
      (n) => `\ufeff${n}\0ÿ`,
    ];
    for (const rows of [0, 1, 4095, 4096, 4097, 10_000]) {
      const ids = (random.randint(0, 1e6, rows) as number[]).map((n, i) => kinds[(n + i) % kinds.length](n));
      const packed = PackedIds.from(ids);
      expect(packed.length).toBe(rows);
      expect([...packed]).toEqual(ids);
      expect(ids.map((_, row) => packed.at(row))).toEqual(ids);
      expect(packed.at(rows)).toBeUndefined();
    }
  });

  it('may be long', () => {
    const ids = Array.from({ length: 4100 }, (_, i) => `${i}`.padStart(40, 'x'));
    const packed = PackedIds.from(ids);
    expect([packed.at(0), packed.at(2000), packed.at(4095), packed.at(4099)]).toEqual(
      [0, 2000, 4095, 4099].map((i) => ids[i]),
    );
  });
});
