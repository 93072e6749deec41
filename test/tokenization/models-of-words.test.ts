import { describe, expect, it } from 'vitest';
import { TokenTrie } from '../../src/tokenization/token-trie.js';
import { Unigram } from '../../src/tokenization/unigram.js';
import { WordPiece } from '../../src/tokenization/word-piece.js';

const vocabularyOf = (...pieces: string[]): Map<string, number> => new Map(pieces.map((piece, id) => [piece, id]));

describe('WordPiece', () => {
  const model = new WordPiece(
    vocabularyOf('[UNK]', 'un', 'unable', '##able', '##a', '##b', '𠮷', '##𠮷'),
    '[UNK]',
    '##',
    8,
  );

  it('takes the longest piece from the left', () => {
    expect(model.encode('unable')).toEqual(['unable']);
    expect(model.encode('unab')).toEqual(['un', '##a', '##b']);
    expect(model.encode('𠮷𠮷')).toEqual(['𠮷', '##𠮷']);
  });

  it('makes a word unknown as a whole when a part of it is', () => {
    expect(model.encode('unx')).toEqual(['[UNK]']);
    expect(model.encode('\ud842')).toEqual(['[UNK]']);
  });

  it('counts the longest word in code points', () => {
    expect(model.encode('𠮷'.repeat(8)).length).toBe(8);
    expect(model.encode('𠮷'.repeat(9))).toEqual(['[UNK]']);
  });
});

describe('TokenTrie', () => {
  it('finds what a map of all beginnings finds', () => {
    const words = ['', 'a', 'ab', 'abc', 'b', '漢', '漢字', '𠮷', 'a'];
    const trie = new TokenTrie(words);
    const walk = (text: string): number => {
      let node = 0;
      for (let i = 0; i < text.length && node !== -1; i++) node = trie.step(node, text.charCodeAt(i));
      return node === -1 ? -2 : trie.tokenAt(node);
    };
    expect(walk('a')).toBe(8);
    expect(walk('abc')).toBe(3);
    expect(walk('漢字')).toBe(6);
    expect(walk('𠮷')).toBe(7);
    expect(walk('\ud842')).toBe(-1);
    expect(walk('字')).toBe(-2);
    expect(walk('')).toBe(-1);
  });
});

describe('Unigram', () => {
  const vocabulary: [string, number][] = [
    ['<unk>', 0],
    ['a', -2],
    ['b', -2.5],
    ['ab', -3],
    ['ba', -1.5],
    ['aba', -5],
    ['𠮷', -4],
  ];
  const scores = new Map(vocabulary.slice(1));
  const least = -5 - 10;

  /** The best sum over all ways to cut a text; a code point without a piece of its own may be unknown. */
  function bestSum(text: string): number {
    if (text === '') return 0;
    let best = -Infinity;
    const first = String.fromCodePoint(text.codePointAt(0) as number);
    for (let end = 1; end <= text.length; end++) {
      const score = scores.get(text.slice(0, end));
      if (score !== undefined) best = Math.max(best, score + bestSum(text.slice(end)));
    }
    return scores.has(first) ? best : Math.max(best, least + bestSum(text.slice(first.length)));
  }

  it('cuts every short text into pieces with the largest sum', () => {
    const model = new Unigram(vocabulary, '<unk>', false);
    const letters = ['a', 'b', 'x', '𠮷'];
    for (let n = 0; n < 4 ** 6; n++) {
      const text = Array.from({ length: 6 }, (_, i) => letters[Math.floor(n / 4 ** i) % 4]).join('');
      const pieces = model.encode(text);
      const unknowns = [...text].filter((char) => !scores.has(char)).length;
      const sum = pieces.reduce((total, piece) => total + (scores.get(piece) ?? 0), unknowns * least);
      expect(sum).toBeCloseTo(bestSum(text), 9);
    }
  });

  it('makes unknown characters side by side one token', () => {
    const model = new Unigram(vocabulary, '<unk>', false);
    expect(model.encode('axyb')).toEqual(['a', '<unk>', 'b']);
    expect(model.encode('')).toEqual([]);
  });

  it('falls back to bytes where the vocabulary has all of them, and only there', () => {
    const bytes: [string, number][] = ['<0xE3>', '<0x81>', '<0x82>'].map((name) => [name, -20]);
    const model = new Unigram([...vocabulary, ...bytes], '<unk>', true);
    expect(model.encode('aあb')).toEqual(['a', '<0xE3>', '<0x81>', '<0x82>', 'b']);
    expect(model.encode('あい')).toEqual(['<unk>']);
  });
});
