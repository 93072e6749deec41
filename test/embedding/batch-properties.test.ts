import { readdirSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { inProcess } from '../../src/embedding/in-process-runner.js';
import { resolveModel } from '../../src/embedding/resolve-model.js';
import type { Embedder } from '../../src/embedding/types.js';
import { UserError } from '../../src/errors.js';
import { japaneseModel } from '../doctor/tiny-japanese.js';
import { describeShared, hasShared, sharedPath } from '../shared.js';

/** Sums of float32 products differ with the shape of the batch that they are computed in. */
const BATCH_TOLERANCE = 1e-5;

/** Short and long, in several scripts, empty, white space only, and longer than any model here reads. */
const TEXTS = [
  '日本で一番高い山は何ですか。',
  '',
  ' \n\t　 ',
  'あ',
  'ｶﾀｶﾅと漢字、ひらがな、LatinとEmoji🍣が混ざった文です。',
  '自然言語処理は、人間が日常的に使っている言葉をコンピュータに処理させる技術である。'.repeat(3),
  'The quick brown fox jumps over the lazy dog.',
  '長い文章。'.repeat(150),
  '1234567890 ①②③ ㍿ Ⅳ',
  '電車が遅れたので、会議に間に合わなかった。',
];

/** Folders of replicas, and what of them is tested: models that a MeCab dictionary must be had for say so themselves. */
const FOLDERS = hasShared
  ? readdirSync(sharedPath('models'), { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !['dic-tiny', 'segmentation'].includes(entry.name))
      .map(({ name }) => name)
  : [];

const measured: string[] = [];

async function open(folder: string): Promise<{ embedder: Embedder; dims: number } | undefined> {
  try {
    const model = await resolveModel(folder, {});
    return { embedder: await model.open(inProcess({ threads: 2 })), dims: model.dims };
  } catch (thrown) {
    if (thrown instanceof UserError && /dictionary/.test(thrown.message)) return undefined;
    throw thrown;
  }
}

/** The largest difference of a text's vector to the one that it has alone, as a share of its largest component (at least 1). */
function worst(alone: readonly Float32Array[], rows: Float32Array, order: readonly number[], dims: number): number {
  let worst = 0;
  for (const [at, text] of order.entries()) {
    const largest = alone[text].reduce((most, value) => Math.max(most, Math.abs(value)), 1);
    for (let j = 0; j < dims; j++) worst = Math.max(worst, Math.abs(alone[text][j] - rows[at * dims + j]) / largest);
  }
  return worst;
}

async function expectIndependence(name: string, folder: string): Promise<void> {
  const opened = await open(folder);
  if (opened === undefined) {
    measured.push(`${name}: needs a MeCab dictionary`);
    return;
  }
  const { embedder, dims } = opened;
  const alone: Float32Array[] = [];
  for (const text of TEXTS) alone.push((await embedder.embed([text], { prompt: '' })).rows);
  for (const row of alone) expect(row.every(Number.isFinite)).toBe(true);
  const forwards = TEXTS.map((_, i) => i);
  const backwards = [...forwards].reverse();
  const rotated = [...forwards.slice(7), ...forwards.slice(0, 7)];
  let most = 0;
  for (const order of [backwards, rotated, [3, 7], [1, 7, 1]]) {
    const texts = order.map((i) => TEXTS[i]);
    for (const inOneBatch of [false, true]) {
      // All in one batch, every other text is padded to the longest.
      const { rows } = await embedder.embed(texts, { prompt: '', inOneBatch });
      most = Math.max(most, worst(alone, rows, order, dims));
    }
  }
  await embedder.close();
  measured.push(`${name}: ${most.toExponential(1)}`);
  expect(most).toBeLessThan(BATCH_TOLERANCE);
}

describe('a text has one vector, whatever stands beside it', () => {
  it('in a model made here', () => expectIndependence('made here', japaneseModel()));
});

describeShared('a text has one vector, whatever its batch, its place or its padding', () => {
  afterAll(() => {
    const title = 'largest difference to the text alone, as a share of its largest component:';
    process.stdout.write(`${title}\n${measured.join('\n')}\n`);
  });

  for (const folder of FOLDERS) it(`in ${folder}`, () => expectIndependence(folder, sharedPath('models', folder)));
});
