import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { loadTokenizer } from '../../src/tokenization/load-tokenizer.js';
import { encodeForModel } from '../../src/tokenization/text-tokenizer.js';
import { stripText } from '../../src/tokenization/white-space.js';
import { readGoldenModel } from '../golden-model-file.js';
import { describeShared, sharedPath } from '../shared.js';

/** Folders of the shared models that have a tokenizer.json at their root. */
const FOLDERS = [
  'all-MiniLM-L6-v2',
  'bert-bin-only',
  'bert-cls-dense-tanh',
  'bert-dense-layernorm',
  'bert-exclude-prompt',
  'bert-pool-all',
  'bert-prompts-truncate',
  'bert-xlmr-tokenizer',
  'gemma3-dense',
  'llama-sharded-flags',
  'llama-unigram-bytefallback',
  'modernbert-unigram',
  'qwen3-left-eos',
  'roformer-unigram',
  'xlmr-cls-metaspace',
  'xlmr-unigram',
];

function readJson(...parts: string[]): unknown {
  return JSON.parse(readFileSync(sharedPath('models', ...parts), 'utf8'));
}

describeShared('the ids of Python, exactly', () => {
  for (const folder of FOLDERS) {
    it(`are those of ${folder} for awkward texts with every prompt, and for 200 real sentences`, async () => {
      const golden = readGoldenModel(folder);
      const config = readJson(folder, 'config.json') as Record<string, unknown>;
      const length = existsSync(sharedPath('models', folder, 'sentence_bert_config.json'))
        ? (readJson(folder, 'sentence_bert_config.json') as { do_lower_case?: boolean })
        : {};
      const { tokenizer } = await loadTokenizer(sharedPath('models', folder), config, folder);
      const encode = (text: string): number[] => {
        const stripped = stripText(text);
        const ready = length.do_lower_case === true ? stripped.toLowerCase() : stripped;
        return encodeForModel(tokenizer, ready, golden.maxSeqLength).ids;
      };
      for (const set of golden.sets) {
        const actual = set.texts.map((text) => encode(set.prompt + golden.texts[text]));
        expect(actual).toEqual(set.ids);
      }
      const sentences = readJson(folder, 'golden-ids.json') as {
        readonly ids: number[][];
        readonly prompt?: string | null;
      };
      const texts = readJson('texts-200.json') as { readonly texts: readonly ({ readonly text: string } | string)[] };
      const plain = (Array.isArray(texts) ? texts : texts.texts) as readonly ({ readonly text: string } | string)[];
      const prompt = sentences.prompt ?? '';
      expect(plain.map((entry) => encode(prompt + (typeof entry === 'string' ? entry : entry.text)))).toEqual(
        sentences.ids,
      );
    });
  }
});
