import { describe, expect, it } from 'vitest';
import { KMeansEngine, withKMeansEngine } from '../../src/estimators/k-means-engine.js';
import { nearestCenters } from '../../src/estimators/nearest-center.js';
import { squaredDistancesToOwn } from '../../src/estimators/own-distances.js';
import { addRows } from '../../src/estimators/row-sums.js';
import { matrix } from '../../src/numeric/matrix.js';
import type { Matrix } from '../../src/numeric/matrix.js';
import { RandomState } from '../../src/numeric/random-state.js';

/** Float32 sums of some hundred terms, by order. */
const FLOAT32_SUM = 1e-5;

function normal(rows: number, dims: number, seed: number): Matrix {
  return matrix(Float32Array.from(new RandomState(seed).standardNormal(rows * dims)), rows, dims);
}

function squared(x: Matrix, i: number, y: Matrix, j: number): number {
  let sum = 0;
  for (let d = 0; d < x.dims; d++) sum += (x.data[i * x.dims + d] - y.data[j * y.dims + d]) ** 2;
  return sum;
}

describe('the engine of k-means', () => {
  const x = normal(3000, 96, 1);
  const centers = normal(7, 96, 2);
  const labels = Int32Array.from({ length: x.rows }, (_, i) => (i * i) % 7);

  it('finds the nearest centre of each row', async () => {
    await withKMeansEngine({ threads: 2 }, async (engine) => {
      const { labels: found } = await engine.nearestCenters(x, centers);
      found.forEach((label, i) => {
        const distances = Array.from({ length: 7 }, (_, j) => squared(x, i, centers, j));
        expect(distances[label]).toBe(Math.min(...distances));
      });
    });
  });

  it('takes the first of equal centres, and decides by rounding in order where centres are almost equal', async () => {
    const twice = matrix(Float32Array.from([...centers.data, ...centers.data]), 14, 96);
    const almost = matrix(
      twice.data.map((value, at) => (at < 7 * 96 ? value : value * (1 + (at % 2 === 0 ? 1 : -1) * 2 ** -22))),
      14,
      96,
    );
    await withKMeansEngine({ threads: 2 }, async (engine) => {
      expect((await engine.nearestCenters(x, twice)).labels.every((label) => label < 7)).toBe(true);
      const { labels: found } = await engine.nearestCenters(x, almost);
      expect(found).toEqual(nearestCenters(x, almost).labels);
      expect(found.some((label) => label >= 7)).toBe(true);
    });
  });

  it('adds rows in order, whatever the threads: the bits are those of the plain loop', async () => {
    const expected = addRows(centers, x, labels).data;
    for (const threads of [1, 2, 4]) {
      await withKMeansEngine({ threads }, async (engine) => {
        for (let run = 0; run < 5; run++) expect((await engine.addRows(centers, x, labels)).data).toEqual(expected);
      });
    }
  });

  it('gives norms and distances that a slow double sum confirms', async () => {
    await withKMeansEngine({ threads: 2 }, async (engine) => {
      const norms = await engine.squaredNorms(x);
      const zero = matrix(new Float32Array(96), 1, 96);
      norms.forEach((norm, i) => expect(Math.abs(norm / squared(x, i, zero, 0) - 1)).toBeLessThan(FLOAT32_SUM));
      const doubles = Float64Array.from(x.data);
      const exactNorms = Float64Array.from(norms, (_, i) => squared(x, i, zero, 0));
      const distances = await engine.squaredDistances(doubles, exactNorms, [5, 2999]);
      [5, 2999].forEach((row, t) => {
        for (let i = 0; i < x.rows; i++) {
          // |a|^2 - 2 a.b + |b|^2 in double, then one rounding to float32.
          expect(Math.abs(distances[t * x.rows + i] - squared(x, row, x, i))).toBeLessThan(2 ** -23 * 1000);
        }
      });
    });
  });

  it('works in parts where there are many rows', async () => {
    const many = normal(40_000, 4, 3);
    const few = normal(3, 4, 4);
    await withKMeansEngine({ threads: 2 }, async (engine) => {
      expect((await engine.nearestCenters(many, few)).labels).toEqual(nearestCenters(many, few).labels);
    });
  });

  it('can be lent: then it stays open', async () => {
    const engine = new KMeansEngine(1);
    await withKMeansEngine({ threads: 1, engine }, async (lent) => expect(lent).toBe(engine));
    expect((await engine.nearestCenters(x, centers)).labels.length).toBe(3000);
    await engine.close();
    await engine.close();
  });
});

describe('distances to the own centre', () => {
  it('are exact in clusters that are tight and far away', async () => {
    const x = normal(3000, 64, 5);
    const centers = matrix(new Float32Array(2 * 64), 2, 64);
    centers.data.fill(500, 64);
    for (let i = 0; i < x.rows; i++) {
      if (i % 2 === 0) continue;
      for (let d = i * 64; d < (i + 1) * 64; d++) x.data[d] = 500 + x.data[d] / 1000;
    }
    await withKMeansEngine({ threads: 1 }, async (engine) => {
      const assignment = await engine.nearestCenters(x, centers);
      const norms = await engine.squaredNorms(x);
      squaredDistancesToOwn(x, centers, assignment, norms).forEach((value, i) => {
        expect(assignment.labels[i]).toBe(i % 2);
        expect(Math.abs(value / squared(x, i, centers, i % 2) - 1)).toBeLessThan(FLOAT32_SUM);
      });
    });
  });
});
