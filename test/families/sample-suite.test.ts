import { beforeAll, describe, expect, test } from 'vitest';
import { openTask } from '../../src/datasets/open-task.js';
import { textLists } from '../../src/datasets/text-lists.js';
import type { TaskData } from '../../src/datasets/types.js';
import { loadDefinitions } from '../../src/definitions/catalogue.js';
import type { TaskDefinition } from '../../src/definitions/types.js';
import { FAMILIES } from '../../src/definitions/types.js';
import { resolveCharNgram } from '../../src/embedding/char-ngram.js';
import { inProcess } from '../../src/embedding/in-process-runner.js';
import type { Embedder } from '../../src/embedding/types.js';
import { evaluatorOf, FAMILY_EVALUATORS } from '../../src/families/registry.js';
import type { FamilyResult, VectorsOf } from '../../src/families/types.js';
import { matrix } from '../../src/numeric/matrix.js';
import { RandomState } from '../../src/numeric/random-state.js';
import { vectorsInMemory } from '../../src/vectors/in-memory.js';
import { OPTIONS } from './pair-source.js';

const DIMS = 256;
const { tasks, suites } = loadDefinitions();
const sample = (suites.get('sample')?.tasks ?? []).map((id) => tasks.get(id) as TaskDefinition);
const rows = new Map<string, TaskData>();

/** Texts of a list, in order. */
async function textsOf(list: ReturnType<typeof textLists>[number]): Promise<string[]> {
  const texts: string[] = [];
  for await (const some of list.texts()) texts.push(...some);
  return texts;
}
async function vectorsOf(
  data: TaskData,
  embed: (texts: readonly string[]) => Promise<Float32Array>,
): Promise<VectorsOf> {
  const found = new Map<string, ReturnType<VectorsOf>>();
  for (const list of textLists(data)) {
    const texts = await textsOf(list);
    const source = vectorsInMemory(matrix(await embed(texts), texts.length, DIMS));
    found.set(`${list.split} ${list.role}`, { source, index: Int32Array.from(texts.keys()) });
  }
  return (split, role) => found.get(`${split} ${role}`) as ReturnType<VectorsOf>;
}
async function scored(
  data: TaskData,
  embed: (texts: readonly string[]) => Promise<Float32Array>,
): Promise<FamilyResult> {
  return evaluatorOf(data.family).evaluate(data, await vectorsOf(data, embed), OPTIONS);
}

beforeAll(async () => {
  for (const task of sample) {
    const { data, problems, warnings, changed } = await openTask(task);
    expect([task.id, problems, warnings, changed]).toEqual([task.id, [], [], []]);
    rows.set(task.id, data as TaskData);
  }
});

describe('the sample suite', () => {
  test('has one task a family, under the licence of the project, with its rows beside it', () => {
    expect(sample.map((task) => task.family).sort()).toEqual([...FAMILIES].sort());
    for (const { id, license, folder, splits } of sample) {
      expect([id, license, splits.validation, splits.test]).toEqual([id, 'MIT', 'validation', 'test']);
      expect(folder).toMatch(/tasks[\\/]sample$/);
    }
  });

  test('has 40 to 200 rows a task, every split with enough of them for its family', () => {
    for (const task of sample) {
      const { files, family } = rows.get(task.id) as TaskData;
      const total = files.reduce((sum, file) => sum + file.rows, 0);
      expect(total, task.id).toBeGreaterThanOrEqual(40);
      expect(total, task.id).toBeLessThanOrEqual(200);
      for (const file of files) expect([task.id, file.key, file.rows >= 16]).toEqual([task.id, file.key, true]);
      // Under `published` retrieval keeps no more documents than there are queries.
      if (family === 'Retrieval') for (const file of files) expect(file.rows).toBeGreaterThanOrEqual(10);
    }
  });

  test('says how many rows every file has, and how many of each label', () => {
    for (const { id, expect: expected, source, columns } of sample) {
      expect([id, Object.keys(expected ?? {})]).toEqual([id, Object.keys(source.files)]);
      for (const { rows, labels } of Object.values(expected ?? {})) {
        expect([id, rows]).toEqual([id, expect.any(Number)]);
        if (columns.label !== undefined)
          expect(
            Object.values(labels ?? {}).reduce((a, b) => a + b, 0),
            id,
          ).toBe(rows);
      }
    }
  });

  test('is written in Japanese, each text once in its file, none of the test texts in training', async () => {
    for (const [id, data] of rows) {
      const seen = new Map<string, string>();
      for (const list of textLists(data)) {
        const texts = await textsOf(list);
        for (const text of texts) expect([id, text, /[ぁ-ん]/.test(text)]).toEqual([id, text, true]);
        if (data.family === 'STS' || data.family === 'PairClassification') continue;
        for (const text of texts) {
          expect([id, list.split, text, seen.get(text)]).toEqual([id, list.split, text, undefined]);
          seen.set(text, list.split);
        }
      }
    }
  });

  test('has no pair twice, in validation or test', () => {
    for (const data of rows.values()) {
      if (data.family !== 'STS' && data.family !== 'PairClassification') continue;
      const { validation, test } = data.splits;
      const pairs = [validation, test].flatMap((split) =>
        (split?.sentence1 ?? []).map((a, i) => [a, split?.sentence2[i]].join()),
      );
      expect(new Set(pairs).size).toBe(pairs.length);
    }
  });

  test('names documents that are there, every one of a query once, with something to find', () => {
    for (const data of rows.values()) {
      if (data.family !== 'Retrieval' && data.family !== 'Reranking') continue;
      const known = new Set(data.corpus.ids);
      expect(known.size).toBe(data.corpus.ids.length);
      const { validation, test } = data.splits;
      for (const split of [validation, test]) {
        if (split === null) continue;
        const lists = 'relevant' in split ? split.relevant : split.candidates;
        for (const ids of lists) {
          expect(ids.length).toBeGreaterThan(0);
          expect(new Set(ids).size).toBe(ids.length);
          expect(ids.every((id) => known.has(id))).toBe(true);
        }
        if ('grades' in split) for (const grades of split.grades) expect(Math.max(...grades)).toBe(3);
      }
    }
  });
});

describe('scores of the sample suite', () => {
  let embedder: Embedder;
  beforeAll(async () => {
    const model = await resolveCharNgram({});
    embedder = await model.open(inProcess({ device: 'cpu', threads: 1 }));
    return () => embedder.close();
  });

  test.each(Object.keys(FAMILY_EVALUATORS))(
    '%s: character n-grams are in the middle, and better than noise',
    async (family) => {
      const data = [...rows.values()].find((candidate) => candidate.family === family) as TaskData;
      expect(evaluatorOf(data.family).check(data, OPTIONS.protocol)).toEqual([]);
      const baseline = await scored(data, async (texts) => (await embedder.embed(texts, { prompt: '' })).rows);
      const random = new RandomState(1);
      const noise = await scored(data, async (texts) => Float32Array.from(random.standardNormal(texts.length * DIMS)));
      const value = baseline.main.value ?? NaN;
      expect(value).toBeGreaterThan(0.1);
      expect(value).toBeLessThan(0.8);
      // Everything positive has an F1 of 0.571 here, which noise reaches as well.
      if (family !== 'PairClassification') expect(value).toBeGreaterThan((noise.main.value ?? NaN) + 0.05);
      expect(baseline.warnings).toEqual([]);
    },
  );
});
