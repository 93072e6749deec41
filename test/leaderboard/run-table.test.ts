import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { readPublished, type PublishedScores } from '../../src/definitions/published.js';
import { FAMILIES } from '../../src/definitions/types.js';
import { compareWithPublished } from '../../src/leaderboard/compare-with-published.js';
import { renderRunTable } from '../../src/leaderboard/run-table.js';
import type { SuiteTasks } from '../../src/leaderboard/suite-tasks.js';
import type { TaskResult } from '../../src/results/types.js';
import { taskResult, withoutScore } from '../results/example.js';

const suite: Pick<SuiteTasks, 'tasks' | 'averages'> = {
  averages: ['datasets', 'families'],
  tasks: [
    { id: 'jsts', family: 'STS' },
    { id: '私の分類', family: 'Classification' },
    { id: 'jsick', family: 'STS' },
    { id: 'jaqket', family: 'Retrieval' },
  ],
};
const complete = [
  taskResult('jsts', 'STS', 0.8363),
  taskResult('jsick', 'STS', 0.75),
  taskResult('jaqket', 'Retrieval', 0.5),
  taskResult('私の分類', 'Classification', 0.25),
];

describe('the final table of a run', () => {
  it('has a row a task, a row a family and the averages by name', () => {
    expect(renderRunTable({ suite, results: complete, style: 'plain' })).toBe(
      [
        'family          task             metric    score  choice             state',
        'Retrieval       jaqket           ndcg@10   50.00  cosine_similarity  done',
        'STS             jsick            spearman  75.00  cosine_similarity  done',
        'STS             jsts             spearman  83.63  cosine_similarity  done',
        'Classification  私の分類         macro_f1  25.00  knn_cosine_k_2     done',
        'Retrieval       mean over tasks            50.00                     1 of 1',
        'STS             mean over tasks            79.31                     2 of 2',
        'Classification  mean over tasks            25.00                     1 of 1',
        '',
        'average                 score',
        'mean over datasets (4)  58.41',
        'mean over families (3)  51.44',
        '',
      ].join('\n'),
    );
  });

  it('says what the draws of a clustering with several seeds are', () => {
    const details = {
      draws: [0.25, 0.75, 0.5],
      mean: 0.5,
      standardDeviation: 0.25,
      timesChosen: { MiniBatchKMeans: 2, Birch: 1, BisectingKMeans: 0 },
    };
    const results = [taskResult('jsts', 'Clustering', 0.25, { details })];
    const text = renderRunTable({ suite, results, style: 'plain' });
    expect(text).toContain(
      '\njsts: 3 draws from 25.00 to 75.00; mean 50.00; standard deviation 25.00; chosen: MiniBatchKMeans 2, Birch 1\n',
    );
  });

  it('says clearly what is incomplete and why', () => {
    const results: TaskResult[] = [
      taskResult('jsts', 'STS', 0.8),
      withoutScore('jsick', 'STS', 'failed', 'no room left'),
      taskResult('jaqket', 'Retrieval', 0.5, { state: 'partial', reason: '--limit 10' }),
    ];
    const text = renderRunTable({ suite, results, style: 'plain' });
    expect(text).toContain('STS             jsick            spearman      –  –                  failed\n');
    expect(text).toContain('Classification  私の分類         –             –  –                  not run\n');
    expect(text).toContain('Retrieval       mean over tasks                –                     0 of 1\n');
    expect(text).toContain('STS             mean over tasks            80.00                     1 of 2\n');
    expect(text).toMatch(/\nmean over 1 of 4 datasets: not comparable +80\.00\n/);
    expect(text).toContain('mean over families, 1 of 4 datasets: not comparable  80.00\n');
    expect(text).toContain('\njaqket: partial: --limit 10\n');
    expect(text).toContain('\n– jsick: failed: no room left\n');
    expect(text).toContain('\n– 私の分類: not run\n');
    expect(text).not.toContain('(4)');
  });

  it('shows an undefined score as – with the reason beneath', () => {
    const undefinedScore = taskResult('jsts', 'STS', null, { warnings: ['all gold scores are equal'] });
    const text = renderRunTable({ suite, results: [undefinedScore, ...complete.slice(1)], style: 'plain' });
    expect(text).toContain('– jsts: "spearman" is undefined: all gold scores are equal\n');
    expect(text).toContain('mean over 3 of 4 datasets: not comparable');
  });

  it('has – for averages when nothing is done', () => {
    const text = renderRunTable({ suite, results: [], style: 'plain' });
    expect(text).toMatch(/mean over 0 of 4 datasets: not comparable +–\n/);
  });

  it('names results of other runs in the folder apart', () => {
    const text = renderRunTable({ suite, results: [...complete, taskResult('esci', 'Reranking', 0.9)] });
    expect(text).toContain('also in this folder: esci\n');
    expect(text).toContain('mean over datasets (4)');
  });

  it('marks changed data', () => {
    const dataset = { ...complete[0].dataset, changed: true };
    const text = renderRunTable({ suite, results: [{ ...complete[0], dataset }], style: 'plain' });
    expect(text).toContain('done, data changed');
  });

  it('keeps its lines straight in a terminal', () => {
    const text = renderRunTable({ suite, results: complete });
    const rule = text.split('\n').find((line) => line.startsWith('─')) as string;
    for (const line of text.split('\n\n')[0].split('\n'))
      expect(stringWidth(line)).toBeLessThanOrEqual(stringWidth(rule));
  });
});

describe('the final table beside a published row', () => {
  const published = readPublished().value as PublishedScores;
  const SEED = 'sbintuitions/sarashina-embedding-v1-1b';
  const rows = FAMILIES.flatMap((family) =>
    Object.entries(published.models[SEED][family] ?? {}).map(([id, metrics]) => ({
      id,
      family,
      value: Object.values(metrics)[0],
    })),
  );
  const v1: Pick<SuiteTasks, 'tasks' | 'averages'> = { averages: ['datasets', 'families'], tasks: rows };

  it('has published scores, differences and verdicts, and both averages', () => {
    const results = rows.map(({ id, family, value }) => taskResult(id, family, id === 'jsts' ? 0.8363 : value));
    const comparison = compareWithPublished(results, published, SEED);
    const text = renderRunTable({ suite: v1, results, comparison, style: 'plain' });
    expect(text).toMatch(/family +task +metric +score +choice +state +published +difference +verdict\n/);
    expect(text).toMatch(/STS +jsts +spearman +83\.63 +cosine_similarity +done +85\.20 +-1\.57 +differs\n/);
    expect(text).toMatch(/Reranking +esci +ndcg@10 +93\.74 +cosine_similarity +done +93\.74 +0\.00 +agrees\n/);
    expect(text).toMatch(/Retrieval +jaqket .* done +72\.79 +0\.00 +–\n/);
    expect(text).toMatch(/mean over datasets \(16\) +75\.40 +75\.50 +-0\.10\n/);
    expect(text).toMatch(/mean over families \(6\) +74\.58 +74\.72 +-0\.13\n/);
    expect(text).toContain(`published: ${SEED} in ${published.benchmark}\n`);
    expect(text).toContain('nlp_journal_abs_intro, nlp_journal_title_abs, nlp_journal_title_intro: no verdict: ');
    expect(text).toMatch(/\njsts: .*83\.63/);
  });

  it('compares an incomplete run over the tasks that both have only', () => {
    const results = [taskResult('jsts', 'STS', 0.8363), taskResult('jsick', 'STS', 0.8)];
    const comparison = compareWithPublished(results, published, SEED);
    const text = renderRunTable({ suite: v1, results, comparison, style: 'plain' });
    expect(text).toMatch(/mean over 2 of 16 datasets: not comparable +81\.81 +– +–\n/);
    expect(text).toMatch(
      /mean over the 2 of 16 published datasets that this run has: 81\.81, published 82\.71 \(-0\.90\)\n/,
    );
  });

  it('places published clusterings among the draws', () => {
    const results = [taskResult('livedoor_news', 'Clustering', 0.5, { details: { draws: [0.5, 0.6, 0.55, 0.4] } })];
    const comparison = compareWithPublished(results, published, SEED);
    expect(renderRunTable({ suite: v1, results, comparison })).toContain(
      'livedoor_news: published 56.42 lies at the 75th percentile of 4 draws\n',
    );
  });
});
