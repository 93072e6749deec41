import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openInProcessRunner } from '../../src/embedding/in-process-runner.js';
import { resolveModel } from '../../src/embedding/resolve-model.js';
import type { EmbeddedTexts, EmbeddingResources, ModelOptions } from '../../src/embedding/types.js';
import { openInferenceProcess } from '../../src/run/inference-process.js';
import { describeShared, sharedPath } from '../shared.js';

const options = { device: 'cpu', threads: 1 };
/** Room for two rows of a batch. */
const childEntry = join(import.meta.dirname, 'small-memory-child.mjs');
/** Of very different lengths, so that each part of a batch could do with less padding than the whole. */
const TEXTS = [3, 40, 7, 90].map((words, i) => Array.from({ length: words }, (_, w) => `語${i}と${w}`).join('、'));

/** All texts in one batch, in this process or in one that has room for a part of it. */
async function embed(folder: string, given: ModelOptions, isSmall: boolean): Promise<EmbeddedTexts> {
  const model = await resolveModel(sharedPath('models', folder), { noPrompt: true, ...given });
  const resources: EmbeddingResources = {
    openRunner: (graph) =>
      isSmall ? openInferenceProcess(graph, { ...options, childEntry }) : openInProcessRunner(graph, options),
  };
  const embedder = await model.open(resources);
  try {
    return await embedder.embed(TEXTS, { prompt: '', inOneBatch: true });
  } finally {
    await embedder.close();
  }
}

describeShared('a batch that does not fit the memory', () => {
  it.each(['modernbert-unigram', 'onnx-export-all-dtypes'])(
    'gives the same bits in parts, in float32 on a processor, and nothing is said of it (%s)',
    async (folder) => {
      expect(await embed(folder, {}, true)).toEqual(await embed(folder, {}, false));
    },
  );

  it('is counted where its bits may depend on its parts', async () => {
    const parts = await embed('onnx-export-all-dtypes', { dtype: 'fp16' }, true);
    expect(parts.splitBatches).toBe(1);
    expect((await embed('onnx-export-all-dtypes', { dtype: 'fp16' }, false)).splitBatches).toBeUndefined();
  });
});
