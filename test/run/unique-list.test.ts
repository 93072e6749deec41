import { describe, expect, it } from 'vitest';
import type { TextList } from '../../src/datasets/types.js';
import { uniqueList } from '../../src/run/unique-list.js';

function listOf(chunks: string[][], rows = chunks.flat().length): TextList {
  return {
    split: 'test',
    role: 'query',
    rows,
    async *texts() {
      yield* chunks;
    },
  };
}

describe('the list that is embedded', () => {
  it('has every final string once, in order of first occurrence, and an index that gives the rows back', async () => {
    const chunks = [['b', 'a', 'b'], [], ['c', 'a', '', '']];
    const { texts, index, prompt } = await uniqueList(listOf(chunks), 'q: ');
    expect(texts).toEqual(['q: b', 'q: a', 'q: c', 'q: ']);
    expect([...index].map((i) => texts[i])).toEqual(chunks.flat().map((text) => `q: ${text}`));
    expect(prompt).toBe('q: ');
  });

  it('has the key of its strings, whatever the chunks and repeats', async () => {
    const key = async (chunks: string[][], prompt = '') => (await uniqueList(listOf(chunks), prompt)).key;
    expect(await key([['a', 'b']])).toBe(await key([['a'], ['a', 'b', 'a']]));
    expect(await key([['a', 'b']])).not.toBe(await key([['b', 'a']]));
    expect(await key([['ab', '']])).not.toBe(await key([['a', 'b']]));
    expect(await key([['x']], 'p')).toBe(await key([['px']]));
  });

  it('has the prompt in its key where pooling leaves the prompt out', async () => {
    const { key } = await uniqueList(listOf([['x']]), 'p', true);
    expect(key).not.toBe((await uniqueList(listOf([['px']]), '', true)).key);
    expect((await uniqueList(listOf([['px']]), '', true)).key).toBe((await uniqueList(listOf([['px']]), '')).key);
  });

  it('is refused when the rows are not as many as announced', async () => {
    await expect(uniqueList(listOf([['a']], 2), '')).rejects.toThrow('announced were 2');
    await expect(uniqueList(listOf([['a', 'b']], 1), '')).rejects.toThrow('more than the 1 rows');
  });
});
