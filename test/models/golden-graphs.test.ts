import { existsSync } from 'node:fs';
import { expect, it } from 'vitest';
import { describeShared, sharedPath } from '../shared.js';
import { largestDifference, openIds, readGolden, type IdModel } from './golden-model.js';

/** shared/models/README.md: times the largest component of a row (at least 1), one text at a time. */
const ALONE = 1e-5;
/** The same, twice that for a padded batch. */
const BATCHED = 2e-5;
/** The values inside a network are given with 7 digits behind the point. */
const TRACED = 1e-5;
/** The movements of vectors by a wrong number are given with 3 digits. */
const MOVED = 6e-3;

const FOLDERS = [
  'bert-japanese-character-ipadic',
  'bert-japanese-ipadic-nomodules',
  'bert-japanese-mecab-tiny',
  'bert-japanese-mecab-unidic',
  'bert-xlmr-tokenizer',
  'distilbert-japanese-spiece',
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

/** The largest difference to the golden vectors over all sets. */
async function worstOf(model: IdModel, folder: string, atOnce: number): Promise<number> {
  const { golden, vectors } = readGolden(folder);
  let worst = 0;
  for (const { ids, rows, promptLength } of golden.sets) {
    const actual = await model.embed(ids, atOnce, promptLength ?? 0);
    worst = Math.max(worst, largestDifference(actual, vectors.slice(...rows)));
  }
  return worst;
}

describeShared('graphs of architectures, from stored ids', () => {
  for (const folder of FOLDERS) {
    it(`give the vectors of ${folder}, alone with one thread and in padded batches with two`, async () => {
      const { golden } = readGolden(folder);
      const [one, two] = [await openIds(folder, golden.padId), await openIds(folder, golden.padId, { threads: 2 })];
      expect(await worstOf(one, folder, 1)).toBeLessThan(ALONE);
      expect(await worstOf(two, folder, 16)).toBeLessThan(BATCHED);
      await Promise.all([one.close(), two.close()]);
    });

    it(`give the last hidden states of ${folder}`, async () => {
      const { golden } = readGolden(folder);
      const { first, last } = golden.trace.lastHiddenState;
      for (const [pooling, expected] of [
        ['cls', first],
        ['lasttoken', last],
      ] as const) {
        const model = await openIds(folder, golden.padId, { poolings: [pooling] });
        const [states] = await model.embed([golden.sets[0].ids[0]], 1);
        await model.close();
        expect(largestDifference([states.slice(0, expected.length)], [[...expected]])).toBeLessThan(TRACED);
      }
    });

    if (!existsSync(sharedPath('models', folder, 'golden.json'))) continue;
    for (const [wrong, moved] of Object.entries(readGolden(folder).golden.sensitivity ?? {})) {
      it(`move as those of sentence-transformers for ${folder} with a wrong ${wrong}`, async () => {
        const { golden, vectors } = readGolden(folder);
        const [, field, value] = /^(\w+): (\S+) instead of/.exec(wrong) as unknown as string[];
        const change = { [field]: Number.isNaN(Number(value)) ? value : Number(value) };
        const model = await openIds(folder, golden.padId, { change });
        const { ids, rows, promptLength } = golden.sets[0];
        const actual = await model.embed(ids, 1, promptLength ?? 0);
        await model.close();
        const most = Math.max(
          ...vectors.slice(...rows).flatMap((row, i) => row.map((v, j) => Math.abs(v - actual[i][j]))),
        );
        expect(Math.abs(most - moved)).toBeLessThan(MOVED * moved);
      });
    }
  }
});
