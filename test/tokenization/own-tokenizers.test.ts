import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bertJapaneseTokenizer, subwordStage } from '../../src/tokenization/bert-japanese.js';
import { findDictionary } from '../../src/tokenization/find-dictionary.js';
import type { DictionaryName } from '../../src/tokenization/known-dictionaries.js';
import { loadTokenizer } from '../../src/tokenization/load-tokenizer.js';
import { encodeForModel } from '../../src/tokenization/text-tokenizer.js';
import { stripText } from '../../src/tokenization/white-space.js';
import { readGoldenModel } from '../golden-model-file.js';
import { describeShared, goldenPath, sharedPath } from '../shared.js';
import { writeTinyDictionary } from './vendored-dictionary.js';

interface Case {
  readonly title: string;
  readonly files: Readonly<Record<string, string>>;
  readonly model: Readonly<Record<string, string>>;
  readonly ids: readonly number[][];
}

interface Cases {
  readonly texts: readonly string[];
  readonly models: Readonly<Record<string, string>>;
  readonly tokenizers: readonly Case[];
}

const cases = JSON.parse(readFileSync(goldenPath('tokenizers', 'cases.json'), 'utf8')) as Cases;
let root: string;
let count = 0;

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'jmteb-own-'));
  writeTinyDictionary(join(root, 'mecab'));
});
afterAll(() => rmSync(root, { recursive: true }));

/** A model folder with files of a case, some of them changed; undefined leaves one out. */
function folderOf({ files, model }: Case, changes: Record<string, string | Uint8Array | undefined> = {}): string {
  const folder = join(root, String(count++));
  mkdirSync(folder);
  const models = Object.entries(model).map(([name, key]) => [name, Buffer.from(cases.models[key], 'base64')] as const);
  for (const [name, content] of [...Object.entries(files), ...models, ...Object.entries(changes)]) {
    if (content === undefined) rmSync(join(folder, name));
    else writeFileSync(join(folder, name), content);
  }
  return folder;
}

function caseOf(title: string): Case {
  return cases.tokenizers.find((one) => one.title === title) as Case;
}

describe('tokenizers without a tokenizer.json', () => {
  it.each(cases.tokenizers)('give the ids of Python for $title', async (one) => {
    const { tokenizer } = await loadTokenizer(folderOf(one), {}, one.title);
    const actual = cases.texts.map((text) => encodeForModel(tokenizer, text, null).ids);
    expect(actual).toEqual(one.ids);
  });

  it('name the files that they are read from, and the dictionary', async () => {
    const japanese = await loadTokenizer(folderOf(caseOf('BertJapanese, mecab, pieces')), {}, 'm');
    expect(japanese.files).toEqual(['vocab.txt', 'tokenizer_config.json']);
    expect(japanese.dictionary?.folder).toBe(join(root, 'mecab'));
    const luke = await loadTokenizer(folderOf(caseOf('MLuke, as saved')), {}, 'm');
    const lists = ['tokenizer_config.json', 'special_tokens_map.json', 'added_tokens.json'];
    expect(luke.files).toEqual(['sentencepiece.bpe.model', ...lists]);
    expect(luke.dictionary).toBeUndefined();
  });

  it('know their length, padding and unknown token, and cut texts so that special tokens stay', async () => {
    const { tokenizer } = await loadTokenizer(folderOf(caseOf('BertJapanese, mecab, pieces')), {}, 'm');
    expect([tokenizer.maxTokens, tokenizer.padId, tokenizer.unknownId]).toEqual([512, 0, 1]);
    const { ids, truncated } = encodeForModel(tokenizer, '猫'.repeat(9), 5);
    expect([ids.length, ids[0], ids[4], truncated]).toEqual([5, 2, 3, true]);
  });

  it('take another dictionary that is given', async () => {
    const one = caseOf('BertJapanese, mecab, pieces');
    const config = JSON.parse(one.files['tokenizer_config.json']) as Record<string, unknown>;
    const named = {
      'tokenizer_config.json': JSON.stringify({ ...config, mecab_kwargs: { mecab_dic: 'unidic_lite' } }),
    };
    const { tokenizer, dictionary } = await loadTokenizer(folderOf(one, named), {}, 'm', {
      given: join(root, 'mecab'),
    });
    expect(dictionary).toEqual({ folder: join(root, 'mecab'), name: 'unidic_lite' });
    expect(encodeForModel(tokenizer, cases.texts[2], null).ids).toEqual(one.ids[2]);
  });

  it('are refused with the file and the reason where something is wrong', async () => {
    const japanese = caseOf('BertJapanese, mecab, pieces');
    const pieces = caseOf('BertJapanese, mecab, SentencePiece');
    const luke = caseOf('MLuke, as saved');
    const config = JSON.parse(japanese.files['tokenizer_config.json']) as Record<string, unknown>;
    const set = (changes: object) => ({ 'tokenizer_config.json': JSON.stringify({ ...config, ...changes }) });
    const broken: [Case, Record<string, string | Uint8Array | undefined>, RegExp][] = [
      [japanese, { 'vocab.txt': undefined }, /vocab\.txt: there is no such file/],
      [japanese, { 'vocab.txt': 'a\nb\n' }, /vocab\.txt: the token "\[UNK\]" for unknown words is missing/],
      [japanese, { 'vocab.txt': Uint8Array.of(0x61, 0xff) }, /vocab\.txt: it is not UTF-8/],
      [pieces, { 'spiece.model': undefined }, /spiece\.model: there is no such file/],
      [pieces, { 'spiece.model': 'text' }, /spiece\.model: it is no SentencePiece model/],
      [luke, { 'sentencepiece.bpe.model': undefined }, /sentencepiece\.bpe\.model: there is no such file/],
      [luke, { 'added_tokens.json': '[]' }, /added_tokens\.json/],
      [japanese, set({ word_tokenizer_type: 'sudachi' }), /words of the type "sudachi" are not supported/],
      [japanese, set({ subword_tokenizer_type: 'bytes' }), /pieces of the type "bytes" are not supported/],
      [japanese, set({ mecab_kwargs: { mecab_dic: 'neologd' } }), /the MeCab dictionary "neologd" is not known/],
      [japanese, set({ mecab_kwargs: 7 }), /"mecab_kwargs" is no object/],
      [japanese, set({ mecab_kwargs: { mecab_option: '-d mecab -p' } }), /the option -p of MeCab/],
      [japanese, set({ mecab_kwargs: { mecab_option: '-d nowhere' } }), /the folder "nowhere"/],
      [japanese, set({ cls_token: null }), /it has no "cls_token"/],
      [japanese, set({ cls_token: 7 }), /7 is no token/],
      [japanese, set({ added_tokens_decoder: { x: { content: 'a' } } }), /the token "a" has the id null/],
    ];
    for (const [one, changes, message] of broken) {
      await expect(loadTokenizer(folderOf(one, changes), {}, 'm')).rejects.toThrow(message);
    }
  });

  it('are refused where their code is not known', async () => {
    const folder = folderOf(caseOf('MLuke, as saved'), {
      'tokenizer_config.json': '{"tokenizer_class": "PlamoTokenizer"}',
    });
    await expect(loadTokenizer(folder, {}, 'm')).rejects.toThrow('comes with code of its own');
    writeFileSync(join(folder, 'tokenizer_config.json'), '{"tokenizer_class": "SomeTokenizer"}');
    await expect(loadTokenizer(folder, {}, 'm')).rejects.toThrow(
      'has no tokenizer.json (its tokenizer is SomeTokenizer)',
    );
  });
});

/** Folders of shared models, and the dictionary of a Python package that each needs. */
const FOLDERS: readonly (readonly [string, DictionaryName | null])[] = [
  ['luke-sentencepiece', null],
  ['bert-japanese-mecab-tiny', null],
  ['bert-japanese-mecab-unidic', 'unidic_lite'],
  ['distilbert-japanese-spiece', 'unidic_lite'],
  ['bert-japanese-character-ipadic', 'ipadic'],
  ['bert-japanese-ipadic-nomodules', 'ipadic'],
];

function readJson(...parts: string[]): unknown {
  return JSON.parse(readFileSync(sharedPath('models', ...parts), 'utf8'));
}

function isThere(name: DictionaryName | null): boolean {
  try {
    if (name !== null) findDictionary({ name, modelFolder: '.', where: name });
    return true;
  } catch {
    return false;
  }
}

describeShared('the ids of Python, exactly', () => {
  for (const [folder, dictionary] of FOLDERS) {
    const reason = isThere(dictionary) ? '' : ` [skipped: ${dictionary} is in none of the usual places]`;
    it.skipIf(reason !== '')(`are those of ${folder} for awkward texts and 200 real sentences${reason}`, async () => {
      const golden = readGoldenModel(folder);
      const { tokenizer } = await loadTokenizer(sharedPath('models', folder), {}, folder);
      const encode = (text: string): number[] => encodeForModel(tokenizer, stripText(text), golden.maxSeqLength).ids;
      for (const set of golden.sets) {
        expect(set.texts.map((text) => encode(set.prompt + golden.texts[text]))).toEqual(set.ids);
      }
      const sentences = readJson(folder, 'golden-ids.json') as { readonly ids: number[][]; readonly prompt: string };
      const texts = readJson('texts-200.json') as readonly { readonly text: string }[];
      expect(texts.map(({ text }) => encode(sentences.prompt + text))).toEqual(sentences.ids);
    });
  }

  for (const [folder, dictionary] of FOLDERS) {
    if (dictionary === null) continue;
    it(`have the pieces of ${folder} from the words of MeCab, without ${dictionary}`, () => {
      const golden = readGoldenModel(folder);
      const config = readJson(folder, 'tokenizer_config.json') as Record<string, unknown>;
      const where = { folder: sharedPath('models', folder), where: folder, dictionary: {} };
      const source = { ...where, config, specialMap: {}, added: {} };
      const stage = subwordStage(source);
      let texts = 0;
      for (const { words, tokens, ids } of golden.sets) {
        for (const [i, list] of (words ?? []).entries()) {
          const pieces = (tokens as string[][])[i];
          // Special tokens in a text are set apart before words are.
          if (pieces.some((piece) => /^\[(SEP|CLS|PAD|MASK)\]$/.test(piece)) || list.includes('UNK')) continue;
          expect(list.flatMap(stage.subwords)).toEqual(pieces);
          const tokenizer = bertJapaneseTokenizer(source, () => [...list], stage);
          expect(encodeForModel(tokenizer, 'text', golden.maxSeqLength).ids).toEqual(ids[i]);
          texts += 1;
        }
      }
      expect(texts).toBeGreaterThan(30);
    });
  }
});
