import { describe, expect, test } from 'vitest';
import { birch } from '../../src/estimators/birch.js';
import { buildCfTree } from '../../src/estimators/cf-tree.js';
import type { Matrix } from '../../src/numeric/matrix.js';
import { matrix } from '../../src/numeric/matrix.js';
import { RandomState } from '../../src/numeric/random-state.js';
import { describeShared } from '../shared.js';
import type { BirchCase } from './hierarchical-goldens.js';
import { caseInput, caseNames, clusterArray, clusterCases, hasClusterArray } from './hierarchical-goldens.js';

const options = { threads: 2, maxMemory: 2 ** 31 };
const tree = { threshold: 0.5, branchingFactor: 50 };
const cases = clusterCases<BirchCase>('birch_cases.json');

/** Another order of float32 sums; the golden set's own tolerance. */
const CENTRE_TOLERANCE = 5e-5;
/** A few roundings of float32 sums of squares, relative to |x|² up to 50. */
const RADIUS_TOLERANCE = 1e-5;
/** Vectors shorter than this are summed by the reference in an order that does not depend on the machine. */
const EXACT_DIMS = 32;

/** The golden grid is the file times a quarter. */
const input = (name: string): Matrix => caseInput(name, name === 'grid' ? 0.25 : 1);

async function expectGolden(name: string): Promise<void> {
  const golden = cases[name];
  const x = input(name);
  const radii: number[] = [];
  let merged = '';
  const subclusters = buildCfTree(x, {
    ...tree,
    onDecision: (squaredRadius, isMerged) => {
      radii.push(squaredRadius);
      merged += isMerged ? '1' : '0';
    },
  });
  expect(merged).toBe(golden.merged_sequence);
  golden.squared_radius_first50.forEach((radius, i) =>
    expect(Math.abs(radii[i] - radius)).toBeLessThanOrEqual(x.dims < EXACT_DIMS ? 0 : RADIUS_TOLERANCE),
  );
  expect(subclusters.map(({ rows }) => rows)).toEqual(golden.subcluster_n_samples);
  const result = await birch(x, golden.k, options);
  expect(result.subclusters).toBe(golden.subclusters);
  expect(Array.from(result.labels)).toEqual(clusterArray(`birch_${name}_labels`));
  expect(Array.from(result.subclusterLabels)).toEqual(clusterArray(`birch_${name}_subcluster_labels`));
  expect(result.warning !== undefined).toBe(golden.warnings.length > 0);
  const whole = `birch_${name}_subcluster_centers`;
  const centres = clusterArray(hasClusterArray(whole) ? whole : `${whole}_first40`);
  centres.forEach((value, i) =>
    expect(Math.abs(result.subclusterCenters[i] - value)).toBeLessThanOrEqual(CENTRE_TOLERANCE),
  );
}

function unitRows(rows: number, dims: number, seed: number): Matrix {
  const data = Float32Array.from(new RandomState(seed).standardNormal(rows * dims));
  for (let i = 0; i < rows; i++) {
    const row = data.subarray(i * dims, (i + 1) * dims);
    const norm = Math.hypot(...row);
    row.forEach((value, k) => (row[k] = value / norm));
  }
  return matrix(data, rows, dims);
}

/** The nearest centre of every row by differences in float64. */
function nearestByDifferences(x: Matrix, centres: Float32Array): number[] {
  return Array.from({ length: x.rows }, (_, i) => {
    let [least, at] = [Infinity, 0];
    for (let c = 0; c * x.dims < centres.length; c++) {
      let sum = 0;
      for (let k = 0; k < x.dims; k++) sum += (x.data[i * x.dims + k] - centres[c * x.dims + k]) ** 2;
      if (sum < least) [least, at] = [sum, c];
    }
    return at;
  });
}

describe('birch', () => {
  test.each(caseNames(cases, true))('%s has the merges, centres and labels of scikit-learn', expectGolden);

  test('each row gets the cluster of its nearest centre, whether or not it is alone there', async () => {
    for (const [rows, dims] of [
      [300, 6],
      [400, 20],
      [200, 3],
    ]) {
      const x = unitRows(rows, dims, rows);
      const result = await birch(x, 5, options);
      const nearest = nearestByDifferences(x, result.subclusterCenters);
      expect(Array.from(result.labels)).toEqual(nearest.map((centre) => result.subclusterLabels[centre]));
      expect(new Set(result.labels).size).toBe(5);
    }
  });

  test('no row is lost in splits, and every subcluster keeps within the threshold', () => {
    const x = unitRows(1500, 8, 2);
    const narrow = { threshold: 0.2, branchingFactor: 3 };
    const subclusters = buildCfTree(x, narrow);
    expect(subclusters.reduce((sum, { rows }) => sum + rows, 0)).toBe(1500);
    for (const { rows, squaredSum, squaredNorm } of subclusters) {
      expect(squaredSum / rows - squaredNorm).toBeLessThanOrEqual(0.2 ** 2 + RADIUS_TOLERANCE);
    }
    const total = new Float64Array(8);
    for (const { sum } of subclusters) sum.forEach((value, k) => (total[k] += value));
    for (let k = 0; k < 8; k++) {
      let expected = 0;
      for (let i = 0; i < x.rows; i++) expected += x.data[i * 8 + k];
      expect(Math.abs(total[k] - expected)).toBeLessThan(1500 * CENTRE_TOLERANCE);
    }
  });

  test('a node full of equal centres splits, and equal rows of equal centres share a cluster', async () => {
    const x = matrix(new Float32Array(60 * 2).fill(3), 60, 2);
    const one = await birch(x, 2, { ...options, threshold: 0 });
    expect(one.labels.every((label) => label === one.labels[0])).toBe(true);
  });

  test('zero vectors, one row and fewer subclusters than clusters give a warning, not an error', async () => {
    const zeros = await birch(matrix(new Float32Array(12), 4, 3), 2, options);
    expect(zeros.subclusters).toBe(1);
    expect(Array.from(zeros.labels)).toEqual([0, 0, 0, 0]);
    expect(zeros.warning).toMatch(/1 subclusters, fewer than the 2 clusters/);
    const single = await birch(matrix(Float32Array.of(1, 2), 1, 2), 2, options);
    expect(Array.from(single.labels)).toEqual([0]);
    expect(single.warning).toBeDefined();
  });

  test('input is not changed', async () => {
    const x = unitRows(300, 4, 9);
    const before = x.data.slice();
    await birch(x, 3, options);
    expect(x.data).toEqual(before);
  });

  test('what cannot be clustered is refused', async () => {
    const bad = matrix(Float32Array.of(0, 1, Infinity, 3), 2, 2);
    await expect(birch(bad, 1, options)).rejects.toThrow(/component 0 of vector 1 is Infinity/);
    await expect(birch(matrix(new Float32Array(6), 3, 2), 1, options)).rejects.toThrow(/1 rows, at least 2/);
    await expect(birch(matrix(new Float32Array(0), 0, 2), 1, options)).rejects.toThrow(/no rows/);
    await expect(birch(unitRows(3, 2, 1), 4.5, options)).rejects.toThrow(RangeError);
    await expect(birch(unitRows(3, 2, 1), 0, options)).rejects.toThrow(RangeError);
    await expect(birch(unitRows(200, 20, 1), 2, { ...options, maxMemory: 1000 })).rejects.toThrow(/--max-memory/);
  });
});

describeShared('birch on real vectors', () => {
  test.each(caseNames(cases, false))('%s has the merges, centres and labels of scikit-learn', expectGolden);
});
