import { describe, expect, it } from 'vitest';
import { relocateEmptyClusters } from '../../src/estimators/relocate-empty-clusters.js';
import { matrix } from '../../src/numeric/matrix.js';

describe('relocation of empty clusters', () => {
  const x = matrix(Float32Array.of(0, 1, 2, 10, 30), 5, 1);
  const centers = matrix(Float32Array.of(1, 9, 9), 3, 1);

  it('takes the row farthest from its centre out of its cluster', () => {
    const sums = Float32Array.of(3, 40, 0);
    const counts = Float32Array.of(3, 2, 0);
    relocateEmptyClusters(x, centers, Int32Array.of(0, 0, 0, 1, 1), sums, counts);
    expect([Array.from(sums), Array.from(counts)]).toEqual([
      [3, 10, 30],
      [3, 1, 1],
    ]);
  });

  it('gives the farthest row to the first empty cluster and the next to the second', () => {
    const sums = Float32Array.of(43, 0, 0);
    const counts = Float32Array.of(5, 0, 0);
    relocateEmptyClusters(x, centers, new Int32Array(5), sums, counts);
    expect([Array.from(sums), Array.from(counts)]).toEqual([
      [3, 30, 10],
      [3, 1, 1],
    ]);
  });

  it('changes nothing when every row lies on its centre', () => {
    const equal = matrix(new Float32Array(4).fill(1), 4, 1);
    const sums = Float32Array.of(4, 0, 0);
    const counts = Float32Array.of(4, 0, 0);
    relocateEmptyClusters(equal, centers, new Int32Array(4), sums, counts);
    expect([Array.from(sums), Array.from(counts)]).toEqual([
      [4, 0, 0],
      [4, 0, 0],
    ]);
  });
});
