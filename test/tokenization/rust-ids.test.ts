import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { loadTokenizer, type LoadedTokenizer } from '../../src/tokenization/load-tokenizer.js';
import { encodeForModel } from '../../src/tokenization/text-tokenizer.js';
import { describeFull, describeShared, hasShared, sharedPath } from '../shared.js';
import { awkwardTexts } from './awkward-texts.js';
import { describeRust, rustIds, rustTokenizer, type Rust } from './rust-tokenizers.js';

/** Real texts: questions, sentences, reviews, abstracts and paragraphs. */
const SOURCES: readonly (readonly [file: string, field: string])[] = [
  ['jsts/train.jsonl', 'sentence1'],
  ['jsick/train.jsonl', 'sentence2'],
  ['amazon_counterfactual_classification/train.jsonl', 'text'],
  ['mewsc16_ja/test.jsonl', 'text'],
  ['paws_x_ja/test.jsonl', 'sentence1'],
  ['jaquad-query/test.jsonl', 'query'],
  ['jaquad-corpus/corpus.jsonl', 'text'],
  ['jsquad-corpus/corpus.jsonl', 'text'],
  ['sib200_japanese_classification/train.jsonl', 'text'],
  ['nlp_journal_v16_v24_abs_intro-corpus/corpus.jsonl', 'text'],
];

/** Python builds the special tokens of this folder from flags, against its tokenizer.json. */
const FLAGS_WIN = 'llama-sharded-flags';

/** Texts spread evenly over the rows of all sources. */
function realTexts(count: number): string[] {
  const rows = SOURCES.map(([file, field]) => {
    const lines = readFileSync(sharedPath('data', 'jmteb', file), 'utf8')
      .trimEnd()
      .split('\n');
    return lines.map((line) => (JSON.parse(line) as Record<string, string>)[field]);
  });
  const texts: string[] = [];
  // Small sources are taken whole; the others give the same number each.
  for (const [i, source] of rows.sort((a, b) => a.length - b.length).entries()) {
    const wanted = Math.min(source.length, Math.ceil((count - texts.length) / (rows.length - i)));
    for (let n = 0; n < wanted; n++) texts.push(source[Math.floor((n * source.length) / wanted)]);
  }
  return texts;
}

/** Every folder of the shared models that has a tokenizer.json. */
const FOLDERS = hasShared
  ? readdirSync(sharedPath('models')).flatMap((name) =>
      [name, `${name}/0_StaticEmbedding`].filter((path) => existsSync(sharedPath('models', path, 'tokenizer.json'))),
    )
  : [];

function readJson(folder: string, file: string): Record<string, unknown> {
  const path = sharedPath('models', folder, file);
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>) : {};
}

function open(folder: string): Promise<LoadedTokenizer> {
  return loadTokenizer(sharedPath('models', folder), readJson(folder, 'config.json'), folder);
}

async function expectRustIds(library: Rust, folder: string, texts: readonly string[]): Promise<void> {
  const { tokenizer } = await open(folder);
  const other = rustTokenizer(library, readJson(folder, 'tokenizer.json'));
  const expected = await rustIds(other, texts);
  const differing = texts
    .map((text, i) => ({ text, ours: tokenizer.encode(text), rust: expected[i] }))
    .filter(({ ours, rust }) => ours.length !== rust.length || ours.some((id, i) => id !== rust[i]));
  expect(differing).toEqual([]);
}

/** Ids of every folder for texts that are made when they are needed. */
function forEachFolder(library: Rust, what: string, texts: () => readonly string[], timeout?: number): void {
  let made: readonly string[] | undefined;
  for (const folder of FOLDERS) {
    it(`are those of ${folder} for ${what}`, () => expectRustIds(library, folder, (made ??= texts())), timeout);
  }
}

describeShared('the ids of the Rust tokenizers', () => {
  describeRust('in short', (library) => {
    it('are asked for every folder', () => expect(FOLDERS.length).toBeGreaterThanOrEqual(17));

    forEachFolder(library, '200 real texts', () => realTexts(200));
    forEachFolder(library, '500 awkward texts', () => awkwardTexts(500, 1));

    for (const folder of FOLDERS.filter((name) => name !== FLAGS_WIN)) {
      it(`are those of ${folder} with special tokens, whole and cut to 16`, async () => {
        const { tokenizer } = await open(folder);
        const other = rustTokenizer(library, readJson(folder, 'tokenizer.json'));
        const texts = ['', ' ', ...realTexts(20), ...awkwardTexts(50, 2)];
        const cut = (most: number | null) => texts.map((text) => encodeForModel(tokenizer, text, most).ids);
        expect(cut(null)).toEqual(await rustIds(other, texts, true));
        other.setTruncation(16);
        expect(cut(16)).toEqual(await rustIds(other, texts, true));
      });
    }
  });
});

describeFull('the ids of the Rust tokenizers, at length', () => {
  describeRust('for every kind', (library) => {
    it('are asked for 5,000 texts', () => expect(realTexts(5000).length).toBe(5000));

    forEachFolder(library, '5,000 real texts', () => realTexts(5000), 600_000);
    forEachFolder(library, '20,000 awkward texts', () => awkwardTexts(20_000, 3), 600_000);
  });
});

describe('awkward texts', () => {
  it('are the same for the same seed, and hold no half surrogate pairs', () => {
    const texts = awkwardTexts(300, 7);
    expect(texts).toEqual(awkwardTexts(300, 7));
    expect(texts.filter((text) => /\p{Surrogate}/u.test(text))).toEqual([]);
  });
});
