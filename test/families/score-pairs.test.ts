import { describe, expect, test } from 'vitest';
import { UserError } from '../../src/errors.js';
import { scorePairs } from '../../src/families/score-pairs.js';
import { matrix } from '../../src/numeric/matrix.js';
import { RandomState } from '../../src/numeric/random-state.js';
import type { RowSimilarity } from '../../src/numeric/row-similarities.js';
import { rowCosines, rowDots, rowManhattanDistances } from '../../src/numeric/row-similarities.js';
import { vectorsInMemory } from '../../src/vectors/in-memory.js';
import type { RowVectors, VectorSource } from '../../src/vectors/types.js';

const DIMS = 6;
function vectors(seed: number, rows: number, pairs: number): RowVectors {
  const random = new RandomState(seed);
  const data = Float32Array.from(random.standardNormal(rows * DIMS));
  return {
    source: vectorsInMemory(matrix(data, rows, DIMS)),
    index: Int32Array.from(random.randint(0, rows, pairs)),
  };
}
/** Counts the rows of every read. */
function counted(source: VectorSource): { readonly source: VectorSource; readonly reads: number[] } {
  const reads: number[] = [];
  const gather = (indices: Int32Array) => {
    reads.push(indices.length);
    return source.gather(indices);
  };
  return { source: { ...source, gather }, reads };
}
const options = { label: 'test', maxMemory: 2 ** 30 };

describe('scorePairs', () => {
  test('measures row i of one side with row i of the other, in blocks of any size', async () => {
    const [a, b] = [vectors(1, 50, 5000), vectors(2, 40, 5000)];
    const whole = async ({ source, index }: RowVectors) => matrix(await source.gather(index), 5000, DIMS);
    const expected = rowCosines(await whole(a), await whole(b));
    for (const maxMemory of [2 ** 30, 10_000, 0]) {
      const progress: number[] = [];
      const onProgress = (label: string, done: number, total: number) => {
        expect([label, total]).toEqual(['test', 5000]);
        progress.push(done);
      };
      const measures = { cosine: rowCosines, dot: rowDots };
      const scores = await scorePairs(a, b, measures, { label: 'test', maxMemory, onProgress });
      expect(Object.keys(scores)).toEqual(['cosine', 'dot']);
      expect(scores.cosine).toEqual(expected);
      expect(progress.at(-1)).toBe(5000);
    }
  });

  test('holds no more rows than a quarter of the memory takes', async () => {
    const [a, b] = [vectors(1, 50, 100), vectors(2, 40, 100)];
    const { source, reads } = counted(a.source);
    const rowPair = 2 * DIMS * 4;
    await scorePairs({ ...a, source }, b, { dot: rowDots }, { label: 'test', maxMemory: 4 * rowPair * 30 });
    expect(reads).toEqual([30, 30, 30, 10]);
  });

  test('a measure under two names is computed once', async () => {
    let calls = 0;
    const once: RowSimilarity = (a, b) => {
      calls++;
      return rowManhattanDistances(a, b);
    };
    const scores = await scorePairs(vectors(1, 9, 20), vectors(2, 9, 20), { x: once, y: once }, options);
    expect(calls).toBe(1);
    expect(scores.x).toBe(scores.y);
  });

  test.each([NaN, Infinity])('a vector that holds %s is an error that names its row', async (bad) => {
    const data = new Float32Array(10 * DIMS).fill(1);
    data[7 * DIMS + 2] = bad;
    const broken = {
      source: vectorsInMemory(matrix(data, 10, DIMS)),
      index: Int32Array.from({ length: 10 }, (_, i) => i),
    };
    const fault = await scorePairs(broken, vectors(1, 10, 10), { dot: rowDots }, { ...options, maxMemory: 500 }).catch(
      (thrown: unknown) => thrown,
    );
    expect(fault).toBeInstanceOf(UserError);
    expect((fault as UserError).problems[0].where).toBe('test, row 8');
  });

  test('sides that do not fit are refused', async () => {
    await expect(scorePairs(vectors(1, 9, 20), vectors(2, 9, 21), { dot: rowDots }, options)).rejects.toThrow(
      'test: 20 vectors of 6 dimensions cannot be paired with 21 of 6',
    );
  });

  test('no pairs have no scores', async () => {
    expect((await scorePairs(vectors(1, 9, 0), vectors(2, 9, 0), { dot: rowDots }, options)).dot.length).toBe(0);
  });
});
