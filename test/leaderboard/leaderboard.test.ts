import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { FAMILIES, type Family } from '../../src/definitions/types.js';
import { publishedRows } from '../../src/leaderboard/collect-rows.js';
import { leaderboard, type LeaderboardRow } from '../../src/leaderboard/leaderboard.js';
import { leaderboardMarkdown } from '../../src/leaderboard/render-leaderboard.js';
import type { SuiteTasks } from '../../src/leaderboard/suite-tasks.js';
import { scoringHash } from '../../src/definitions/scoring-hash.js';
import type { TaskDefinition } from '../../src/definitions/types.js';
import { points } from '../../src/results/points.js';
import { describeShared, sharedPath } from '../shared.js';

const sts = (id: string, version: number): TaskDefinition => ({
  id,
  version,
  family: 'STS',
  title: id,
  language: 'ja',
  source: { files: { test: `${id}.jsonl` } },
  splits: { validation: 'test', test: 'test' },
  columns: { sentence1: 'a', sentence2: 'b', score: 'gold' },
  mainMetric: 'spearman',
});
const small: SuiteTasks = {
  id: 'small',
  title: 'Small',
  averages: ['datasets', 'families'],
  tasks: [sts('jsts', 1), sts('jsick', 2), { id: 'jaqket', family: 'Retrieval' }],
};
const row = (model: string, scores: Record<string, number>, change: Partial<LeaderboardRow> = {}): LeaderboardRow => ({
  model,
  variant: 'v',
  source: 'measured',
  protocol: 'published',
  from: `${model}/v`,
  scores: new Map(Object.entries(scores)),
  ...change,
});
const scoredWith = (task: TaskDefinition): [string, { version: number; hash: string }] => [
  task.id,
  { version: task.version, hash: scoringHash(task) },
];
const full = (value: number) => ({ jsts: value, jsick: value, jaqket: value });

describe('the leaderboard', () => {
  it('ranks complete rows by the headline average and gives both averages', () => {
    const board = leaderboard(
      [row('a', { jsts: 0.5, jsick: 0.5, jaqket: 0.8 }), row('b', { jsts: 0.9, jsick: 0.9, jaqket: 0.1 })],
      small,
    );
    const [ranking] = board.rankings;
    expect(ranking.rows.map(({ rank, model }) => [rank, model])).toEqual([
      [1, 'b'],
      [2, 'a'],
    ]);
    expect(ranking.rows[0].meanOverDatasets).toBeCloseTo(1.9 / 3, 15);
    expect(ranking.rows[0].meanOverFamilies).toBeCloseTo(0.5, 15);
    expect(ranking.rows[0].families.map(({ family, mean, done, of }) => [family, mean, done, of])).toEqual([
      ['Retrieval', 0.1, 1, 1],
      ['STS', 0.9, 2, 2],
    ]);
    const byFamily = leaderboard(
      [row('a', { jsts: 0.5, jsick: 0.5, jaqket: 0.8 }), row('b', { jsts: 0.9, jsick: 0.9, jaqket: 0.1 })],
      {
        ...small,
        averages: ['families'],
      },
    );
    expect(byFamily.rankings[0].rows.map(({ model }) => model)).toEqual(['a', 'b']);
  });

  it('gives equal means the same rank, and the next one its place', () => {
    const rows = [row('c', full(0.5)), row('a', full(0.5)), row('b', full(0.7)), row('d', full(0.1))];
    expect(leaderboard(rows, small).rankings[0].rows.map(({ rank, model }) => [rank, model])).toEqual([
      [1, 'b'],
      [2, 'a'],
      [2, 'c'],
      [4, 'd'],
    ]);
  });

  it('does not depend on the order of the rows', () => {
    const rows = [row('c', full(0.5)), row('a', full(0.5)), row('b', { jsts: 1 }), row('d', { jsick: 1 })];
    expect(leaderboard([...rows].reverse(), small)).toEqual(leaderboard(rows, small));
  });

  it('never ranks an incomplete row, whatever its scores, and says what it lacks', () => {
    const board = leaderboard(
      [row('a', { jsts: 1, jaqket: 1 }, { reasons: new Map([['jsick', 'failed: no room']]) }), row('b', { jsts: 1 })],
      small,
    );
    expect(board.rankings).toEqual([]);
    expect(
      board.unranked.map(({ model, done, of, missing, reasons }) => ({ model, done, of, missing, reasons })),
    ).toEqual([
      { model: 'a', done: 2, of: 3, missing: ['jsick'], reasons: ['jsick: failed: no room'] },
      { model: 'b', done: 1, of: 3, missing: ['jaqket', 'jsick'], reasons: ['no score: jsick, jaqket'] },
    ]);
    expect(board.unranked[0].meanOverDatasets).toBe(1);
  });

  it('never ranks a row with changed data, or with another definition or version of one', () => {
    const board = leaderboard(
      [
        row('a', full(0.9), { changed: ['jsts', 'of-no-suite'] }),
        row('b', full(0.9), { definitions: new Map([scoredWith(sts('jsick', 1)), scoredWith(sts('jsts', 1))]) }),
        row('c', full(0.1), { changed: ['of-no-suite'], definitions: new Map([scoredWith(sts('jsick', 2))]) }),
        row('d', full(0.9), {
          definitions: new Map([scoredWith({ ...sts('jsick', 2), source: { files: { test: 'easier.jsonl' } } })]),
        }),
      ],
      small,
    );
    expect(board.rankings[0].rows.map(({ model }) => model)).toEqual(['c']);
    expect(board.unranked.map(({ reasons }) => reasons)).toEqual([
      ['the data differs from what the definition expects: jsts'],
      ['jsick: scored with version 1 of its definition, which now is 2'],
      ['jsick: scored with another definition of that name'],
    ]);
  });

  it('ranks each protocol by itself', () => {
    const board = leaderboard(
      [
        row('a', full(0.9), { protocol: 'published+sts-euclidean' }),
        row('b', full(0.8), { protocol: 'corrected' }),
        row('c', full(0.1)),
        row('d', full(0.2), { source: 'published', variant: null }),
      ],
      small,
    );
    expect(
      board.rankings.map(({ protocol, rows }) => [protocol, rows.map((r) => [r.rank, r.model, r.source])]),
    ).toEqual([
      [
        'published',
        [
          [1, 'd', 'published'],
          [2, 'c', 'measured'],
        ],
      ],
      ['corrected', [[1, 'b', 'measured']]],
      ['published+sts-euclidean', [[1, 'a', 'measured']]],
    ]);
  });

  it('leaves out rows that have no task of the suite, and scores that are none', () => {
    const board = leaderboard([row('a', { 'sample-sts': 1 }), row('b', { ...full(0.5), jsts: Number.NaN })], small);
    expect(board.rankings).toEqual([]);
    expect(board.unranked.map(({ model, missing }) => [model, missing])).toEqual([['b', ['jsts']]]);
  });

  it('ignores tasks that are not of the suite', () => {
    const board = leaderboard([row('a', { ...full(0.5), 'sample-sts': 1 })], small);
    expect(board.rankings[0].rows[0].meanOverDatasets).toBe(0.5);
  });
});

interface PublishedFile {
  models: Record<string, Record<Family, Record<string, Record<string, number>>>>;
}

describeShared('the leaderboard of the published JMTEB v1 scores', () => {
  const { models } = JSON.parse(readFileSync(sharedPath('published', 'jmteb-v1.json'), 'utf8')) as PublishedFile;
  const [any] = Object.values(models);
  const suite: SuiteTasks = {
    id: 'jmteb-v1',
    title: 'JMTEB v1',
    averages: ['datasets', 'families'],
    tasks: FAMILIES.flatMap((family) => Object.keys(any[family]).map((id) => ({ id, family }))),
  };
  const board = leaderboard(publishedRows({ id: 'jmteb-v1', models }), suite);
  const ranked = board.rankings[0].rows;
  const shown = new Map(
    ranked.map((r) => [r.model, [points(r.meanOverDatasets), ...r.families.map(({ mean }) => points(mean))]]),
  );

  it('ranks all 29 models over 16 datasets', () => {
    expect(suite.tasks).toHaveLength(16);
    expect(board.rankings).toHaveLength(1);
    expect(ranked).toHaveLength(29);
    expect(board.unranked).toEqual([]);
  });

  // The model card of sbintuitions/sarashina-embedding-v1-1b: six rows of Avg., Retrieval, STS, Classification,
  // Reranking, Clustering, PairClassification.
  it.each([
    ['OpenAI/text-embedding-3-large', '74.05 74.48 82.52 77.58 93.58 53.32 62.35'],
    ['cl-nagoya/ruri-large', '73.31 73.02 83.13 77.43 92.99 51.82 62.29'],
    ['pkshatech/GLuCoSE-base-ja-v2', '72.23 73.36 82.96 74.21 93.01 48.65 62.37'],
    ['pkshatech/RoSEtta-base-ja', '72.04 73.21 81.39 72.41 92.69 53.23 61.74'],
    ['intfloat/multilingual-e5-large', '70.90 70.98 79.70 72.89 92.96 51.24 62.15'],
    ['sbintuitions/sarashina-embedding-v1-1b', '75.50 77.61 82.71 78.37 93.74 53.86 62.00'],
  ])('shows %s as its card does', (model, expected) => {
    expect(shown.get(model)?.join(' ')).toBe(expected);
  });

  it('gives the averages with every digit that the published README states', () => {
    const stated: Record<string, number> = {
      'OpenAI/text-embedding-3-large': 74.049148,
      'cl-nagoya/ruri-large': 73.314347,
      'pkshatech/GLuCoSE-base-ja-v2': 72.226132,
      'pkshatech/RoSEtta-base-ja': 72.036113,
      'intfloat/multilingual-e5-large': 70.902376,
      'sbintuitions/sarashina-embedding-v1-1b': 75.501322,
    };
    for (const [model, average] of Object.entries(stated)) {
      const found = ranked.find((r) => r.model === model)?.meanOverDatasets as number;
      expect((100 * found).toFixed(6)).toBe(average.toFixed(6));
    }
  });

  it('gives every model the mean of its 16 figures, summed here in another order', () => {
    for (const [model, families] of Object.entries(models)) {
      const figures = Object.values(families)
        .flatMap((tasks) => Object.values(tasks).flatMap((metrics) => Object.values(metrics)))
        .sort((a, b) => a - b);
      expect(figures).toHaveLength(16);
      const mean = (100 * figures.reduce((sum, figure) => sum + figure, 0)) / 16;
      expect(shown.get(model)?.[0], model).toBe(mean.toFixed(2));
    }
  });

  // Averages over families from users.md 4 and published.md 5 (the leaderboard's rule until 2024-09-11).
  it.each([
    ['sbintuitions/sarashina-embedding-v1-1b', '74.72'],
    ['cl-nagoya/ruri-large', '73.45'],
    ['intfloat/multilingual-e5-large', '71.65'],
    ['OpenAI/text-embedding-3-large', '73.97'],
    ['OpenAI/text-embedding-3-small', '70.86'],
    ['OpenAI/text-embedding-ada-002', '69.48'],
    ['intfloat/multilingual-e5-base', '70.12'],
    ['intfloat/multilingual-e5-small', '69.52'],
    ['sentence-transformers/LaBSE', '64.70'],
    ['pkshatech/GLuCoSE-base-ja', '70.44'],
    ['cl-nagoya/sup-simcse-ja-base', '68.56'],
    ['cl-nagoya/sup-simcse-ja-large', '66.51'],
    ['cl-nagoya/unsup-simcse-ja-base', '65.07'],
    ['cl-nagoya/unsup-simcse-ja-large', '66.27'],
  ])('gives %s the mean over families %s', (model, expected) => {
    expect(points(ranked.find((r) => r.model === model)?.meanOverFamilies)).toBe(expected);
  });

  it('shows the seed row in the Markdown table', () => {
    expect(leaderboardMarkdown(board)).toContain(
      '| 1 | sbintuitions/sarashina-embedding-v1-1b | published | – | 75.50 | 74.72 | 77.61 | 82.71 | 78.37 | 93.74 | 53.86 | 62.00 |\n',
    );
  });
});
