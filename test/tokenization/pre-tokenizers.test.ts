import { describe, expect, it } from 'vitest';
import {
  bertPreTokenizer,
  metaspace,
  preTokenizeInTurn,
  whitespaceAndSymbols,
  whitespaceSplit,
} from '../../src/tokenization/pre-tokenizers.js';

describe('pre-tokenizers', () => {
  it('know NEL and the ideographic space for white space, and U+FEFF for none', () => {
    expect(whitespaceSplit(' a\u3000b\x85c\ufeff ', true)).toEqual(['a', 'b', 'c\ufeff']);
    expect(whitespaceSplit('  ', true)).toEqual([]);
  });

  it('set every punctuation mark apart for BERT, the symbols of ASCII among them', () => {
    expect(bertPreTokenizer('a+b「c」。。', true)).toEqual(['a', '+', 'b', '「', 'c', '」', '。', '。']);
  });

  it('divide word characters from symbols, in Japanese too', () => {
    expect(whitespaceAndSymbols('東京は、10℃です!?', true)).toEqual(['東京は', '、', '10', '℃', 'です', '!?']);
  });

  it('mark spaces, and begin a stretch at every mark', () => {
    expect(metaspace({})('a b', true)).toEqual(['▁a', '▁b']);
    expect(metaspace({})(' a  b ', true)).toEqual(['▁a', '▁', '▁b', '▁']);
    expect(metaspace({ prepend_scheme: 'never' })('a b', true)).toEqual(['a', '▁b']);
    expect(metaspace({ prepend_scheme: 'first' })('a', false)).toEqual(['a']);
    expect(metaspace({ add_prefix_space: false, split: false })('a b', true)).toEqual(['a▁b']);
    expect(metaspace({ prepend_scheme: 'never' })('', true)).toEqual([]);
  });

  it('follow each other, and only the first stretch begins the text', () => {
    const both = preTokenizeInTurn([whitespaceSplit, metaspace({ prepend_scheme: 'first' })]);
    expect(both('a b', true)).toEqual(['▁a', 'b']);
  });
});
