import { describe, expect, test } from 'vitest';
import { countCharacters, differences } from '../../src/definitions/expectation.js';

describe('differences', () => {
  const expected = { rows: 3, characters: { text: 10 }, labels: { 0: 1, 1: 2 } };

  test('nothing is said of equal facts, or of facts that were not counted', () => {
    expect(differences(expected, expected)).toEqual([]);
    expect(differences(expected, {})).toEqual([]);
    expect(differences(undefined, { rows: 5 })).toEqual([]);
  });

  test('every difference is told, expected and found', () => {
    expect(differences(expected, { rows: 4, characters: { text: 9, other: 1 }, labels: { 0: 1, 2: 3 } })).toEqual([
      'has 4 rows, expected 3',
      'has 9 characters in the column "text", expected 10',
      'has 0 rows with the label 1, expected 2',
      'has 3 rows with the label 2, expected 0',
    ]);
  });
});

describe('countCharacters', () => {
  test.each(['', 'abc', '日本語', '𠮷野家', '👨‍👩‍👧', '\ud800', '\udc00\ud800', 'a\ud842\udfb7b\ud800'])(
    'counts code points as the iterator of %j does',
    (text) => {
      expect(countCharacters(text)).toBe([...text].length);
    },
  );
});
