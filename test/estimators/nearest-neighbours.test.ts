import { describe, expect, test } from 'vitest';
import { argpartition } from '../../src/estimators/argpartition.js';
import { NearestNeighbours } from '../../src/estimators/nearest-neighbours.js';
import { RandomState } from '../../src/numeric/random-state.js';
import { readFloat32 } from '../npy.js';
import { describeShared } from '../shared.js';
import { asVectors, estimatorGolden, goldenInput, goldenJson, goldenNumbers, slice } from './golden-rows.js';
import type { LabelledRows } from './golden-rows.js';

const { one_training_row_k2: tooFew } = goldenJson('knn', 'cases.json') as {
  one_training_row_k2: { type: string };
};

/** Equal rows get equal distances only as far as the product treats all columns alike, which differs between machines. */
const SHARE_WITH_DUPLICATES = 0.8;
const OPTIONS = { threads: 1, maxMemory: 2 ** 28 };

/** Predictions from given distances: the rule alone. */
function voteOn(distances: Float32Array, labels: readonly number[], k: number): number[] {
  const n = labels.length;
  return Array.from({ length: distances.length / n }, (_, query) => {
    const votes = new Map<number, number>();
    for (const i of argpartition(distances.subarray(query * n, (query + 1) * n), k)) {
      votes.set(labels[i], (votes.get(labels[i]) ?? 0) + 1);
    }
    const most = Math.max(...votes.values());
    return Math.min(...[...votes].filter(([, count]) => count === most).map(([label]) => label));
  });
}

interface Case {
  readonly train: LabelledRows;
  readonly queries: LabelledRows;
  readonly ks: readonly number[];
}
const dups = goldenInput('syn', 'dups');
const queries = goldenInput('syn', 'dups_q');
const stored = (name: string, what: string): LabelledRows => {
  const { data, dims } = readFloat32(estimatorGolden('knn', `${name}_${what}.npy`));
  return { rows: data, dims, labels: what === 'train' ? goldenNumbers('knn', `${name}_labels.npy`) : [] };
};
const WITH_TIES: Record<string, Case> = {
  dups: { train: dups, queries, ks: [1, 2, 3, 4, 5, 10] },
  zeros: { train: stored('zeros', 'train'), queries: stored('zeros', 'query'), ks: [2, 5] },
  row0: { train: stored('row0', 'train'), queries: stored('row0', 'query'), ks: [1, 2, 3, 4] },
  few: { train: slice(dups, 0, 2), queries, ks: [1, 2] },
};
const each = Object.entries(WITH_TIES).flatMap(([name, { ks }]) => ks.map((k) => [name, k] as const));

describe('with equal rows the neighbours are those of scikit-learn 1.5.0', () => {
  test.each(each)('from its distances, on %s with k = %d', (name, k) => {
    const { data } = readFloat32(estimatorGolden('knn', `${name}_distances_first40.npy`));
    const expected = goldenNumbers('knn', `${name}_k${k}_pred.npy`);
    const predicted = voteOn(data, WITH_TIES[name].train.labels, k);
    expect(predicted).toEqual(expected.slice(0, predicted.length));
  });

  test.each(each)('as far as rounding lets them be, from the features, on %s with k = %d', async (name, k) => {
    const { train, queries } = WITH_TIES[name];
    const expected = goldenNumbers('knn', `${name}_k${k}_pred.npy`);
    const predicted = await new NearestNeighbours(asVectors(train), train.labels, { ...OPTIONS, k }).predict(
      asVectors(queries),
    );
    const equal = expected.filter((label, i) => label === predicted[i]).length;
    expect(equal).toBeGreaterThanOrEqual(SHARE_WITH_DUPLICATES * expected.length);
  });
});

describeShared('on real vectors neighbours and predictions are those of scikit-learn 1.5.0', () => {
  const both = (a: LabelledRows, b: LabelledRows): LabelledRows => ({
    ...a,
    rows: Float32Array.from([...a.rows, ...b.rows]),
  });
  const cases: Record<string, () => Case> = {
    sib200: () => ({
      train: goldenInput('emb', 'sib200_train'),
      queries: both(goldenInput('emb', 'sib200_validation'), goldenInput('emb', 'sib200_test')),
      ks: [1, 2, 3, 5],
    }),
    amazon: () => ({
      train: goldenInput('emb', 'amazon_train'),
      queries: goldenInput('emb', 'amazon_validation'),
      ks: [2, 5],
    }),
  };
  test.each(Object.keys(cases))('on %s', async (name) => {
    const { train, queries, ks } = cases[name]();
    for (const k of ks) {
      const neighbours = new NearestNeighbours(asVectors(train), train.labels, { ...OPTIONS, k });
      expect([...(await neighbours.predict(asVectors(queries)))]).toEqual(
        goldenNumbers('knn', `${name}_k${k}_pred.npy`),
      );
      const sets = (positions: ArrayLike<number>): number[][] =>
        Array.from({ length: positions.length / k }, (_, i) =>
          Array.from({ length: k }, (_, j) => positions[i * k + j]).sort((a, b) => a - b),
        );
      const found = await neighbours.neighbours(asVectors(queries));
      expect(sets(found)).toEqual(sets(goldenNumbers('knn', `${name}_k${k}_ind.npy`)));
    }
  });
});

function drawn(seed: number, n: number, dims: number, nLabels: number): LabelledRows {
  const random = new RandomState(seed);
  return {
    rows: Float32Array.from({ length: n * dims }, () => random.standardNormal()),
    dims,
    labels: Array.from({ length: n }, () => 3 * Number(random.randint(0, nLabels)) - 2),
  };
}

describe('NearestNeighbours', () => {
  const predict = async (train: LabelledRows, queries: LabelledRows, options: object): Promise<Float64Array> =>
    new NearestNeighbours(asVectors(train), train.labels, { ...OPTIONS, k: 2, ...options }).predict(asVectors(queries));

  test.each([1, 2, 3, 4, 7])('is the slow version in double, with k = %d', async (k) => {
    const [train, queries] = [drawn(1, 80, 9, 4), drawn(2, 30, 9, 4)];
    const unit = ({ rows, dims }: LabelledRows): number[][] =>
      Array.from({ length: rows.length / dims }, (_, i) => {
        const row = [...rows.subarray(i * dims, (i + 1) * dims)];
        return row.map((x) => x / Math.hypot(...row));
      });
    const [t, q] = [unit(train), unit(queries)];
    const distances = Float32Array.from(q.flatMap((u) => t.map((v) => 1 - u.reduce((sum, x, j) => sum + x * v[j], 0))));
    expect([...(await predict(train, queries, { k }))]).toEqual(voteOn(distances, train.labels, k));
  });

  test('the order of training rows, their lengths and the names of labels do not matter without ties', async () => {
    const [train, queries] = [drawn(3, 60, 8, 3), drawn(4, 25, 8, 3)];
    const expected = [...(await predict(train, queries, { k: 3 }))];
    const order = Array.from(new RandomState(5).permutation(60));
    const shuffled: LabelledRows = {
      dims: 8,
      rows: Float32Array.from(order.flatMap((i) => [...train.rows.subarray(i * 8, i * 8 + 8)].map((x) => x * (1 + i)))),
      labels: order.map((i) => train.labels[i] * 10),
    };
    expect([...(await predict(shuffled, queries, { k: 3 }))]).toEqual(expected.map((label) => label * 10));
  });

  test('threads and memory change nothing, neighbours included', async () => {
    const [train, queries] = [drawn(6, 700, 16, 5), drawn(7, 90, 16, 5)];
    const found = (options: object): Promise<Int32Array> =>
      new NearestNeighbours(asVectors(train), train.labels, { ...OPTIONS, k: 4, ...options }).neighbours(
        asVectors(queries),
      );
    const expected = await found({});
    for (const options of [{ threads: 2 }, { maxMemory: 0 }, { maxMemory: 50_000 }]) {
      expect(await found(options)).toEqual(expected);
    }
  });

  test('a zero vector, and one shorter than 1.2e-6, is at distance 1 from everything', async () => {
    const train: LabelledRows = { dims: 2, rows: Float32Array.of(-1, 0, 0, 0, 1e-7, 0), labels: [1, 2, 3] };
    const queries: LabelledRows = { dims: 2, rows: Float32Array.of(1, 0, 0, 0), labels: [] };
    // Query 0: distances 2, 1 and 1 - 1e-7. Query 1: all 1, so the first row.
    expect([...(await predict(train, queries, { k: 1 }))]).toEqual([3, 1]);
  });

  test('progress ends with all queries', async () => {
    const seen: number[][] = [];
    await predict(drawn(8, 40, 4, 2), drawn(9, 25, 4, 2), {
      maxMemory: 16 * 4 * 40 * 10,
      onProgress: (done: number, total: number) => seen.push([done, total]),
    });
    expect(seen).toEqual([
      [9, 25],
      [18, 25],
      [25, 25],
    ]);
  });

  test('queries are read in blocks that fit the memory, however few training rows there are', async () => {
    const [train, queries] = [drawn(14, 3, 64, 2), drawn(15, 4000, 64, 2)];
    const seen: number[] = [];
    const maxMemory = 2 ** 20;
    const blocks = await predict(train, queries, { maxMemory, onProgress: (done: number) => seen.push(done) });
    // An eighth of the memory for the queries.
    const most = maxMemory / 8 / (4 * 64);
    expect(Math.max(...seen.map((done, i) => done - (seen[i - 1] ?? 0)))).toBeLessThanOrEqual(most);
    expect([...blocks]).toEqual([...(await predict(train, queries, {}))]);
  });

  test('fewer training rows than neighbours, no rows, and values that are not finite are errors', async () => {
    expect(tooFew.type).toBe('ValueError');
    const one = drawn(10, 1, 4, 1);
    await expect(predict(one, one, {})).rejects.toThrow('2 neighbours');
    await expect(predict(drawn(10, 0, 4, 1), one, {})).rejects.toThrow('no training rows');
    const [train, bad] = [drawn(11, 9, 4, 2), drawn(12, 9, 4, 2)];
    for (const value of [NaN, Infinity]) {
      bad.rows[7] = value;
      await expect(predict(train, bad, {})).rejects.toThrow('not finite');
      await expect(predict(bad, train, {})).rejects.toThrow('not finite');
    }
    await expect(predict(train, drawn(13, 4, 3, 1), {})).rejects.toThrow('3 components');
  });
});
