import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openTask } from '../../src/datasets/open-task.js';
import { drawnRows, shares } from '../../src/datasets/subset-rows.js';
import type { DataOf } from '../../src/datasets/types.js';
import { loadDefinitions } from '../../src/definitions/catalogue.js';
import { promptFor } from '../../src/definitions/model-prompts.js';
import { scoringHash } from '../../src/definitions/scoring-hash.js';
import { readTaskDefinition } from '../../src/definitions/task-definition.js';
import type { Family, TaskDefinition } from '../../src/definitions/types.js';
import { throwProblems } from '../../src/errors.js';
import { mulberry32 } from '../pseudo-random.js';
import { describeShared, sharedPath } from '../shared.js';

const scratch = mkdtempSync(join(tmpdir(), 'jmteb-subset-'));
afterAll(() => rmSync(scratch, { recursive: true }));

const texts = Array.from({ length: 300 }, (_, i) => `文${i}`);

/** The same rows in another order. */
function shuffled<T>(values: readonly T[], seed: number): T[] {
  const random = mulberry32(seed);
  return values
    .map((value) => ({ value, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ value }) => value);
}

describe('drawnRows', () => {
  it('takes the rows with the smallest digests of seed and content, in the order of the file', () => {
    const digest = (text: string): string => createHash('sha256').update(`7\n${text}`).digest('hex');
    const smallest = [...texts].sort((a, b) => (digest(a) < digest(b) ? -1 : 1)).slice(0, 40);
    const drawn = drawnRows(texts, 40, 7);
    expect(drawn.map((i) => texts[i]).sort()).toEqual(smallest.sort());
    expect(drawn).toEqual([...drawn].sort((a, b) => a - b));
  });

  it('draws the same rows whatever their order, others with another seed, and fewer of the same when fewer are asked', () => {
    const drawn = (all: readonly string[], rows: number, seed: number) => drawnRows(all, rows, seed).map((i) => all[i]);
    expect(drawn(shuffled(texts, 1), 50, 0).sort()).toEqual(drawn(texts, 50, 0).sort());
    expect(drawn(texts, 50, 1)).not.toEqual(drawn(texts, 50, 0));
    expect(drawn(texts, 50, 0)).toEqual(expect.arrayContaining(drawn(texts, 20, 0)));
    expect(drawnRows(texts, 1000, 0)).toHaveLength(300);
  });

  it('keeps repeated rows apart and counts each', () => {
    expect(drawnRows(['a', 'a', 'a', 'a'], 3, 0)).toEqual([0, 1, 2]);
  });

  it('keeps the share of every label, whatever the order', () => {
    const labels = texts.map((_, i) => (i % 10 === 0 ? 1 : 0));
    const rows = texts.map((text, i) => ({ text, label: labels[i] }));
    const draw = (all: typeof rows) =>
      drawnRows(
        all.map(({ text }) => text),
        50,
        3,
        all.map(({ label }) => label),
      ).map((i) => all[i]);
    const drawn = draw(rows);
    expect(drawn.filter(({ label }) => label === 1)).toHaveLength(5);
    expect(drawn).toHaveLength(50);
    const names = (all: typeof rows) => all.map(({ text }) => text).sort();
    expect(names(draw(shuffled(rows, 5)))).toEqual(names(drawn));
  });
});

describe('shares', () => {
  const labels = (counts: Record<string, number>) =>
    Object.entries(counts).flatMap(([label, count]) => Array.from({ length: count }, () => label));

  it('rounds to the largest remainders', () => {
    expect([...shares(labels({ a: 50, b: 30, c: 20 }), 7)]).toEqual([
      ['a', 4],
      ['b', 2],
      ['c', 1],
    ]);
  });

  it('leaves no label without a row while there is room, and never gives more than there are', () => {
    expect([...shares(labels({ a: 98, b: 1, c: 1 }), 5).values()]).toEqual([3, 1, 1]);
    expect([...shares(labels({ a: 3, b: 1 }), 10).values()]).toEqual([3, 1]);
    const few = [...shares(labels({ a: 5, b: 5, c: 5 }), 2).values()];
    expect(few.reduce((a, b) => a + b)).toBe(2);
  });

  it('adds up, within one row of the exact share where no label is rare', () => {
    const random = mulberry32(2);
    for (let round = 0; round < 50; round++) {
      const counts = Object.fromEntries(
        Array.from({ length: 8 }, (_, i) => [`l${i}`, 20 + Math.floor(random() * 200)]),
      );
      const all = labels(counts);
      const rows = 8 + Math.floor(random() * (all.length - 8));
      const given = shares(shuffled(all, round), rows);
      expect([...given.values()].reduce((a, b) => a + b)).toBe(rows);
      for (const [label, count] of given)
        expect(Math.abs(count - Math.max(1, (counts[label as string] * rows) / all.length))).toBeLessThanOrEqual(1);
    }
  });
});

describe('a task that is part of another', () => {
  const write = (name: string, rows: readonly object[]): void =>
    writeFileSync(join(scratch, name), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  const definition = (over: object): TaskDefinition => {
    const path = join(scratch, 'part.json');
    const whole = {
      ...{ id: 'part', version: 1, family: 'Retrieval', title: 'T', language: 'ja', mainMetric: 'ndcg@10' },
      source: { files: { v: 'v.jsonl', t: 't.jsonl', c: 'c.jsonl' } },
      splits: { validation: 'v', test: 't', corpus: 'c' },
      columns: { query: 'q', relevant: 'r', documentId: 'd', text: 'x' },
      subset: { of: 'whole', seed: 0, rows: { test: 10, validation: 5 }, otherDocuments: 20 },
    };
    writeFileSync(path, JSON.stringify({ ...whole, ...over }));
    const reading = readTaskDefinition(path);
    throwProblems(reading.problems);
    return reading.value as TaskDefinition;
  };
  const queries = (first: number, count: number) =>
    Array.from({ length: count }, (_, i) => ({ q: `問${first + i}`, r: [`d${first + i}`] }));
  const corpus = Array.from({ length: 200 }, (_, i) => ({ d: `d${i}`, x: `文${i}` }));

  it('has the drawn queries, every document relevant to them, and the drawn others', async () => {
    write('v.jsonl', queries(0, 30));
    write('t.jsonl', queries(30, 60));
    write('c.jsonl', corpus);
    const data = (await openTask(definition({}))).data as DataOf<'Retrieval'>;
    expect(data.splits.test.query).toHaveLength(10);
    expect(data.splits.validation?.query).toHaveLength(5);
    expect(data.corpus.ids).toHaveLength(35);
    const relevant = [...data.splits.test.relevant, ...(data.splits.validation?.relevant ?? [])].flat();
    expect([...data.corpus.ids]).toEqual(expect.arrayContaining(relevant));

    write('v.jsonl', shuffled(queries(0, 30), 1));
    write('t.jsonl', shuffled(queries(30, 60), 2));
    write('c.jsonl', shuffled(corpus, 3));
    const again = (await openTask(definition({}))).data as DataOf<'Retrieval'>;
    expect([...again.corpus.ids].sort()).toEqual([...data.corpus.ids].sort());
    expect([...again.splits.test.query].sort()).toEqual([...data.splits.test.query].sort());

    const smoke = (await openTask(definition({}), { limit: 3 })).data as DataOf<'Retrieval'>;
    expect(smoke.splits.test.query).toEqual(again.splits.test.query.slice(0, 3));
    expect(smoke.corpus.ids).toHaveLength(3 + 3 + 3);
  });

  it('is scored under another hash than the whole, and with another seed under another again', () => {
    const hashes = [
      definition({ subset: undefined }),
      definition({}),
      definition({ subset: { of: 'whole', seed: 1, rows: { test: 10 } } }),
    ].map(scoringHash);
    expect(new Set(hashes).size).toBe(3);
  });

  it('has the prompts that a model puts before the whole, unless it has its own', () => {
    const prompts = { query: '', tasks: { whole: { query: '全: ' } } };
    expect(promptFor(prompts, definition({}), 'query')).toBe('全: ');
    const own = { ...prompts, tasks: { ...prompts.tasks, part: { query: '部: ' } } };
    expect(promptFor(own, definition({}), 'query')).toBe('部: ');
  });

  it.each([
    [{ of: 'part', seed: 0, rows: {} }, '"subset.of" is the task itself'],
    [{ of: 'whole', seed: 0, rows: { train: 5 } }, '"subset.rows.train" is a split that the task does not have'],
    [{ of: 'whole', seed: 0, rows: {}, stratifyBy: 'label' }, '"subset.stratifyBy" is "label", a column that the'],
    [{ of: 'whole', seed: 0, rows: { test: 0 } }, 'subset.rows.test'],
    [{ of: 'whole', seed: -1, rows: {} }, 'subset.seed'],
    [{ of: 'whole', rows: {} }, 'subset.seed'],
  ])('is refused with %j', (subset, message) => {
    expect(() => definition({ subset })).toThrow(message);
  });
});

describe('the suite gate', () => {
  const { suites, tasks } = loadDefinitions();
  const parts = (suites.get('gate')?.tasks ?? []).map((id) => tasks.get(id) as TaskDefinition);

  it('has parts of tasks of JMTEB v1 that say the same as the whole, of every family', () => {
    const told = ({ id: _, title: __, notes: ___, subset: ____, ...rest }: TaskDefinition) => rest;
    for (const part of parts) {
      const whole = tasks.get(part.subset?.of ?? '') as TaskDefinition;
      expect(suites.get('jmteb-v1')?.tasks).toContain(whole.id);
      expect(part.id).toBe(`gate_${whole.id}`);
      expect(told(part)).toEqual(told(whole));
    }
    expect(new Set(parts.map(({ family }) => family)).size).toBe(6);
  });

  describeShared('of rows at hand', () => {
    const sizes = async <F extends Family>(id: string, _family: F): Promise<DataOf<F>> => {
      const reading = await openTask(tasks.get(id) as TaskDefinition, { dataDir: sharedPath('data', 'jmteb') });
      expect(reading.problems).toEqual([]);
      return reading.data as DataOf<F>;
    };

    it('has as many rows as it says, with the shares of the labels', async () => {
      const sts = await sizes('gate_jsts', 'STS');
      expect([sts.splits.validation?.score.length, sts.splits.test.score.length]).toEqual([500, 1457]);
      const pairs = await sizes('gate_paws_x_ja', 'PairClassification');
      // 883 of 2,000 pairs are paraphrases.
      expect(pairs.splits.test.label.filter((label) => Number(label) === 1)).toHaveLength(Math.floor(883 / 2));
      const reviews = await sizes('gate_amazon_counterfactual_classification', 'Classification');
      // 525 of 5,600.
      expect(reviews.splits.train.label.filter((label) => Number(label) === 1)).toHaveLength(
        Math.floor((525 / 5600) * 2000),
      );
      const news = await sizes('gate_mewsc16', 'Clustering');
      expect(new Set(news.splits.validation?.label).size).toBe(12);
    });

    it('takes rows of the file', async () => {
      const lines = readFileSync(sharedPath('data', 'jmteb', 'jsts', 'train.jsonl'), 'utf8');
      const { splits } = await sizes('gate_jsts', 'STS');
      for (const sentence of splits.validation?.sentence1 ?? []) expect(lines).toContain(JSON.stringify(sentence));
    });
  });
});
