import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { inProcess } from '../../src/embedding/in-process-runner.js';
import { resolveModel } from '../../src/embedding/resolve-model.js';
import type { ModelOptions } from '../../src/embedding/types.js';
import { TINY_TOKENIZER, TINY_WORDS, writeTinyFolder } from '../models/tiny-bert.js';
import { float32Tensor, writeSafetensors, type NewTensor } from '../models/write-safetensors.js';

/** Means of a few small numbers in float32. */
const FLOAT32 = 1e-6;
const DIMS = 4;

const root = mkdtempSync(join(tmpdir(), 'jmteb-static-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let folders = 0;

const TABLE = Float32Array.from({ length: TINY_WORDS.length * DIMS }, (_, i) => (((i * 13) % 29) - 14) / 4);
const rowsOf = (words: string): number[][] =>
  words
    .split(' ')
    .filter((word) => word !== '')
    .map((word) => [...TABLE.subarray(TINY_WORDS.indexOf(word) * DIMS, (TINY_WORDS.indexOf(word) + 1) * DIMS)]);
const meanOf = (rows: number[][]): number[] =>
  Array.from({ length: DIMS }, (_, d) => rows.reduce((sum, row) => sum + row[d], 0) / Math.max(1, rows.length));

/** A folder as sentence-transformers writes it: table and tokenizer in a folder of their own, no special tokens. */
function staticFolder(
  tensors: ReadonlyMap<string, NewTensor>,
  { types = ['StaticEmbedding'], tokenizer = { ...TINY_TOKENIZER, truncation: null } as unknown } = {},
): string {
  const modules = types.map((type, idx) => ({
    idx,
    name: String(idx),
    path: `${idx}_${type}`,
    type: `sentence_transformers.models.${type}`,
  }));
  const none = ['config.json', 'tokenizer.json', 'tokenizer_config.json', '1_Pooling/config.json'];
  const folder = writeTinyFolder(
    join(root, `static${folders++}`),
    {
      ...Object.fromEntries(none.map((name) => [name, null])),
      'modules.json': modules,
      '0_StaticEmbedding/tokenizer.json': tokenizer,
    },
    null,
  );
  writeSafetensors(join(folder, '0_StaticEmbedding', 'model.safetensors'), tensors);
  return folder;
}

const table = (name = 'embedding.weight'): Map<string, NewTensor> =>
  new Map([[name, float32Tensor([TINY_WORDS.length, DIMS], TABLE)]]);

async function vectors(folder: string, texts: readonly string[], options: ModelOptions = {}): Promise<number[][]> {
  const model = await resolveModel(folder, options);
  const embedder = await model.open(inProcess({ threads: 1 }));
  const { rows } = await embedder.embed(texts, { prompt: '' });
  await embedder.close();
  return texts.map((_, i) => [...rows.subarray(i * DIMS, (i + 1) * DIMS)]);
}

function expectNear(actual: number[][], expected: number[][]): void {
  const differences = actual.flatMap((row, i) => row.map((value, d) => Math.abs(value - expected[i][d])));
  expect(Math.max(...differences)).toBeLessThan(FLOAT32);
}

describe('a static model', () => {
  const words = ['a b c', '', 'k', Array<string>(40).fill('a n').join(' ')];

  it('gives the mean of the rows of all tokens, and zeros where there is none, in any batch', async () => {
    const expected = words.map((text) => meanOf(rowsOf(text)));
    expectNear(await vectors(staticFolder(table()), words), expected);
    expectNear(await vectors(staticFolder(table()), words, { batchPolicy: 'single' }), expected);
    expectNear(await vectors(staticFolder(table('embeddings')), words), expected);
    expectNear(await vectors(staticFolder(table()), ['']), [meanOf([])]);
  });

  it('may be normalized, by its modules or by an option; zeros stay zeros', async () => {
    const unit = (x: number[]): number[] => x.map((value) => value / Math.max(1e-12, Math.hypot(...x)));
    const expected = words.map((text) => unit(meanOf(rowsOf(text))));
    expectNear(await vectors(staticFolder(table(), { types: ['StaticEmbedding', 'Normalize'] }), words), expected);
    expectNear(await vectors(staticFolder(table()), words, { normalize: true }), expected);
  });

  it('cuts texts only where its tokenizer file or an option says so', async () => {
    const truncation = { max_length: 3, strategy: 'LongestFirst', stride: 0, direction: 'Left' };
    const cut = staticFolder(table(), { tokenizer: { ...TINY_TOKENIZER, truncation } });
    expectNear(await vectors(cut, ['a b c d e']), [meanOf(rowsOf('c d e'))]);
    expectNear(await vectors(staticFolder(table()), ['a b c d'], { maxTokens: 2 }), [meanOf(rowsOf('a b'))]);
    expect((await resolveModel(staticFolder(table()))).settings.maxTokens).toBe(null);
  });

  it('is refused without a table, or with tensors that it does not use', async () => {
    await expect(resolveModel(staticFolder(table('weights')))).rejects.toThrow(/no table "embedding\.weight".*weights/);
    const more = new Map([...table(), ['mapping', float32Tensor([2], new Float32Array(2))]]);
    await expect(resolveModel(staticFolder(more))).rejects.toThrow(/does not use: mapping/);
  });
});
