import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { FAMILIES } from '../../src/definitions/types.js';
import { goldenPath } from '../shared.js';
import { goldenCase, goldenCases } from './golden-cases.js';

describe('golden cases', () => {
  it('are all 62 that the index lists', () => {
    const index = JSON.parse(readFileSync(goldenPath('families', 'index.json'), 'utf8')) as { case: string }[];
    const found = FAMILIES.flatMap((family) => goldenCases(family).map(({ name }) => `${family}/${name}`));
    expect(found.sort()).toEqual(index.map((entry) => entry.case).sort());
    expect(found.length).toBe(62);
  });

  it('look vectors up by the text with its prefix', async () => {
    const { vectors, data } = goldenCase('Retrieval', 'prefixes_and_title');
    const { source, index } = vectors('corpus', 'document');
    expect([source.rows, source.dims, index.length, data.corpus.ids.length]).toEqual([92, 25, 60, 60]);
    expect((await source.gather(index.subarray(0, 2))).length).toBe(50);
    expect(() => vectors('train', 'text')).toThrow('no text texts in split train');
  });
});
