import { describe, expect, it } from 'vitest';
import { readPublished, type PublishedScores } from '../../src/definitions/published.js';
import { loadDefinitions } from '../../src/definitions/catalogue.js';
import { scoringHash } from '../../src/definitions/scoring-hash.js';
import type { Family, TaskDefinition } from '../../src/definitions/types.js';
import { amongDraws, compareWithPublished, ordinal } from '../../src/leaderboard/compare-with-published.js';
import { taskResult, withoutScore } from '../results/example.js';

const published = readPublished().value as PublishedScores;
const SEED = 'sbintuitions/sarashina-embedding-v1-1b';
const FAMILY_OF: Record<string, Family> = Object.fromEntries(
  Object.entries(published.models[SEED]).flatMap(([family, tasks]) =>
    Object.keys(tasks).map((task) => [task, family as Family]),
  ),
);
const figure = (task: string, model = SEED): number =>
  Object.values(published.models[model][FAMILY_OF[task]]?.[task] ?? {})[0];
const measured = (task: string, value: number, change = {}) => taskResult(task, FAMILY_OF[task], value, change);
const compareOne = (task: string, value: number, change = {}, model = SEED) =>
  (compareWithPublished([measured(task, value, change)], published, model) ?? { tasks: [] }).tasks[0];

// published.md 4.1, in points: the 90 % column and the largest shift of the authors' own second run.
const CLASSES: [string, number, number][] = [
  ['jsts', 0.03, 0.05],
  ['esci', 0.15, 0.48],
  ['jsick', 0.97, 2.34],
  ['mrtydi', 0.43, 0.86],
  ['amazon_review_classification', 0.35, 0.9],
  ['massive_scenario_classification', 0.31, 0.46],
  ['massive_intent_classification', 0.8, 1.39],
  ['amazon_counterfactual_classification', 1.3, 1.9],
  ['mewsc16', 3.1, 5.92],
  ['livedoor_news', 4.8, 9.73],
];
const WITHOUT_CLASS = [
  'jaqket',
  'jagovfaqs_22k',
  'nlp_journal_title_abs',
  'nlp_journal_title_intro',
  'nlp_journal_abs_intro',
  'paws_x_ja',
];
/** A hundredth of what tables show: far above rounding, far below any class. */
const JUST = 0.0001;

describe('a measured score beside the published one', () => {
  it.each(CLASSES)('%s agrees up to %d points and is doubtful up to %d', (task, agrees, doubtful) => {
    const base = figure(task);
    for (const sign of [1, -1]) {
      const verdictAt = (points: number) => compareOne(task, base + (sign * points) / 100).verdict;
      expect(verdictAt(0)).toBe('agrees');
      expect(verdictAt(agrees - JUST)).toBe('agrees');
      expect(verdictAt(agrees)).toBe('agrees');
      expect(verdictAt(agrees + JUST)).toBe('doubtful');
      expect(verdictAt(doubtful - JUST)).toBe('doubtful');
      expect(verdictAt(doubtful)).toBe('doubtful');
      expect(verdictAt(doubtful + JUST)).toBe('differs');
      expect(verdictAt(20)).toBe('differs');
    }
  });

  it.each(CLASSES)('%s has the same edges for every published model', (task, agrees, doubtful) => {
    for (const model of Object.keys(published.models))
      for (const [points, verdict] of [
        [agrees, 'agrees'],
        [-agrees, 'agrees'],
        [doubtful, 'doubtful'],
        [-doubtful, 'doubtful'],
      ] as const)
        expect(compareOne(task, figure(task, model) + points / 100, {}, model).verdict, model).toBe(verdict);
  });

  it('is judged by the unrounded difference', () => {
    // Shown as +0.03, but more than the class of jsts.
    expect(compareOne('jsts', figure('jsts') + 0.034 / 100).verdict).toBe('doubtful');
  });

  it.each(WITHOUT_CLASS)('%s has no verdict, however near, and says why', (task) => {
    const row = compareOne(task, figure(task));
    expect(row.verdict).toBeNull();
    expect(row.reason).toMatch(/\w+/);
    expect(row.difference).toBeCloseTo(0, 12);
  });

  it('covers every task of the publication', () => {
    expect([...CLASSES.map(([task]) => task), ...WITHOUT_CLASS].sort()).toEqual(Object.keys(FAMILY_OF).sort());
  });

  it('has no verdict under another protocol or on other data', () => {
    const dataset = { ...measured('jsts', 0.5).dataset, changed: true };
    expect(compareOne('jsts', figure('jsts'), { protocol: 'corrected' })).toMatchObject({
      verdict: null,
      reason: 'measured under the protocol corrected',
    });
    expect(compareOne('jsts', figure('jsts'), { dataset })).toMatchObject({
      verdict: null,
      reason: 'the data differs from what the definition expects',
    });
  });

  it('has no verdict and no difference when it failed, is partial or undefined', () => {
    const [failed, partial] = [
      compareWithPublished([withoutScore('jsts', 'STS', 'failed', 'no room')], published, SEED)?.tasks[0],
      compareOne('jsts', figure('jsts'), { state: 'partial', reason: '--limit 10' }),
    ];
    expect(failed).toMatchObject({ measured: null, difference: null, verdict: null, reason: 'failed: no room' });
    expect(partial).toMatchObject({ measured: null, difference: null, verdict: null, reason: 'partial: --limit 10' });
    const undefinedScore = compareWithPublished([taskResult('jsts', 'STS', null)], published, SEED)?.tasks[0];
    expect(undefinedScore).toMatchObject({ difference: null, verdict: null, reason: '"spearman" is undefined' });
  });

  it('has no verdict when another metric was published, or nothing for the task', () => {
    const other = taskResult('jsts', 'STS', 0.8, {
      main: { metric: 'pearson', value: 0.8 },
      test: { cosine_similarity: { pearson: 0.8 } },
    });
    const comparison = compareWithPublished([other, taskResult('jaquad', 'Retrieval', 0.5)], published, SEED);
    expect(comparison?.tasks.map(({ task, published: p, reason }) => [task, p === null, reason])).toEqual([
      ['jaquad', true, 'not published for this model'],
      ['jsts', false, 'published is spearman, measured pearson'],
    ]);
  });

  it('has difference and scores in their units', () => {
    const row = compareOne('jsts', 0.8363);
    expect(row.measured).toBe(0.8363);
    expect(row.published).toBe(figure('jsts'));
    expect(row.difference).toBeCloseTo(83.63 - 85.2, 2);
    expect(row.verdict).toBe('differs');
  });

  it('carries the notes on rows that later measurements contradict', () => {
    expect(compareOne('jsts', 0.8363).notes.join()).toContain('83.63');
    expect(compareOne('jsick', 0.8).notes.join()).toContain('79.79');
    expect(compareOne('mrtydi', 0.4).notes.join()).toContain('40.75');
    expect(compareOne('massive_intent_classification', 0.8).notes.join()).toContain('81.21');
    expect(compareOne('jsts', 0.8, {}, 'intfloat/multilingual-e5-large').notes.join()).toContain('81.86');
    expect(compareOne('esci', 0.9).notes).toEqual([]);
  });
});

describe('a run beside a published row', () => {
  it('is null for a model that was not published', () => {
    expect(compareWithPublished([measured('jsts', 0.5)], published, 'local/mine')).toBeNull();
  });

  it('finds a model whatever its case', () => {
    expect(compareWithPublished([], published, SEED.toUpperCase())?.model).toBe(SEED);
  });

  it('compares averages over the tasks that both have, without a verdict', () => {
    const tasks = ['jsts', 'jsick', 'esci'];
    const comparison = compareWithPublished(
      [
        ...tasks.map((task) => measured(task, figure(task) + 0.01)),
        withoutScore('mewsc16', 'Clustering', 'failed', 'x'),
      ],
      published,
      SEED,
    );
    const [datasets, families] = comparison?.averages ?? [];
    expect(datasets).toMatchObject({ average: 'datasets', tasks: 3, of: 16, verdict: null });
    expect(datasets.difference).toBeCloseTo(1, 10);
    expect(datasets.published).toBeCloseTo((figure('jsts') + figure('jsick') + figure('esci')) / 3, 12);
    expect(families.published).toBeCloseTo(((figure('jsts') + figure('jsick')) / 2 + figure('esci')) / 2, 12);
    expect(comparison?.missing).toHaveLength(12);
  });

  it('of its own figures agrees everywhere, and in the averages to the last shown digit', () => {
    const comparison = compareWithPublished(
      Object.keys(FAMILY_OF).map((task) => measured(task, figure(task))),
      published,
      SEED,
    );
    expect(comparison?.tasks.filter(({ verdict }) => verdict === 'agrees')).toHaveLength(10);
    expect(
      comparison?.averages.map(({ measured: m, difference }) => [(100 * (m as number)).toFixed(2), difference]),
    ).toEqual([
      ['75.50', 0],
      ['74.72', 0],
    ]);
    expect(comparison?.missing).toEqual([]);
  });
});

describe('a published figure among draws', () => {
  const draws = Array.from({ length: 50 }, (_, i) => (i + 0.5) / 100);

  it('is placed in words', () => {
    expect(amongDraws(0.31, draws)?.text).toBe('published 31.00 lies at the 62nd percentile of 50 draws');
    expect(amongDraws(0.3, draws)).toEqual({
      count: 50,
      percentile: 60,
      text: 'published 30.00 lies at the 60th percentile of 50 draws',
    });
    expect(amongDraws(0.9, draws)?.text).toBe('published 90.00 lies above all 50 draws');
    expect(amongDraws(0.001, draws)?.text).toBe('published 0.10 lies below all 50 draws');
    expect(amongDraws(0.5, [])).toBeNull();
  });

  it('comes from the details of a clustering', () => {
    const row = compareOne('livedoor_news', 0.5, { details: { draws: [0.5, 0.6, 0.55, 0.4] } });
    expect(row.draws).toMatchObject({ count: 4, percentile: 75 });
    expect(compareOne('livedoor_news', 0.5, { details: { draws: [0.5] } }).draws).toBeNull();
    expect(compareOne('livedoor_news', 0.5, { details: { draws: 'x' } }).draws).toBeNull();
  });

  it('has English ordinals', () => {
    expect([0, 1, 2, 3, 4, 11, 12, 13, 21, 22, 63, 100].map(ordinal).join(' ')).toBe(
      '0th 1st 2nd 3rd 4th 11th 12th 13th 21st 22nd 63rd 100th',
    );
  });

  it('gives no verdict on results of another definition under the same id', () => {
    const { tasks } = loadDefinitions();
    const own = tasks.get('jsts') as TaskDefinition;
    const other = { ...own, columns: { ...own.columns, score: 'easier' } };
    const verdictOf = (definition: TaskDefinition) => {
      const scoredBy = { modelKey: 'a', definition: scoringHash(definition), versions: {} };
      const results = [measured('jsts', figure('jsts'), { scoredBy })];
      return compareWithPublished(results, published, SEED, tasks)?.tasks[0];
    };
    expect(verdictOf(own)).toMatchObject({ verdict: 'agrees', reason: null });
    expect(verdictOf(other)).toMatchObject({ verdict: null, reason: 'scored with another definition' });
  });
});
