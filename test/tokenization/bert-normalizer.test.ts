import { describe, expect, it } from 'vitest';
import { bertNormalizer } from '../../src/tokenization/bert-normalizer.js';

const plain = bertNormalizer({ clean_text: true, handle_chinese_chars: false, strip_accents: false, lowercase: false });

describe('bertNormalizer', () => {
  it('removes control and format characters, and makes white space spaces', () => {
    expect(plain('a\0b\x01c\u200dd\ufeffe\ufffdf\x85g')).toBe('abcdefg');
    expect(plain('a\tb\nc\rd\u3000e\u00a0f')).toBe('a b c d e f');
  });

  it('sets ideographs apart, those beyond the first plane included, and no kana', () => {
    const apart = bertNormalizer({
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: false,
      lowercase: false,
    });
    expect(apart('漢𠮷かカ々')).toBe(' 漢  𠮷 かカ々');
  });

  it('takes accents off where it puts texts in lower case, unless told otherwise', () => {
    expect(bertNormalizer({ lowercase: true, handle_chinese_chars: false })('Café がÅ')).toBe('cafe かa');
    expect(bertNormalizer({ lowercase: true, strip_accents: false })('Café')).toBe('café');
    expect(bertNormalizer({ lowercase: false })('Café')).toBe('Café');
    expect(bertNormalizer({ lowercase: false, strip_accents: true })('Café')).toBe('Cafe');
  });

  it('puts a sigma in lower case without looking at its place in the word', () => {
    expect(bertNormalizer({ lowercase: true })('ΟΔΟΣ')).toBe('οδοσ');
  });
});
