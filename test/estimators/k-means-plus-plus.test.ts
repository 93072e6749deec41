import { describe, expect, it } from 'vitest';
import { withKMeansEngine } from '../../src/estimators/k-means-engine.js';
import { kMeansPlusPlus } from '../../src/estimators/k-means-plus-plus.js';
import { matrix } from '../../src/numeric/matrix.js';
import { RandomState } from '../../src/numeric/random-state.js';
import { describeShared } from '../shared.js';
import { inputOf, kMeansCase, REAL, SYNTHETIC } from './k-means-goldens.js';

async function expectCase(name: string): Promise<void> {
  const { k, kmeans_plusplus_float32: expected } = kMeansCase(name);
  const x = inputOf(name);
  await withKMeansEngine({ threads: 1 }, async (engine) => {
    for (const [seed, rows] of expected.entries()) {
      const chosen = await kMeansPlusPlus(x, k, { random: new RandomState(seed), engine });
      expect(Array.from(chosen), `${name}, seed ${seed}`).toEqual(rows);
    }
  });
}

describe('k-means++', () => {
  it.each(SYNTHETIC)('chooses the rows that scikit-learn chooses on %s, every seed', expectCase);

  it('chooses every distinct row before it repeats one', async () => {
    const x = matrix(
      Float32Array.from({ length: 40 }, (_, i) => [0, 3, 7, 50][i % 4]),
      40,
      1,
    );
    await withKMeansEngine({ threads: 1 }, async (engine) => {
      for (let seed = 0; seed < 20; seed++) {
        const chosen = await kMeansPlusPlus(x, 4, { random: new RandomState(seed), engine });
        expect(new Set(Array.from(chosen, (row) => row % 4)).size).toBe(4);
      }
    });
  });

  it('tries candidates whose potential is the sum of squared distances to the nearest centre', async () => {
    const x = inputOf('outliers');
    const random = new RandomState(4);
    const potentials: number[] = [];
    const chosen = await withKMeansEngine({ threads: 1 }, (engine) =>
      kMeansPlusPlus(x, 5, { random, engine, onStep: (step) => potentials.push(Math.min(...step.potentials)) }),
    );
    const squared = (i: number, c: number) =>
      [0, 1, 2, 3].reduce((sum, j) => sum + (x.data[i * 4 + j] - x.data[c * 4 + j]) ** 2, 0);
    potentials.forEach((potential, step) => {
      const centers = Array.from(chosen.subarray(0, step + 2));
      let expected = 0;
      for (let i = 0; i < x.rows; i++) expected += Math.min(...centers.map((c) => squared(i, c)));
      expect(potential / expected).toBeCloseTo(1, 5);
    });
    expect(potentials.length).toBe(4);
  });
});

describeShared('k-means++ on embeddings', () => {
  it.each(REAL)('chooses the rows that scikit-learn chooses on %s, every seed', expectCase);
});
