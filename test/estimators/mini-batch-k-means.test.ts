import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { miniBatchKMeans } from '../../src/estimators/mini-batch-k-means.js';
import type { MiniBatchStep } from '../../src/estimators/mini-batch-k-means.js';
import type { SeedingStep } from '../../src/estimators/k-means-plus-plus.js';
import { matrix } from '../../src/numeric/matrix.js';
import { RandomState } from '../../src/numeric/random-state.js';
import { describeShared } from '../shared.js';
import { expectFits, goldenJson, inputOf, REAL } from './k-means-goldens.js';

/** Potentials and inertias of float32 terms, by order of sums. */
const TERMS = 1e-5;

interface Trace {
  readonly input: string;
  readonly seed: number;
  readonly k: number;
  readonly init_size: number;
  readonly validation_indices_sha256_int64: string;
  readonly init_subset_sha256_int64?: string;
  readonly kmeanspp: readonly {
    readonly uniform?: readonly number[];
    readonly candidates: readonly number[];
    readonly potentials: readonly number[];
    readonly chosen: number;
  }[];
  readonly steps: readonly {
    readonly batch_first8: readonly number[];
    readonly batch_sum: number;
    readonly inertia: number;
    readonly reassigned_clusters?: readonly number[];
    readonly reassigned_to_batch_rows?: readonly number[];
    readonly counts_after: readonly number[];
    readonly ewa: number | null;
    readonly no_improvement: number;
  }[];
}

const expectCase = (name: string): Promise<void> =>
  expectFits(
    name,
    'minibatch',
    (x, k, seed) => miniBatchKMeans(x, k, { random: seed, threads: 1 }),
    (result, golden, i) => {
      expect([result.steps, result.iterations]).toEqual([golden.n_steps[i], golden.n_iter[i]]);
      expect(Array.from(result.counts)).toEqual(golden.counts[i]);
    },
  );

async function expectTrace(key: string): Promise<void> {
  const trace = goldenJson<Record<string, Trace>>('trace_minibatch.json')[key];
  const x = inputOf(trace.input);
  const seeding: SeedingStep[] = [];
  const steps: MiniBatchStep[] = [];
  await miniBatchKMeans(x, trace.k, {
    random: trace.seed,
    threads: 1,
    onSeedingStep: (step) => seeding.push(step),
    onStep: (step) => steps.push(step),
  });
  expect(seeding.length).toBe(trace.k - 1);
  seeding.forEach((step, i) => {
    const expected = trace.kmeanspp[i + 1];
    expect([Array.from(step.uniforms), step.candidates, step.chosen]).toEqual([
      expected.uniform,
      expected.candidates,
      expected.chosen,
    ]);
    expected.potentials.forEach((potential, t) => expect(step.potentials[t] / potential).toBeCloseTo(1, 5));
  });
  expect(steps.length).toBe(trace.steps.length);
  steps.forEach((step, i) => {
    const expected = trace.steps[i];
    expect(Array.from(step.batch.subarray(0, 8))).toEqual(expected.batch_first8);
    expect(step.batch.reduce((sum, row) => sum + row)).toBe(expected.batch_sum);
    expect(Math.abs(step.inertia - expected.inertia)).toBeLessThanOrEqual(TERMS * expected.inertia);
    expect(step.reassigned).toEqual(expected.reassigned_clusters ?? []);
    expect(step.reassignedTo).toEqual(expected.reassigned_to_batch_rows ?? []);
    expect(Array.from(step.counts)).toEqual(expected.counts_after);
    expect(step.withoutImprovement).toBe(expected.no_improvement);
    if (expected.ewa === null) expect(step.smoothed).toBeNull();
    else expect(Math.abs((step.smoothed ?? NaN) - expected.ewa)).toBeLessThanOrEqual(TERMS * expected.ewa);
  });
}

describe('mini-batch k-means', () => {
  it.each(['outliers', 'grid', 'five', 'five_over'])(
    'gives the clusters of scikit-learn on %s, every seed',
    expectCase,
  );

  it.each(['blobs_seed0', 'outliers_seed0', 'outliers_seed1', 'outliers_seed2', 'outliers_seed3'])(
    'follows scikit-learn step by step: %s',
    expectTrace,
  );

  it('draws rows to judge the start, and rows to start from where there are more than three batches', () => {
    const { blobs_seed0: trace } = goldenJson<Record<string, Trace>>('trace_minibatch.json');
    const random = new RandomState(trace.seed);
    const digest = (): string =>
      createHash('sha256')
        .update(BigInt64Array.from(random.randint(0, 4000, trace.init_size), BigInt))
        .digest('hex');
    expect(digest()).toBe(trace.validation_indices_sha256_int64);
    expect(digest()).toBe(trace.init_subset_sha256_int64);
  });

  it('treats three rows of which two are equal as scikit-learn does, errors included', async () => {
    const edges = goldenJson<{ three_rows_5_0_0: Record<string, number[] | { message: string }> }>('kmeans_cases.json');
    const x = matrix(Float32Array.of(5, 0, 0), 3, 1);
    for (const k of [1, 2, 3, 4]) {
      for (let seed = 0; seed < 6; seed++) {
        const expected = edges.three_rows_5_0_0[`minibatch_k${k}_seed${seed}`];
        const fit = miniBatchKMeans(x, k, { random: seed, threads: 1 });
        if (Array.isArray(expected)) expect(Array.from((await fit).labels)).toEqual(expected);
        else await expect(fit).rejects.toThrow('3 rows cannot be put into 4 clusters');
      }
    }
  });

  it('is made of running means: each centre is the mean of all rows that it was given', async () => {
    const x = inputOf('grid');
    const steps: MiniBatchStep[] = [];
    const result = await miniBatchKMeans(x, 2, { random: 1, threads: 1, onStep: (step) => steps.push(step) });
    expect(steps.every(({ reassigned }) => reassigned.length === 0)).toBe(true);
    const sums = [0, 0, 0, 0];
    for (const { batch, labels } of steps) {
      batch.forEach((row, i) => [0, 1].forEach((j) => (sums[labels[i] * 2 + j] += x.data[row * 2 + j])));
    }
    sums.forEach((sum, at) => {
      expect(result.centers.data[at]).toBeCloseTo(sum / result.counts[Math.floor(at / 2)], 4);
    });
  });

  it('gives the same bits on one and on two threads', async () => {
    const x = inputOf('blobs');
    const [one, two] = [1, 2].map((threads) => miniBatchKMeans(x, 15, { random: 2, threads }));
    expect(await two).toEqual(await one);
  });
});

describeShared('mini-batch k-means on embeddings', () => {
  it.each(['blobs', ...REAL])('gives the clusters of scikit-learn on %s, every seed', expectCase);
  it('follows scikit-learn step by step: mewsc_test_seed0', () => expectTrace('mewsc_test_seed0'));
});
