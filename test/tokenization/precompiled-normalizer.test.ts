import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { precompiledNormalizer } from '../../src/tokenization/precompiled-normalizer.js';
import { describeShared, sharedPath } from '../shared.js';

/** Long texts are linear in their length: the square would take minutes. */
const SECONDS = 10_000;

function realMap(): string {
  const json = JSON.parse(readFileSync(sharedPath('models', 'xlmr-unigram', 'tokenizer.json'), 'utf8')) as {
    readonly normalizer: {
      readonly precompiled_charsmap?: string;
      readonly normalizers?: readonly { readonly precompiled_charsmap?: string }[];
    };
  };
  const { normalizer } = json;
  return (
    normalizer.precompiled_charsmap ??
    (normalizer.normalizers?.find((step) => step.precompiled_charsmap)?.precompiled_charsmap as string)
  );
}

describe('precompiledNormalizer', () => {
  it('refuses bytes that are no map', () => {
    for (const bytes of [[], [1, 2], [0, 0, 0, 0], [5, 0, 0, 0, 1, 2, 3, 4, 5], [8, 0, 0, 0, 1, 2, 3, 4]]) {
      expect(() => precompiledNormalizer(Buffer.from(bytes).toString('base64'))).toThrow(RangeError);
    }
  });

  it('keeps a text when the map has nothing in it', () => {
    const empty = Buffer.from([4, 0, 0, 0, 0, 0, 0, 0]).toString('base64');
    expect(precompiledNormalizer(empty)('aか\u3099\r\n👍🏽e\u0301')).toBe('aか\u3099\r\n👍🏽e\u0301');
  });
});

describeShared('the map nmt_nfkc', () => {
  let normalize: (text: string) => string;
  beforeAll(() => {
    normalize = precompiledNormalizer(realMap());
  });

  it('maps half-width kana one by one, so that a voicing mark stays apart', () => {
    expect(normalize('ｶﾞｱ')).toBe('カ\u3099ア');
    expect(normalize('か\u3099')).toBe('か\u3099');
  });

  it('looks up a short grapheme whole, and takes line ends for one space', () => {
    expect(normalize('Ａ①㌔\u3000e\u0301')).toBe('A1キロ é');
    expect(normalize('a\r\nb\nc')).toBe('a b c');
  });

  it('gives for a long text what it gives for its parts, in time that grows with its length', () => {
    const start = performance.now();
    for (const part of ['か\u3099', '👍🏽', '한국어', 'ｶﾞ', 'あ', '\u0301']) {
      expect(normalize(part.repeat(20_000)).length).toBe(normalize(part.repeat(100)).length * 200);
    }
    expect(performance.now() - start).toBeLessThan(SECONDS);
  });
});
