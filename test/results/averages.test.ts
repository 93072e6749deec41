import { describe, expect, it } from 'vitest';
import type { Family } from '../../src/definitions/types.js';
import { familyMeans, meanOverDatasets, meanOverFamilies, scoreOf, type TaskScore } from '../../src/results/averages.js';
import { taskResult, withoutScore } from './example.js';

const score = (task: string, family: Family, value: number | null, state: TaskScore['state'] = 'done'): TaskScore => ({
  task,
  family,
  state,
  value,
});
const three = [score('a', 'Retrieval', 0.25), score('b', 'Retrieval', 0.75), score('c', 'STS', 1)];

describe('averages', () => {
  it('over datasets and over families are two numbers', () => {
    expect(meanOverDatasets(three)).toBe(2 / 3);
    expect(meanOverFamilies(three)).toBe(0.75);
    expect([...familyMeans(three)]).toEqual([
      ['Retrieval', { mean: 0.5, tasks: 2 }],
      ['STS', { mean: 1, tasks: 1 }],
    ]);
  });

  it('are null when nothing is scored: no data is not zero', () => {
    expect(meanOverDatasets([])).toBeNull();
    expect(meanOverFamilies([])).toBeNull();
    expect(meanOverDatasets([score('a', 'STS', null), score('b', 'STS', 0.5, 'partial')])).toBeNull();
  });

  it('never include tasks that failed, were skipped, are partial or undefined', () => {
    const others = [
      score('d', 'STS', 0, 'failed'),
      score('e', 'STS', 0, 'skipped'),
      score('f', 'STS', 0.1, 'partial'),
      score('g', 'Clustering', null),
      score('h', 'Clustering', Number.NaN),
    ];
    expect(meanOverDatasets([...others, ...three])).toBe(meanOverDatasets(three));
    expect(meanOverFamilies([...others, ...three])).toBe(meanOverFamilies(three));
    expect(familyMeans([...others, ...three]).has('Clustering')).toBe(false);
  });

  it('include a score of zero', () => {
    expect(meanOverDatasets([score('a', 'STS', 0), score('b', 'STS', 1)])).toBe(0.5);
  });

  it('do not depend on the order of the tasks, to the last digit', () => {
    const values = [0.1, 0.2, 0.3, 0.7, 1e-17, 0.6].map((value, i) => score(`t${i}`, i % 2 ? 'STS' : 'Reranking', value));
    expect(meanOverDatasets([...values].reverse())).toBe(meanOverDatasets(values));
    expect(meanOverFamilies([...values].reverse())).toBe(meanOverFamilies(values));
  });

  it('read results', () => {
    expect(scoreOf(taskResult('jsts', 'STS', 0.5))).toEqual(score('jsts', 'STS', 0.5));
    expect(scoreOf(withoutScore('jsts', 'STS', 'failed', 'x'))).toEqual(score('jsts', 'STS', null, 'failed'));
  });
});
