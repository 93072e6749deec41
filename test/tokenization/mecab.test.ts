import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findDictionary } from '../../src/tokenization/find-dictionary.js';
import type { DictionaryName } from '../../src/tokenization/known-dictionaries.js';
import { Mecab } from '../../src/tokenization/mecab.js';
import { readMecabDictionary } from '../../src/tokenization/mecab-dictionary.js';
import { goldenPath, hasShared, sharedPath } from '../shared.js';
import { writeTinyDictionary } from './vendored-dictionary.js';

interface CutText {
  readonly text: string;
  readonly words: readonly string[];
}

let folder: string;
let mecab: Mecab;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'jmteb-mecab-'));
  mecab = new Mecab(readMecabDictionary(writeTinyDictionary(folder)));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('Mecab', () => {
  const golden = JSON.parse(readFileSync(goldenPath('mecab', 'words.json'), 'utf8')) as { texts: readonly CutText[] };

  it.each(golden.texts.map(({ text, words }) => [JSON.stringify(text.slice(0, 40)), text, words]))(
    'cuts %s as MeCab does',
    (_, text, words) => expect(mecab.words(text as string)).toEqual(words),
  );

  it('gives the same words whatever was cut before', () => {
    const texts = golden.texts.slice(0, 20).map(({ text }) => text);
    const before = texts.map((text) => mecab.words(text));
    expect(texts.toReversed().map((text) => mecab.words(text))).toEqual(before.toReversed());
  });

  it('ends a text at U+0000, drops white space, and cuts half of a surrogate pair off as a character', () => {
    expect(mecab.words('猫\0犬')).toEqual(['猫']);
    expect(mecab.words('   ')).toEqual([]);
    expect(mecab.words('\ud842猫')).toEqual(['\ud842', '猫']);
  });

  it('takes a long run of one kind in the time of its length', () => {
    const started = performance.now();
    expect(mecab.words('ア'.repeat(200_000)).length).toBeGreaterThan(0);
    expect(mecab.words(' '.repeat(200_000) + '猫')).toEqual(['猫']);
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});

/** The dictionary of a Python package, or why there is none. */
function dictionaryOf(name: DictionaryName): { readonly folder: string; readonly reason: string } {
  if (!hasShared) return { folder: '', reason: ' [skipped: needs the folder "shared" beside the checkout]' };
  try {
    return { folder: findDictionary({ name, modelFolder: '.', where: name }).folder, reason: '' };
  } catch {
    return { folder: '', reason: ` [skipped: ${name} is in none of the usual places]` };
  }
}

interface Segmentation {
  readonly texts: readonly { file: string; line: number; field: string; words: string[] }[];
  readonly edge: readonly CutText[];
}

for (const [name, file] of [
  ['unidic_lite', 'unidic-lite.json'],
  ['ipadic', 'ipadic.json'],
] as const) {
  const { folder: dictionary, reason } = dictionaryOf(name);
  describe.skipIf(reason !== '')(`Mecab with ${name} and real sentences${reason}`, () => {
    it('cuts 300 real sentences and all awkward texts as MeCab does', () => {
      const cutter = new Mecab(readMecabDictionary(dictionary));
      const golden = JSON.parse(readFileSync(sharedPath('models', 'segmentation', file), 'utf8')) as Segmentation;
      const lines = new Map<string, string[]>();
      const textAt = (entry: Segmentation['texts'][number]): string => {
        const path = sharedPath('data', 'jmteb', entry.file);
        if (!lines.has(path)) lines.set(path, readFileSync(path, 'utf8').split('\n'));
        const row = JSON.parse((lines.get(path) as string[])[entry.line - 1]) as Record<string, string>;
        return row[entry.field];
      };
      const all = [...golden.texts.map((entry) => ({ text: textAt(entry), words: entry.words })), ...golden.edge];
      expect(golden.texts.length).toBe(300);
      for (const { text, words } of all) expect(cutter.words(text.normalize('NFKC'))).toEqual(words);
    });
  });
}
