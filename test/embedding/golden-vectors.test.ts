import { expect, it } from 'vitest';
import { inProcess } from '../../src/embedding/in-process-runner.js';
import { resolveModel } from '../../src/embedding/resolve-model.js';
import { readGoldenModel } from '../golden-model-file.js';
import { readFloat32 } from '../npy.js';
import { describeShared, sharedPath } from '../shared.js';

/** shared/models/README.md: 1e-5 times the largest component (at least 1) for one text at a time, twice that in a batch. */
const BATCHED = 2e-5;
/** The promise for this model, components below 1. */
const MINILM = 2e-6;

const FOLDERS = [
  'all-MiniLM-L6-v2',
  'bert-bin-only',
  'bert-cls-dense-tanh',
  'bert-dense-layernorm',
  'bert-exclude-prompt',
  'bert-japanese-mecab-tiny',
  'bert-pool-all',
  'bert-prompts-truncate',
  'bert-xlmr-tokenizer',
  'gemma3-dense',
  'llama-sharded-flags',
  'llama-unigram-bytefallback',
  'luke-sentencepiece',
  'modernbert-unigram',
  'qwen3-left-eos',
  'roformer-unigram',
  'xlmr-cls-metaspace',
  'xlmr-unigram',
];

async function compare(
  folder: string,
  options: { batchTokens?: number; threads: number; reverse?: boolean },
): Promise<number> {
  const golden = readGoldenModel(folder);
  const expected = readFloat32(sharedPath('models', folder, 'golden.npy'));
  const model = await resolveModel(sharedPath('models', folder), { batchTokens: options.batchTokens });
  expect(model.dims).toBe(expected.dims);
  const embedder = await model.open(inProcess({ threads: options.threads }));
  let worst = 0;
  for (const set of golden.sets) {
    const order = set.texts.map((_, i) => i);
    if (options.reverse === true) order.reverse();
    const texts = order.map((i) => set.prompt + golden.texts[set.texts[i]]);
    const call = { prompt: set.prompt, emptyPrompt: set.encode.name !== undefined && set.prompt === '' };
    const { rows, tokens } = await embedder.embed(texts, call);
    expect(tokens).toBe(set.ids.reduce((sum, ids) => sum + ids.length, 0));
    for (const [at, i] of order.entries()) {
      const row = (set.rows[0] + i) * expected.dims;
      let largest = 1;
      let difference = 0;
      for (let j = 0; j < expected.dims; j++) {
        largest = Math.max(largest, Math.abs(expected.data[row + j]));
        difference = Math.max(difference, Math.abs(expected.data[row + j] - rows[at * expected.dims + j]));
      }
      worst = Math.max(worst, difference / largest);
    }
  }
  await embedder.close();
  return worst;
}

describeShared('vectors of sentence-transformers', () => {
  for (const folder of FOLDERS) {
    it(`are those of ${folder}, with every prompt, in batches`, async () => {
      expect(await compare(folder, { threads: 1 })).toBeLessThan(folder === 'all-MiniLM-L6-v2' ? MINILM : BATCHED);
    });
  }

  it('are those of all-MiniLM-L6-v2 in any order, batch and number of threads', async () => {
    for (const options of [
      { threads: 2, reverse: true },
      { threads: 2, batchTokens: 1 },
      { threads: 1, batchTokens: 8192 },
    ]) {
      expect(await compare('all-MiniLM-L6-v2', options)).toBeLessThan(MINILM);
    }
  });
});
