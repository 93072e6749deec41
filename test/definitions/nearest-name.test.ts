import { describe, expect, test } from 'vitest';
import { nearestName, suggestName } from '../../src/definitions/nearest-name.js';

const NAMES = [
  'jsts',
  'jsick',
  'jaqket',
  'jagovfaqs_22k',
  'mewsc16',
  'nlp_journal_title_abs',
  'nlp_journal_title_intro',
];

describe('nearestName', () => {
  test.each([
    ['jst', 'jsts'],
    ['JSICK', 'jsick'],
    ['jackett', 'jaqket'],
    ['mewsc16_ja', 'mewsc16'],
    ['jagovfaqs', 'jagovfaqs_22k'],
    ['nlp-journal-title-abs', 'nlp_journal_title_abs'],
    ['nlp_journal_title_intr', 'nlp_journal_title_intro'],
  ])('%s is near %s', (name, nearest) => {
    expect(nearestName(name, NAMES)).toBe(nearest);
  });

  test.each(['', 'x', 'completely-different', '日本語'])('nothing is near "%s"', (name) => {
    expect(nearestName(name, NAMES)).toBeUndefined();
  });

  test('few names are all shown where none is near, many are not', () => {
    expect(suggestName('qqqqq', ['rows', 'qrels2'])).toBe('use one of "rows", "qrels2".');
    expect(suggestName('qqqqq', [...NAMES, ...NAMES], 'the list')).toBe('see the list.');
    expect(suggestName('qqqqq', [])).toBeUndefined();
  });
});
