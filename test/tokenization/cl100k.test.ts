import { describe, expect, it } from 'vitest';
import { loadCl100k } from '../../src/tokenization/cl100k.js';
import { congruential } from '../pseudo-random.js';

const NO_LIMIT = Infinity;
/** A long text without spaces must not take the square of its length: a simple search for each join takes minutes. */
const LONG_TEXT_MS = 60_000;

async function idsOf(text: string, limit = NO_LIMIT): Promise<readonly number[]> {
  return (await loadCl100k()).encode(text, limit).ids;
}

/** Characters of many kinds in an order that looks random and is always the same. */
function mixture(length: number, seed: number): string {
  const kinds = [
    '日本語の文章',
    'かなカナ',
    'ｶﾞﾊﾟ',
    'abcXYZ',
    "'s'LL'Ve",
    '0123４５',
    '\n\r\t  　\u0085\ufeff',
    '。、「」！？',
    '👩‍👧🇯🇵',
    '<|>',
  ];
  const characters = Array.from(kinds.join(''));
  const next = congruential(seed);
  return Array.from({ length }, () => characters[next() % characters.length]).join('');
}

describe('cl100k_base', () => {
  it('gives the ids that OpenAI publishes', async () => {
    // OpenAI cookbook, "How to count tokens with tiktoken".
    expect(await idsOf('antidisestablishmentarianism')).toEqual([519, 85342, 34500, 479, 8997, 2191]);
    expect(await idsOf('2 + 2 = 4')).toEqual([17, 489, 220, 17, 284, 220, 19]);
    expect(await idsOf('お誕生日おめでとう')).toEqual([33334, 45918, 243, 21990, 9080, 33334, 62004, 16556, 78699]);
    expect(await idsOf('')).toEqual([]);
  });

  it('gives the ids of the package that the vocabulary is from, on mixtures of all kinds of characters', async () => {
    const { encode } = await import('gpt-tokenizer/encoding/cl100k_base');
    for (let seed = 1; seed <= 200; seed++) {
      // The package takes the byte order mark for white space and NEL for a sign, Unicode and OpenAI's own library do not.
      const text = mixture(60, seed).replace(/[\u0085\ufeff]/g, ' ');
      expect(await idsOf(text), text).toEqual(encode(text, { disallowedSpecial: new Set() }));
    }
  });

  it('takes NEL for white space and the byte order mark for a sign, as Unicode does', async () => {
    const { decode } = await import('gpt-tokenizer/encoding/cl100k_base');
    expect(decode(await idsOf('a\u0085 \ufeffb ſ'))).toBe('a\u0085 \ufeffb ſ');
    // " \ufeff" is one word and begins with the space; white space would leave its last character to "b".
    expect(await idsOf(' \ufeffb')).toEqual([...(await idsOf(' \ufeff')), ...(await idsOf('b'))]);
  });

  it('reads names of special tokens as ordinary text and half a pair as U+FFFD', async () => {
    expect((await idsOf('<|endoftext|>')).every((id) => id < 100_256)).toBe(true);
    expect(await idsOf('a\ud800b')).toEqual(await idsOf('a\ufffdb'));
  });

  it('cuts behind a number of tokens, and says so only where tokens are left out', async () => {
    const { encode } = await loadCl100k();
    const all = await idsOf('お誕生日おめでとう 2 + 2');
    for (let limit = 1; limit <= all.length + 1; limit++) {
      const { ids, isCut } = encode('お誕生日おめでとう 2 + 2', limit);
      expect(ids).toEqual(all.slice(0, limit));
      expect(isCut).toBe(limit < all.length);
    }
  });

  it('reads a document without spaces, and two million spaces, in time near their length', async () => {
    const { encode } = await loadCl100k();
    const started = performance.now();
    const document = mixture(300_000, 7).replace(/[^\p{L}]/gu, '語');
    const { ids } = encode(document, NO_LIMIT);
    expect(ids.length).toBeGreaterThan(document.length / 2);
    expect(encode(' '.repeat(2_000_000), 8191).ids.length).toBe(8191);
    expect(performance.now() - started).toBeLessThan(LONG_TEXT_MS);
  });
});
