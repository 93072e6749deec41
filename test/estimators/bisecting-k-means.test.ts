import { describe, expect, it } from 'vitest';
import { bisectingKMeans } from '../../src/estimators/bisecting-k-means.js';
import type { Bisection } from '../../src/estimators/bisecting-k-means.js';
import { matrix } from '../../src/numeric/matrix.js';
import { describeShared } from '../shared.js';
import { expectFits, goldenJson, inputOf, NO_INERTIA, REAL } from './k-means-goldens.js';

interface Trace {
  readonly seed: number;
  readonly n_clusters: number;
  readonly splits: readonly {
    readonly leaf_position: number;
    readonly leaf_size: number;
    readonly seed_rows_in_leaf: readonly number[];
    readonly seed_rows: readonly number[];
    readonly lloyd_iterations: number;
    readonly inertia: number;
    readonly sizes: readonly number[];
    readonly scores: readonly number[];
  }[];
}

const expectCase = (name: string): Promise<void> =>
  expectFits(name, 'bisecting', (x, k, seed) => bisectingKMeans(x, k, { random: seed, threads: 1 }));

async function expectTrace(input: string, seed: number): Promise<void> {
  const trace = goldenJson<Record<string, Trace>>('trace_bisecting.json')[`${input}_seed${seed}`];
  const splits: Bisection[] = [];
  await bisectingKMeans(inputOf(input), trace.n_clusters, {
    random: seed,
    threads: 1,
    onSplit: (split) => splits.push(split),
  });
  expect(splits.length).toBe(trace.splits.length);
  splits.forEach((split, i) => {
    const expected = trace.splits[i];
    expect([split.position, split.rows.length, split.iterations]).toEqual([
      expected.leaf_position,
      expected.leaf_size,
      expected.lloyd_iterations,
    ]);
    expect(split.seeds).toEqual(expected.seed_rows_in_leaf);
    expect(split.seeds.map((place) => split.rows[place])).toEqual(expected.seed_rows);
    expect(split.sizes).toEqual(expected.sizes);
    split.scores.forEach((score, half) => expect(score / expected.scores[half]).toBeCloseTo(1, 5));
    expect(split.inertia / expected.inertia).toBeCloseTo(1, 5);
  });
}

describe('bisecting k-means', () => {
  it.each(['outliers', 'grid', 'five', 'five_over'])(
    'gives the clusters of scikit-learn on %s, every seed',
    expectCase,
  );
  it('follows scikit-learn split by split: blobs', () => expectTrace('blobs', 0));

  it('treats three rows of which two are equal as scikit-learn does, errors included', async () => {
    const edges = goldenJson<{ three_rows_5_0_0: Record<string, number[] | { message: string }> }>('kmeans_cases.json');
    const x = matrix(Float32Array.of(5, 0, 0), 3, 1);
    for (const k of [1, 2, 3, 4]) {
      for (let seed = 0; seed < 6; seed++) {
        const expected = edges.three_rows_5_0_0[`bisecting_k${k}_seed${seed}`];
        const fit = bisectingKMeans(x, k, { random: seed, threads: 1 });
        if (Array.isArray(expected)) expect(Array.from((await fit).labels)).toEqual(expected);
        else await expect(fit).rejects.toThrow(k === 4 ? '3 rows cannot be put into 4 clusters' : 'one row, and two');
      }
    }
  });

  it('splits the cluster with the largest inertia, the first of equals', async () => {
    const splits: Bisection[] = [];
    await bisectingKMeans(inputOf('outliers'), 8, { random: 2, threads: 1, onSplit: (split) => splits.push(split) });
    const scores = [splits[0].score];
    for (const split of splits) {
      expect(split.position).toBe(scores.indexOf(Math.max(...scores)));
      expect(split.score).toBe(scores[split.position]);
      scores.splice(split.position, 1, ...split.scores);
    }
  });

  it('puts all rows that are equal into one cluster and leaves the others empty', async () => {
    const x = matrix(new Float32Array(12).fill(0.1), 6, 2);
    const { labels, inertia } = await bisectingKMeans(x, 3, { random: 0, threads: 1 });
    expect(new Set(labels).size).toBe(1);
    expect(inertia).toBeLessThan(NO_INERTIA);
  });
});

describeShared('bisecting k-means on embeddings', () => {
  it.each(['blobs', ...REAL])('gives the clusters of scikit-learn on %s, every seed', expectCase);
  it('follows scikit-learn split by split: mewsc_test, sib200_test', async () => {
    await expectTrace('mewsc_test', 0);
    await expectTrace('sib200_test', 1);
  });
});
