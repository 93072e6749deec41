import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { openTask } from '../../src/datasets/open-task.js';
import { textLists } from '../../src/datasets/text-lists.js';
import type { TaskData } from '../../src/datasets/types.js';
import { loadDefinitions } from '../../src/definitions/catalogue.js';
import { CORRECTED, PUBLISHED } from '../../src/definitions/protocol.js';
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

/** Own vectors: README of the goldens. */
const RANKING_TOLERANCE = 2e-5;
/** `jsquad` has questions between two nearly equal paragraphs: its accuracies may move by two questions of 4,420. */
const JSQUAD_ACCURACY = 5e-4;
/** Embedding, not scoring, takes the time. */
const LONG = 900_000;

/** Rows of a task and a vector for each text, equal texts once. */
async function rowsAndVectors(id: string): Promise<{ readonly data: TaskData; readonly vectors: VectorsOf }> {
  const task = loadDefinitions().tasks.get(id) as TaskDefinition;
  const data = (await openTask(task, { dataDir: sharedPath('data', 'jmteb') })).data as TaskData;
  const model = await resolveModel(sharedPath('models', 'all-MiniLM-L6-v2'));
  const embedder = await model.open(inProcess({ device: 'cpu', threads: 2 }));
  const found = new Map<string, ReturnType<VectorsOf>>();
  for (const { split, role, texts } of textLists(data)) {
    const row = new Map<string, number>();
    const index: number[] = [];
    for await (const some of texts()) {
      for (const text of some) {
        if (!row.has(text)) row.set(text, row.size);
        index.push(row.get(text) as number);
      }
    }
    const { rows } = await embedder.embed([...row.keys()], { prompt: '' });
    const source = vectorsInMemory(matrix(rows, row.size, model.dims));
    found.set(`${split} ${role}`, { source, index: Int32Array.from(index) });
  }
  await embedder.close();
  return { data, vectors: (split, role) => found.get(`${split} ${role}`) as ReturnType<VectorsOf> };
}

function expectNear(id: string, got: CandidateScores | null, expected: Record<string, Record<string, number>>): void {
  for (const [candidate, metrics] of Object.entries(expected)) {
    for (const [metric, value] of Object.entries(metrics)) {
      const tolerance = id === 'jsquad' && metric.startsWith('accuracy') ? JSQUAD_ACCURACY : RANKING_TOLERANCE;
      const difference = Math.abs((got?.[candidate][metric] ?? NaN) - value);
      expect(difference, `${candidate} ${metric}`).toBeLessThanOrEqual(tolerance);
    }
  }
}

describeFull('rankings of all-MiniLM-L6-v2', () => {
  const goldens = (...path: string[]): string => sharedPath('goldens', 'families', 'minilm', ...path);
  const read = <T>(path: string): T => JSON.parse(readFileSync(path, 'utf8')) as T;
  const tasks = [
    ['Retrieval', 'nlp_journal_v16_v24_title_abs'],
    ['Retrieval', 'nlp_journal_v16_v24_title_intro'],
    ['Retrieval', 'nlp_journal_v16_v24_abs_intro'],
    ['Retrieval', 'jsquad'],
    ['Reranking', 'jsquad_rerank'],
  ] as const;
  test.each(tasks)(
    '%s %s are scored as the reference scores them, both readings',
    async (family, id) => {
      const { data, vectors } = await rowsAndVectors(id);
      const published = read<ReferenceResult>(goldens(family, `scores_${id}.json`));
      const corrected = read<Record<string, Record<string, ReferenceResult>>>(goldens('corrected.json'))[family][id];
      const all = read<Record<string, Record<string, CandidateScores>>>(goldens('all_test_scores.json'))[family][id];
      for (const [protocol, expected] of [
        [PUBLISHED, published],
        [CORRECTED, corrected],
      ] as const) {
        const result = await evaluatorOf(family).evaluate(data, vectors, { ...OPTIONS, threads: 2, protocol });
        expect(result.choice.value).toBe(expected.details.optimal_distance_metric);
        expectNear(id, result.validation, expected.details.val_scores);
        expectNear(id, result.test, expected.details.test_scores);
        if (protocol === PUBLISHED) expectNear(id, result.test, all as Record<string, Record<string, number>>);
      }
    },
    LONG,
  );
});
