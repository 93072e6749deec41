import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { openTask } from '../../src/datasets/open-task.js';
import { textLists } from '../../src/datasets/text-lists.js';
import type { TaskData } from '../../src/datasets/types.js';
import { loadDefinitions } from '../../src/definitions/catalogue.js';
import { CORRECTED } from '../../src/definitions/protocol.js';
import type { TaskDefinition } from '../../src/definitions/types.js';
import { inProcess } from '../../src/embedding/in-process-runner.js';
import { resolveModel } from '../../src/embedding/resolve-model.js';
import { evaluatorOf } from '../../src/families/registry.js';
import type { CandidateScores, VectorsOf } from '../../src/families/types.js';
import { matrix } from '../../src/numeric/matrix.js';
import { vectorsInMemory } from '../../src/vectors/in-memory.js';
import { describeFull, sharedPath } from '../shared.js';
import type { ReferenceResult } from './golden-cases.js';
import { OPTIONS } from './pair-source.js';

/** Equal sentences have cosine 1 give or take the last bit, and rounding ranks them: README of the goldens, STS. */
const STS_TOLERANCE = 2e-4;
/** Own vectors: README of the goldens, pair classification. */
const PAIR_TOLERANCE = 2e-5;
/** mteb ties equal sentences, as we do: its published Spearman of the cosine, six digits. */
const MTEB_JSICK = 0.713296;
const MTEB_TOLERANCE = 5e-6;

async function miniLm(texts: readonly (readonly string[])[]): Promise<(text: string) => Float32Array> {
  const model = await resolveModel(sharedPath('models', 'all-MiniLM-L6-v2'));
  const embedder = await model.open(inProcess({ device: 'cpu', threads: 2 }));
  const unique = [...new Set(texts.flat())];
  const { rows } = await embedder.embed(unique, { prompt: '' });
  await embedder.close();
  const at = new Map(unique.map((text, i) => [text, i]));
  return (text) => {
    const i = at.get(text) as number;
    return rows.subarray(i * model.dims, (i + 1) * model.dims);
  };
}

async function rowsAndVectors(id: string): Promise<{ readonly data: TaskData; readonly vectors: VectorsOf }> {
  const task = loadDefinitions().tasks.get(id) as TaskDefinition;
  const data = (await openTask(task, { dataDir: sharedPath('data', 'jmteb') })).data as TaskData;
  const lists = await Promise.all(
    textLists(data).map(async ({ split, role, texts }) => {
      const all: string[] = [];
      for await (const some of texts()) all.push(...some);
      return { name: `${split} ${role}`, all };
    }),
  );
  const vectorOf = await miniLm(lists.map((list) => list.all));
  const dims = vectorOf(lists[0].all[0]).length;
  const found = new Map(
    lists.map(({ name, all }) => {
      const values = new Float32Array(all.length * dims);
      all.forEach((text, i) => values.set(vectorOf(text), i * dims));
      const source = vectorsInMemory(matrix(values, all.length, dims));
      return [name, { source, index: Int32Array.from(all.keys()) }];
    }),
  );
  return { data, vectors: (split, role) => found.get(`${split} ${role}`) as ReturnType<VectorsOf> };
}

function expectNear(
  got: CandidateScores | null,
  expected: Record<string, Record<string, number>>,
  tolerance: number,
): void {
  for (const [candidate, metrics] of Object.entries(expected))
    for (const [metric, value] of Object.entries(metrics)) {
      // Thresholds are scores of one pair, not of the whole list: of the size of the vectors' own differences.
      if (metric.endsWith('threshold')) continue;
      const difference = Math.abs((got?.[candidate][metric] ?? NaN) - value);
      expect(difference, `${candidate} ${metric}`).toBeLessThanOrEqual(tolerance);
    }
}

describeFull('all-MiniLM-L6-v2 on real pairs', () => {
  test.each([
    ['jsick', 'STS', STS_TOLERANCE],
    ['paws_x_ja', 'PairClassification', PAIR_TOLERANCE],
  ] as const)(
    '%s has the scores of the reference, published and corrected',
    async (id, family, tolerance) => {
      const { data, vectors } = await rowsAndVectors(id);
      const minilm = (...path: string[]): unknown =>
        JSON.parse(readFileSync(sharedPath('goldens', 'families', 'minilm', ...path), 'utf8'));
      const published = minilm(family, `scores_${id}.json`) as ReferenceResult;
      const corrected = (minilm('corrected.json') as Record<string, Record<string, ReferenceResult>>)[family][id];
      for (const [protocol, expected] of [
        [OPTIONS.protocol, published],
        [CORRECTED, corrected],
      ] as const) {
        const result = await evaluatorOf(family).evaluate(data, vectors, { ...OPTIONS, protocol });
        expect(result.choice.value).toBe(expected.details[result.choice.name]);
        expectNear(result.validation, expected.details.val_scores, tolerance);
        expectNear(result.test, expected.details.test_scores, tolerance);
        if (id === 'jsick')
          expect(Math.abs((result.test.cosine_similarity.spearman ?? NaN) - MTEB_JSICK)).toBeLessThan(MTEB_TOLERANCE);
      }
    },
    600_000,
  );
});
