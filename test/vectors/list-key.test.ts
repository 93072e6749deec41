import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ListKey, listKey } from '../../src/vectors/list-key.js';

/** The definition, one text at a time. */
function slowKey(texts: readonly string[], salt = ''): string {
  const hash = createHash('sha256');
  for (const text of [salt, ...texts]) {
    const bytes = Buffer.from(text, 'utf8');
    const length = Buffer.alloc(4);
    length.writeUInt32LE(bytes.length);
    hash.update(length).update(bytes);
  }
  return hash.digest('hex');
}

describe('the key of a list', () => {
  it('is SHA-256 over lengths and UTF-8, whatever the size of the texts', () => {
    const texts = ['', '日本語', 'a🍣', 'あ'.repeat(30_000), 'x'.repeat(65_532), 'y'.repeat(21_844)];
    for (let i = 0; i < 3000; i++) texts.push('文'.repeat(i % 97));
    expect(listKey(texts)).toBe(slowKey(texts));
    expect(listKey(texts, 'query: ')).toBe(slowKey(texts, 'query: '));
    expect(listKey([])).toBe(slowKey([]));
  });

  it('is the same one text at a time', () => {
    expect(new ListKey('s').add('a').add('b').digest()).toBe(listKey(new Set(['a', 'b']), 's'));
  });

  it('differs for another order, another border, another salt and an empty text more', () => {
    const lists: [string[], string?][] = [
      [['ab', 'c']],
      [['a', 'bc']],
      [['c', 'ab']],
      [['abc']],
      [['ab', 'c', '']],
      [['ab', 'c'], 'x'],
      [['x', 'ab', 'c']],
      [['', 'ab', 'c']],
    ];
    expect(new Set(lists.map(([texts, salt]) => listKey(texts, salt))).size).toBe(lists.length);
  });

  it('tells lone surrogates from each other and from what UTF-8 makes of them', () => {
    const texts = ['\ud800', '\ud801', '\udc00', '\ufffd', 'a\ud800', '\ud800\udc00', '\udc00\ud800'];
    expect(new Set(texts.map((text) => listKey([text]))).size).toBe(texts.length);
  });
});
