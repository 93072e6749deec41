import { describe, expect, it } from 'vitest';
import { kMeans } from '../../src/estimators/k-means.js';
import type { LloydIteration } from '../../src/estimators/lloyd.js';
import { matrix } from '../../src/numeric/matrix.js';
import { RandomState } from '../../src/numeric/random-state.js';
import { describeShared } from '../shared.js';
import { expectFits, goldenJson, INERTIA, inputOf, REAL, SYNTHETIC } from './k-means-goldens.js';

const expectCase = (name: string): Promise<void> =>
  expectFits(
    name,
    'kmeans',
    (x, k, seed) => kMeans(x, k, { random: seed, threads: 1 }),
    (result, golden, i) => expect(result.iterations).toBe(golden.n_iter[i]),
  );

describe('k-means', () => {
  it.each(SYNTHETIC)('gives the clusters of scikit-learn on %s, every seed', expectCase);

  it('follows scikit-learn iteration by iteration', async () => {
    interface Iteration {
      changed: number;
      shift_squared_sum: number;
      counts: number[];
    }
    const { blobs } =
      goldenJson<Record<string, { k: number; seed: number; iterations: Iteration[] }>>('trace_lloyd.json');
    const seen: LloydIteration[] = [];
    await kMeans(inputOf('blobs'), blobs.k, { random: blobs.seed, threads: 1, onIteration: (one) => seen.push(one) });
    expect(seen.map(({ changed }) => changed)).toEqual(blobs.iterations.map(({ changed }) => changed));
    expect(seen.map(({ counts }) => Array.from(counts))).toEqual(blobs.iterations.map(({ counts }) => counts));
    seen.forEach(({ shift }, i) => {
      const expected = blobs.iterations[i].shift_squared_sum;
      expect(Math.abs(shift - expected)).toBeLessThanOrEqual(INERTIA * expected);
    });
  });

  it('never raises the inertia from one iteration to the next', async () => {
    const x = inputOf('blobs');
    const inertias: number[] = [];
    await kMeans(x, 9, {
      random: 3,
      threads: 1,
      onIteration: ({ labels }) => inertias.push(withinClusters(x, labels)),
    });
    expect(inertias.length).toBeGreaterThan(3);
    for (let i = 1; i < inertias.length; i++) expect(inertias[i]).toBeLessThanOrEqual(inertias[i - 1]);
  });

  it('reports the inertia that the definition gives', async () => {
    const x = inputOf('blobs');
    const { labels, inertia } = await kMeans(x, 15, { random: 1, threads: 1 });
    expect(Math.abs(inertia / withinClusters(x, labels) - 1)).toBeLessThan(INERTIA);
  });

  it('finds well separated groups whatever the order of rows and columns', async () => {
    const random = new RandomState(5);
    const rows = Array.from({ length: 60 }, (_, i) =>
      [0, 1, 2, 3].map((j) => (i % 4 === j ? 20 : 0) + random.randomSample()),
    );
    const order = random.permutation(60);
    const flat = (list: number[][]) => matrix(Float32Array.from(list.flat()), 60, 4);
    const plain = await kMeans(flat(rows), 4, { random: 0, threads: 1 });
    const shuffled = await kMeans(flat(order.map((i) => rows[i].toReversed())), 4, { random: 0, threads: 1 });
    const groups = (labels: Int32Array, rowAt: (i: number) => number) =>
      new Set(Array.from(labels, (label, i) => `${label} ${rowAt(i) % 4}`)).size;
    expect(groups(plain.labels, (i) => i)).toBe(4);
    expect(groups(shuffled.labels, (i) => order[i])).toBe(4);
  });

  it('moves the generator on as far as one fit needs', async () => {
    const random = new RandomState(0);
    const x = inputOf('five');
    await kMeans(x, 3, { random, threads: 1 });
    const expected = new RandomState(0);
    expected.randomSample(1 + 2 * (2 + Math.floor(Math.log(3))));
    expect(random.nextUint32()).toBe(expected.nextUint32());
  });

  it('gives the same bits on one and on two threads', async () => {
    const x = inputOf('blobs');
    const [one, two] = [await kMeans(x, 15, { random: 2, threads: 1 }), await kMeans(x, 15, { random: 2, threads: 2 })];
    expect(two).toEqual(one);
  });

  it('refuses more clusters than rows, and vectors without a finite length', async () => {
    const x = matrix(Float32Array.of(5, 0, 0), 3, 1);
    await expect(kMeans(x, 4, { random: 0, threads: 1 })).rejects.toThrow('3 rows cannot be put into 4 clusters');
    const bad = matrix(Float32Array.of(5, NaN, 0), 3, 1);
    await expect(kMeans(bad, 2, { random: 0, threads: 1 })).rejects.toThrow('component 0 of vector 1 is NaN');
  });
});

describeShared('k-means on embeddings', () => {
  it.each(REAL)('gives the clusters of scikit-learn on %s, every seed', expectCase);
});

/** Sum of squared distances to the means of the clusters, in double, from the definition. */
function withinClusters({ data, rows, dims }: ReturnType<typeof inputOf>, labels: Int32Array): number {
  let total = 0;
  for (const label of new Set(labels)) {
    const members = Array.from({ length: rows }, (_, i) => i).filter((i) => labels[i] === label);
    for (let j = 0; j < dims; j++) {
      const values = members.map((i) => data[i * dims + j]);
      const mean = values.reduce((a, b) => a + b) / values.length;
      total += values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    }
  }
  return total;
}
