import { describe, expect, test } from 'vitest';
import { MachineError, UserError } from '../../src/errors.js';
import { ward } from '../../src/estimators/ward.js';
import type { Matrix } from '../../src/numeric/matrix.js';
import { matrix } from '../../src/numeric/matrix.js';
import { RandomState } from '../../src/numeric/random-state.js';
import { describeShared } from '../shared.js';
import type { WardCase } from './hierarchical-goldens.js';
import { caseInput, caseNames, clusterArray, clusterCases } from './hierarchical-goldens.js';

const options = { threads: 2, maxMemory: 2 ** 31 };
const cases = clusterCases<WardCase>('ward_cases.json');

/** Centroids and Lance-Williams reach the same distance by other roundings. */
const DISTANCE_TOLERANCE = 1e-12;

async function expectGolden(name: string): Promise<void> {
  const x = caseInput(name);
  for (const k of Object.keys(cases[name].sizes_by_k)) {
    const result = await ward(x, Number(k), options);
    expect(Array.from(result.children)).toEqual(clusterArray(`ward_${name}_children`));
    expect(Array.from(result.distances)).toEqual(clusterArray(`ward_${name}_distances`));
    expect(Array.from(result.labels)).toEqual(clusterArray(`ward_${name}_k${k}_labels`));
  }
}

function gaussian(rows: number, dims: number, seed: number): Matrix {
  return matrix(Float32Array.from(new RandomState(seed).standardNormal(rows * dims)), rows, dims);
}

/** All pairs of clusters at each step, distances from centroids: sqrt(2 |A||B| / (|A| + |B|)) |a - b|. */
function slowWard(x: Matrix): { sets: string[]; distances: number[] } {
  let clusters = Array.from({ length: x.rows }, (_, i) => [i]);
  const centroid = (rows: number[]): number[] =>
    Array.from({ length: x.dims }, (_, k) => rows.reduce((sum, i) => sum + x.data[i * x.dims + k], 0) / rows.length);
  const distance = (a: number[], b: number[]): number => {
    const [p, q] = [centroid(a), centroid(b)];
    const squared = p.reduce((sum, value, k) => sum + (value - q[k]) ** 2, 0);
    return Math.sqrt(((2 * a.length * b.length) / (a.length + b.length)) * squared);
  };
  const sets: string[] = [];
  const distances: number[] = [];
  while (clusters.length > 1) {
    let best = { a: clusters[0], b: clusters[1], d: Infinity };
    clusters.forEach((a, i) => {
      for (const b of clusters.slice(i + 1)) {
        const d = distance(a, b);
        if (d < best.d) best = { a, b, d };
      }
    });
    const whole = [...best.a, ...best.b].sort((i, j) => i - j);
    clusters = [...clusters.filter((c) => c !== best.a && c !== best.b), whole];
    sets.push(whole.join());
    distances.push(best.d);
  }
  return { sets, distances };
}

/** The rows under every node that a merge makes. */
function setsOf(children: Int32Array, n: number): string[] {
  const rows = Array.from({ length: n }, (_, i) => [i]);
  for (let k = 0; k < n - 1; k++) rows.push([...rows[children[2 * k]], ...rows[children[2 * k + 1]]]);
  return rows.slice(n).map((set) => set.sort((i, j) => i - j).join());
}

describe('ward', () => {
  test.each(caseNames(cases, true))(
    '%s has the merges, distances and labels of scikit-learn, to the bit',
    expectGolden,
  );

  test('the merges are those of the plain search over all pairs', async () => {
    for (const [rows, dims] of [
      [2, 1],
      [3, 2],
      [25, 3],
      [40, 8],
    ]) {
      const x = gaussian(rows, dims, rows);
      const slow = slowWard(x);
      const fast = await ward(x, 1, options);
      expect(setsOf(fast.children, rows)).toEqual(slow.sets);
      slow.distances.forEach((d, k) => expect(Math.abs(fast.distances[k] / d - 1)).toBeLessThan(DISTANCE_TOLERANCE));
    }
  });

  test('tied rows merge at the distances of the plain search, each level of ties as a whole', async () => {
    const x = matrix(Float32Array.from([0, 1, 10, 11, 20, 21, 0, 10, 20]), 9, 1);
    const { children, distances, labels } = await ward(x, 3, options);
    slowWard(x).distances.forEach((d, k) => expect(distances[k]).toBeCloseTo(d, 12));
    expect(setsOf(children, 9).slice(0, 3).sort()).toEqual(['0,6', '2,7', '4,8']);
    expect(new Set([0, 1, 6].map((i) => labels[i])).size).toBe(1);
    expect(new Set(labels).size).toBe(3);
  });

  test('every cut is a partition into k clusters, each finer than the last', async () => {
    const x = gaussian(30, 4, 3);
    let coarser = Array.from({ length: 30 }, () => 0);
    for (let k = 1; k <= 30; k++) {
      const labels = Array.from((await ward(x, k, options)).labels);
      expect([...new Set(labels)].sort((a, b) => a - b)).toEqual(Array.from({ length: k }, (_, i) => i));
      expect(new Set(labels.map((label, i) => `${label} ${coarser[i]}`)).size).toBe(k);
      coarser = labels;
    }
  });

  test('the order of rows and the sign of a component change neither sets nor distances', async () => {
    const x = gaussian(50, 5, 4);
    const order = new RandomState(1).permutation(50);
    const moved = matrix(new Float32Array(250), 50, 5);
    order.forEach((from, to) => {
      for (let k = 0; k < 5; k++) moved.data[to * 5 + k] = (k === 2 ? -1 : 1) * x.data[from * 5 + k];
    });
    const [a, b] = [await ward(x, 4, options), await ward(moved, 4, options)];
    const named = setsOf(b.children, 50).map((set) =>
      set
        .split(',')
        .map((i) => order[Number(i)])
        .sort((i, j) => i - j)
        .join(),
    );
    expect(named).toEqual(setsOf(a.children, 50));
    a.distances.forEach((d, k) => expect(Math.abs(b.distances[k] / d - 1)).toBeLessThan(DISTANCE_TOLERANCE));
  });

  test('rows that are all equal merge at distance 0', async () => {
    const { distances, labels } = await ward(matrix(new Float32Array(60).fill(0.1), 20, 3), 2, options);
    expect(Array.from(distances)).toEqual(Array.from({ length: 19 }, () => 0));
    expect(new Set(labels).size).toBe(2);
  });

  test('input is not changed and progress ends at the total', async () => {
    const x = gaussian(300, 4, 5);
    const before = x.data.slice();
    const told: [number, number][] = [];
    await ward(x, 2, { ...options, onProgress: (done, total) => told.push([done, total]) });
    expect(x.data).toEqual(before);
    expect(told.at(-1)).toEqual([299, 299]);
    expect(told.length).toBeGreaterThan(1);
  });

  test('what cannot be clustered is refused with numbers', async () => {
    const x = gaussian(3, 2, 6);
    await expect(ward(gaussian(1, 2, 6), 1, options)).rejects.toThrow(/1 rows, at least 2/);
    await expect(ward(x, 4, options)).rejects.toThrow(/3 rows cannot make 4 clusters/);
    await expect(ward(x, 0, options)).rejects.toThrow(RangeError);
    await expect(ward(matrix(Float32Array.of(0, 1, 2, Number.NaN), 2, 2), 1, options)).rejects.toThrow(
      /component 1 of vector 1 is NaN/,
    );
    const tooMany = ward(x, 2, { ...options, maxMemory: 71 });
    await expect(tooMany).rejects.toThrow(UserError);
    await expect(tooMany).rejects.toThrow(/3 rows take 72 bytes .*--max-memory 1GiB/s);
    const huge = ward(matrix(new Float32Array(2 ** 20), 2 ** 20, 1), 2, { ...options, maxMemory: 2 ** 50 });
    await expect(huge).rejects.toThrow(MachineError);
  });
});

describeShared('ward on real vectors', () => {
  test.each(caseNames(cases, false))(
    '%s has the merges, distances and labels of scikit-learn, to the bit',
    expectGolden,
  );
});
