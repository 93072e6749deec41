import { describe, expect, it } from 'vitest';
import { compareRuns } from '../../src/compare/compare-runs.js';
import { checkLosses } from '../../src/compare/gate.js';
import { reportedScores } from '../../src/compare/reported-scores.js';
import { comparisonCsv, comparisonMarkdown, comparisonText } from '../../src/compare/render-comparison.js';
import { taskStatistics } from '../../src/compare/task-statistics.js';
import type { RunItems } from '../../src/compare/types.js';
import type { Family } from '../../src/definitions/types.js';
import type { ItemColumn } from '../../src/families/types.js';
import { spearman } from '../../src/metrics/correlation.js';
import { f1Scores } from '../../src/metrics/f1-scores.js';
import { binaryF1 } from '../../src/metrics/pair-thresholds.js';
import { vMeasure } from '../../src/metrics/v-measure.js';
import { RandomState } from '../../src/numeric/random-state.js';
import { HASH } from '../results/example.js';
import { column, exampleRun, retrievalTask, type ExampleTask } from './example-runs.js';

const N = 60;
/** Sums of the same numbers in another order. */
const SUM = 1e-12;
const labels = (random: RandomState, count: number) => Array.from(random.randint(0, count, N));

/** For each family the columns of its table, and its score by the metric that the family itself uses. */
const FAMILIES: Record<
  Exclude<Family, 'Reranking'>,
  (random: RandomState) => { columns: ItemColumn[]; score: number; metric: string }
> = {
  Retrieval: (random) => {
    const shares = Array.from(random.randomSample(N));
    return { columns: [column('main', shares)], score: shares.reduce((a, b) => a + b, 0) / N, metric: 'ndcg@10' };
  },
  STS: (random) => {
    const [gold, score] = [labels(random, 6), Array.from(random.randomSample(N))];
    const value = spearman(Float64Array.from(gold), Float64Array.from(score)) ?? 0;
    return { columns: [column('gold', gold), column('score', score)], score: value, metric: 'spearman' };
  },
  Classification: (random) => {
    // Labels as datasets have them: with gaps, and one that is predicted and never there.
    const [gold, predicted] = [
      labels(random, 4).map((label) => 10 * label),
      labels(random, 5).map((label) => 10 * label),
    ];
    const { macro } = f1Scores(Float64Array.from(gold), Float64Array.from(predicted))!;
    return { columns: [column('gold', gold), column('predicted', predicted)], score: macro, metric: 'macro_f1' };
  },
  PairClassification: (random) => {
    const [gold, predicted] = [labels(random, 2), labels(random, 2)];
    const score = binaryF1(Uint8Array.from(predicted), Uint8Array.from(gold));
    return { columns: [column('gold', gold), column('predicted', predicted)], score, metric: 'binary_f1' };
  },
  Clustering: (random) => {
    const [gold, cluster] = [labels(random, 5), labels(random, 5)];
    const score = vMeasure(Float64Array.from(gold), Float64Array.from(cluster)).vMeasure;
    const texts: ItemColumn = { name: 'gold', type: 'text', values: gold.map(String) };
    return { columns: [texts, column('cluster', cluster)], score, metric: 'v_measure_score' };
  },
};

describe.each(Object.entries(FAMILIES))('items of %s', (family, make) => {
  it('give the score that the family gives', () => {
    const { columns, score, metric } = make(new RandomState(4));
    const ids = Array.from({ length: N }, (_, i) => String(i));
    const id: ItemColumn = { name: 'id', type: 'text', values: ids };
    const table = { rows: N, columns: [id, ...columns] };
    const { values, scoreOf } = taskStatistics(family as Family, metric, [table, table], ['a', 'b'], 't');
    expect(Math.abs(scoreOf(values[0])(new Float64Array(N).fill(1)) - score)).toBeLessThan(SUM);
  });

  it('show no difference of a run to itself, and refuse other gold labels', () => {
    const { columns, score } = make(new RandomState(4));
    const task: ExampleTask = { family: family as Family, value: score, columns };
    const [a, b] = ['a', 'b'].map((name) => exampleRun(name, { tasks: { t: task } }));
    const { differences } = compareRuns([a, b], { resamples: 200 }).tasks[0];
    expect(differences[0]).toMatchObject({ difference: 0, interval: [0, 0], p: 1, lossP: 1 });
    const gold = make(new RandomState(5)).columns;
    if (family === 'Retrieval') return;
    const other = exampleRun('b', { tasks: { t: { ...task, columns: [gold[0], columns[1]] } } });
    expect(() => compareRuns([a, other])).toThrow('"gold" of item');
  });
});

/** A run whose queries are worse by `loss` each, give or take. */
function worse(name: string, loss: number, seed: number, trainedOn: readonly string[] | null = []): RunItems {
  const [base, random] = [new RandomState(1), new RandomState(seed)];
  const shares = () => Array.from(base.randomSample(100), (share) => share - loss + 0.02 * random.standardNormal());
  return exampleRun(name, { tasks: { mrtydi: retrievalTask(shares()), jaqket: retrievalTask(shares()) }, trainedOn });
}

describe('several runs', () => {
  const runs = [worse('a', 0, 2), worse('b', 0.2, 3), worse('c', 0.001, 4)];

  it('are grouped, best first, by what an average can tell apart', () => {
    const { averages, tasks } = compareRuns(runs, { resamples: 500 });
    expect(averages[0].tieGroups).toEqual([['a', 'c'], ['b']]);
    expect(tasks[0].differences.map(({ a, b }) => `${a}${b}`)).toEqual(['ab', 'ac', 'bc']);
    expect(comparisonText(compareRuns(runs, { resamples: 200 }))).toContain('ties in brackets: [a, c] > [b]');
  });

  it('have averages over datasets, families and what no model was trained on', () => {
    const seen = [worse('a', 0, 2, ['mrtydi']), worse('b', 0.1, 3, [])];
    const comparison = compareRuns(seen, { resamples: 200 });
    expect(comparison.tasks.find(({ task }) => task === 'mrtydi')?.seenBy).toEqual(['a']);
    expect(comparison.averages.map(({ name }) => name)).toEqual([
      'mean over datasets (2)',
      'mean over families (1)',
      'mean over datasets not known to be trained on (1)',
    ]);
    const scores = seen.map(({ run }) => run.tasks.get('jaqket')?.main.value);
    expect(comparison.averages[2].scores).toEqual(scores);
  });

  it('say whose training data is unknown', () => {
    const comparison = compareRuns([worse('a', 0, 2, ['mrtydi']), worse('b', 0.1, 3, null)], { resamples: 200 });
    expect(comparison.runs.map(({ trainingKnown }) => trainingKnown)).toEqual([true, false]);
    expect(comparison.warnings).toContainEqual(expect.stringMatching(/not known.*: b$/));
  });
});

/** A clustering of 200 documents whose share `right` is in the cluster of its class; `draws` of five seeds. */
function clustering(right: number, draws: readonly number[]): ExampleTask {
  const random = new RandomState(9);
  const gold = Array.from(random.randint(0, 5, 200));
  const cluster = gold.map((label) => (random.randomSample() < right ? label : (label + 1) % 5));
  const value = vMeasure(Float64Array.from(gold), Float64Array.from(cluster)).vMeasure;
  const columns = [{ name: 'gold', type: 'text' as const, values: gold.map(String) }, column('cluster', cluster)];
  return {
    family: 'Clustering',
    value,
    columns,
    change: draws.length === 0 ? {} : { details: { draws: [value, ...draws] } },
  };
}

describe('a clustering in the gate', () => {
  const other = retrievalTask(Array.from(new RandomState(1).randomSample(50)));
  const verdicts = (a: ExampleTask, b: ExampleTask) => {
    const runs = [a, b].map((task, at) => exampleRun('ab'[at], { tasks: { jaqket: other, mewsc16: task } }));
    const comparison = compareRuns(runs, { resamples: 500 });
    return Object.fromEntries(checkLosses(comparison).map(({ name, verdict }) => [name, verdict]));
  };
  const spread = [0.02, -0.03, 0.04, -0.01];
  const around = (centre: number) => spread.map((offset) => centre + offset);

  it('of one seed never fails: a loss has no verdict and is in no mean that is judged', () => {
    const found = verdicts(clustering(0.95, []), clustering(0.6, []));
    expect(found).toEqual({ jaqket: 'passed', mewsc16: 'none' });
    expect(verdicts(clustering(0.6, []), clustering(0.95, [])).mewsc16).toBe('passed');
    expect(verdicts(clustering(0.9, []), clustering(0.9, [])).mewsc16).toBe('passed');
  });

  it('of five seeds passes within their spread and fails beyond it', () => {
    const [good, near, bad] = [0.95, 0.94, 0.5].map((right) => {
      const { value } = clustering(right, []);
      return clustering(right, around(value));
    });
    expect(verdicts(good, near).mewsc16).toBe('passed');
    expect(verdicts(good, bad)).toMatchObject({ mewsc16: 'failed', 'mean over datasets (2)': 'failed' });
  });
});

describe('scores that others reported', () => {
  const a = worse('a', 0, 2);
  const imported = {
    schema: 'jmteb/imported/1',
    model: 'owner/<b>model|',
    protocol: 'published',
    source: { format: 'jmteb-v1', file: 'summary.json', sha256: HASH },
    scores: { Retrieval: { mrtydi: { 'ndcg@10': 0.4 }, esci: { 'ndcg@10': 0.9 }, jaqket: { 'mrr@10': 0.5 } } },
  } as const;

  it('stand beside the runs without a test, metric by metric', () => {
    const { tasks, mean } = reportedScores('them', imported, [a]);
    const own = a.run.tasks.get('mrtydi')?.main.value;
    expect(tasks.map(({ scores }) => scores)).toEqual([[own], [null], [null]]);
    expect(mean).toEqual({ tasks: ['mrtydi'], reported: 0.4, scores: [own] });
  });

  it('are marked in every format, and hostile names stay text', () => {
    const reported = [reportedScores(imported.model, imported, [a])];
    const comparison = { ...compareRuns([a], { resamples: 200 }), reported };
    expect(comparisonText(comparison)).toContain('reported for owner/<b>model|, not tested');
    expect(comparisonMarkdown(comparison)).toContain('owner/&lt;b&gt;model&#124;, not tested');
    expect(comparisonCsv(comparison)).toMatch(/^reported,mrtydi,Retrieval,ndcg@10,,owner\/<b>model\|,a,/m);
  });
});
