import { describe, expect, it } from 'vitest';
import { RandomState } from '../../src/numeric/random-state.js';
import { listKey } from '../../src/vectors/list-key.js';
import type { TextList } from '../../src/datasets/types.js';
import { uniqueList, type UniqueList } from '../../src/run/unique-list.js';

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

async function textsOf(list: UniqueList): Promise<string[]> {
  const texts: string[] = [];
  for await (const text of list.texts()) texts.push(text);
  return texts;
}

describe('the list that is embedded', () => {
  it('has every final string once, in order of first occurrence, and an index that gives the rows back', async () => {
    const chunks = [['b', 'a', 'b'], [], ['c', 'a', '', '']];
    const list = await uniqueList(listOf(chunks), 'q: ');
    const { index, prompt, size, first } = list;
    const texts = await textsOf(list);
    expect([size, first]).toEqual([4, 'q: b']);
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

  it('is that of a slow version for any texts, lone surrogates and what is hashed in their place included', async () => {
    const random = new RandomState(5);
    const units = ['', 'a', '表', '\ud842\udfb7', '\ud842', '\udfb7', '\ufffd', '\u00ff', '\0'];
    for (let round = 0; round < 200; round++) {
      const rows = Number(random.randint(0, 60));
      const texts = Array.from({ length: rows }, () =>
        Array.from({ length: Number(random.randint(0, 3)) }, () => units[Number(random.randint(0, units.length))]).join(
          '',
        ),
      );
      const slow = [...new Set(texts)];
      const list = await uniqueList(listOf([texts.slice(0, 7), texts.slice(7)]), '');
      expect(await textsOf(list)).toEqual(slow);
      expect([...list.index]).toEqual(texts.map((text) => slow.indexOf(text)));
      expect([list.size, list.first, list.key]).toEqual([slow.length, slow[0], listKey(slow)]);
    }
  });

  it('is refused when the rows are not as many as announced', async () => {
    await expect(uniqueList(listOf([['a']], 2), '')).rejects.toThrow('announced were 2');
    await expect(uniqueList(listOf([['a', 'b']], 1), '')).rejects.toThrow('more than the 1 rows');
  });
});
