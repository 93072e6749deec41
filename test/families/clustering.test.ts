import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { ClusteringData, Label } from '../../src/datasets/types.js';
import { CORRECTED, PUBLISHED } from '../../src/definitions/protocol.js';
import { withKMeansEngine } from '../../src/estimators/k-means-engine.js';
import { CLUSTERERS } from '../../src/families/clusterers.js';
import type { Clusterer } from '../../src/families/clusterers.js';
import { clustering } from '../../src/families/clustering.js';
import type { FamilyOptions, VectorsOf } from '../../src/families/types.js';
import { drawsOf } from '../../src/leaderboard/compare-with-published.js';
import { matrix } from '../../src/numeric/matrix.js';
import type { Matrix } from '../../src/numeric/matrix.js';
import { RandomState } from '../../src/numeric/random-state.js';
import { vectorsInMemory } from '../../src/vectors/in-memory.js';
import { readFloat32, readNpy } from '../npy.js';
import { describeShared, sharedPath } from '../shared.js';
import { differences, goldenCase, goldenCases } from './golden-cases.js';
import type { ReferenceResult } from './golden-cases.js';

const OPTIONS: FamilyOptions = {
  protocol: PUBLISHED,
  seed: 0,
  seedMode: 'each',
  clusteringSeeds: 1,
  clusterers: [],
  threads: 1,
  maxMemory: 2 ** 28,
};

interface Split {
  readonly x: Matrix;
  readonly label: readonly Label[];
}

/** A task over given vectors. */
function taskOf(test: Split, validation: Split | null): { data: ClusteringData; vectors: VectorsOf } {
  const rows = ({ x, label }: Split) => ({ text: Array.from({ length: x.rows }, (_, i) => `文${i}`), label });
  const splits = { validation: validation === null ? null : rows(validation), test: rows(test) };
  return {
    data: { family: 'Clustering', files: [], warnings: [], splits },
    vectors: (split) => {
      const { x } = split === 'test' ? test : validation!;
      return { source: vectorsInMemory(x), index: Int32Array.from({ length: x.rows }, (_, i) => i) };
    },
  };
}

/** Groups of rows around far apart points, labelled by group. */
function groups(rows: number, nGroups: number, seed: number): Split {
  const random = new RandomState(seed);
  const data = Float32Array.from({ length: rows * 3 }, (_, at) => {
    const group = Math.floor(at / 3) % nGroups;
    return (at % 3 === group % 3 ? 9 * (1 + group) : 0) + random.standardNormal();
  });
  return { x: matrix(data, rows, 3), label: Array.from({ length: rows }, (_, i) => i % nGroups) };
}

describe('clustering', () => {
  for (const golden of goldenCases('Clustering')) {
    for (const reading of ['published', 'corrected'] as const) {
      it(`gives what the reference gives in the case ${golden.name}, ${reading}`, async () => {
        const result = await clustering.evaluate(golden.data, golden.vectors, {
          ...golden.options,
          protocol: reading === 'published' ? PUBLISHED : CORRECTED,
        });
        expect(differences(result, golden[reading] as ReferenceResult, golden.extra)).toEqual([]);
      });
    }
    it(`puts the test rows into the clusters of the reference in the case ${golden.name}`, async () => {
      const { items, choice } = await clustering.evaluate(golden.data, golden.vectors, golden.options);
      const expected = golden.extra.cluster_numbers?.test[choice.value];
      expect(expected?.length).toBe(golden.data.splits.test.label.length);
      expect(Array.from(items.columns[2].values as Float64Array)).toEqual(expected);
    });
    it(`puts the validation rows into the clusters of the reference in the case ${golden.name}`, async () => {
      const { source, index } = golden.vectors('validation', 'text');
      const x = matrix(await source.gather(index), index.length, source.dims);
      const { seed, seedMode, threads, maxMemory } = golden.options;
      const nClusters = new Set(golden.data.splits.test.label).size;
      const stream = new RandomState(seed);
      await withKMeansEngine({ threads }, async (engine) => {
        for (const name of Object.keys(CLUSTERERS) as Clusterer[]) {
          const random = seedMode === 'stream' ? stream : new RandomState(seed);
          const { labels } = await CLUSTERERS[name].run(x, nClusters, { random, engine, threads, maxMemory });
          expect(Array.from(labels), name).toEqual(golden.extra.cluster_numbers?.validation[name]);
        }
      });
    });
  }

  it('warns when Birch ends with fewer subclusters than clusters', async () => {
    const { data, vectors, options } = goldenCase('Clustering', 'few_subclusters');
    const { warnings } = await clustering.evaluate(data, vectors, options);
    expect(warnings.some((warning) => /^test, Birch: /.test(warning))).toBe(true);
  });

  it('shows every test row with its label and cluster', async () => {
    const test = { ...groups(12, 3, 1), label: Array.from({ length: 12 }, (_, i) => ['猫', '犬', '鳥'][i % 3]) };
    const { data, vectors } = taskOf(test, groups(12, 3, 2));
    const { items, counts } = await clustering.evaluate(data, vectors, OPTIONS);
    expect(items.columns.map(({ name, type }) => `${name} ${type}`)).toEqual([
      'id text',
      'gold text',
      'cluster float64',
    ]);
    expect(items.columns[1].values.slice(0, 3)).toEqual(['猫', '犬', '鳥']);
    expect(counts).toEqual({
      clusters: 3,
      validationRows: 12,
      validationLabels: 3,
      testRows: 12,
      testLabels: 3,
      testClustersWithRows: 3,
    });
  });

  it('keeps the first seed as the score and sets all draws, their mean and spread beside it', async () => {
    const { data, vectors, options } = goldenCase('Clustering', 'seed_42');
    const one = async (seed: number, seedMode: 'each' | 'stream') =>
      clustering.evaluate(data, vectors, { ...options, seed, seedMode });
    for (const seedMode of ['each', 'stream'] as const) {
      const singles = [await one(7, seedMode), await one(8, seedMode), await one(9, seedMode)];
      const result = await clustering.evaluate(data, vectors, { ...options, seed: 7, seedMode, clusteringSeeds: 3 });
      const values = singles.map(({ main }) => main.value as number);
      expect({ ...result, details: null, warnings: null }).toEqual({ ...singles[0], details: null, warnings: null });
      expect(drawsOf(result)).toEqual(values);
      const mean = (values[0] + values[1] + values[2]) / 3;
      expect(result.details?.mean).toBeCloseTo(mean, 14);
      const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 2;
      expect(result.details?.standardDeviation).toBeCloseTo(Math.sqrt(variance), 14);
      expect(result.details?.seeds).toEqual([7, 8, 9]);
      expect(result.details?.choices).toEqual(singles.map(({ choice }) => choice.value));
      const algorithms = result.details?.algorithms as Record<string, Record<string, Record<string, number[]>>>;
      for (const name of clustering.candidates) {
        expect(algorithms[name].validation.v_measure_score).toEqual(
          singles.map(({ validation }) => validation?.[name].v_measure_score),
        );
        expect(algorithms[name].test.homogeneity_score).toEqual(
          singles.map(({ test }) => test[name].homogeneity_score),
        );
      }
      const times = result.details?.timesChosen as Record<string, number>;
      expect(Object.values(times).reduce((a, b) => a + b)).toBe(3);
    }
  });

  it('lets ml-kmeans take part without a rank and without a draw from the stream', async () => {
    const { data, vectors, options } = goldenCase('Clustering', 'global_seed_0');
    const plain = await clustering.evaluate(data, vectors, options);
    const extra = await clustering.evaluate(data, vectors, { ...options, clusterers: ['k-means'] });
    expect(Object.keys(extra.test)).toEqual([...clustering.candidates, 'k-means']);
    const { 'k-means': score, ...ranked } = extra.test;
    expect(ranked).toEqual(plain.test);
    expect(extra.main).toEqual(plain.main);
    expect(score.v_measure_score).toBeGreaterThan(0);
    const again = await clustering.evaluate(data, vectors, { ...options, clusterers: ['k-means'] });
    expect(again.test['k-means']).toEqual(score);
  });

  it('reports a perfect score for groups that are far apart, whatever the rows are called', async () => {
    const test = groups(60, 3, 3);
    const renamed = { ...test, label: test.label.map((label) => `r${9 - Number(label)}`) };
    for (const split of [test, renamed]) {
      const { data, vectors } = taskOf(split, groups(45, 3, 4));
      const result = await clustering.evaluate(data, vectors, OPTIONS);
      expect(result.main.value).toBeCloseTo(1, 12);
    }
  });

  it('uses the fixed choice where there is no validation split, and needs one', async () => {
    const { data, vectors } = taskOf(groups(30, 3, 5), null);
    const result = await clustering.evaluate(data, vectors, { ...OPTIONS, fixedChoice: 'BisectingKMeans' });
    expect([result.validation, result.choice.value]).toEqual([null, 'BisectingKMeans']);
    expect(Object.keys(result.test)).toEqual(clustering.candidates);
    await expect(clustering.evaluate(data, vectors, OPTIONS)).rejects.toThrow('fixedChoice');
  });

  it('names rows that cannot be clustered, all problems together', () => {
    const problems = (test: Label[], validation: Label[] | null) =>
      clustering.check(
        taskOf(
          { x: matrix(new Float32Array(test.length), test.length, 1), label: test },
          validation && { x: matrix(new Float32Array(validation.length), validation.length, 1), label: validation },
        ).data,
        PUBLISHED,
      );
    expect(problems(['a', 'b', 'a'], ['a', 'b'])).toEqual([]);
    expect(problems([0, 1, 2], [0, 1]).map(({ where, what }) => `${where}: ${what}`)).toEqual([
      'validation: it has 2 rows, fewer than the 3 distinct labels of the test split, which say how many clusters to make.',
    ]);
    expect(problems(['a', 'a'], ['a', 'b'])[0].what).toMatch(/^all its rows have one label \("a"\)/);
    expect(problems([], []).map(({ what }) => what)).toEqual(['it has no rows.', 'it has no rows.']);
    expect(problems(['a', 1, 'a'], null)[0].what).toBe('its labels are of several types, such as "a" and 1.');
    expect(problems([0, NaN, 1], null)[0].what).toBe('the label of row 2 is NaN.');
  });

  it('names split and algorithm when an algorithm refuses the rows', async () => {
    const { data, vectors } = taskOf(groups(30, 3, 5), groups(30, 3, 6));
    const small = clustering.evaluate(data, vectors, { ...OPTIONS, maxMemory: 1000 });
    await expect(small).rejects.toThrow(/^validation, AgglomerativeClustering: .*more than the limit/);
    const three = { x: matrix(Float32Array.of(5, 0, 0), 3, 1), label: [0, 1, 2] };
    const equal = taskOf(three, null);
    const refused = clustering.evaluate(equal.data, equal.vectors, { ...OPTIONS, seed: 5, fixedChoice: 'Birch' });
    await expect(refused).rejects.toThrow(/^test, BisectingKMeans: the cluster to split next has one row/);
  });

  it('refuses vectors that are not finite, and seeds beyond the last', async () => {
    const test = groups(30, 3, 5);
    test.x.data[7] = NaN;
    const { data, vectors } = taskOf(test, groups(30, 3, 6));
    await expect(clustering.evaluate(data, vectors, OPTIONS)).rejects.toThrow('test: the vector of row 3 holds');
    const late = { ...OPTIONS, seed: 2 ** 32 - 1, clusteringSeeds: 2 };
    await expect(clustering.evaluate(data, vectors, late)).rejects.toThrow('--clustering-seeds: 2 seeds');
  });

  it('tells of progress up to the end', async () => {
    const { data, vectors } = taskOf(groups(30, 3, 5), groups(30, 3, 6));
    const seen: number[][] = [];
    const onProgress = (_: string, done: number, total: number): unknown => seen.push([done, total]);
    await clustering.evaluate(data, vectors, { ...OPTIONS, clusteringSeeds: 2, onProgress });
    expect(seen).toEqual(Array.from({ length: 16 }, (_, i) => [i + 1, 16]));
  });

  it('warns when fewer clusters than asked for have rows', async () => {
    const x = matrix(
      Float32Array.from({ length: 40 }, (_, i) => (i % 2) * 10),
      40,
      1,
    );
    const split = { x, label: Array.from({ length: 40 }, (_, i) => i % 3) };
    const { data, vectors } = taskOf(split, split);
    const { warnings } = await clustering.evaluate(data, vectors, { ...OPTIONS, clusteringSeeds: 2 });
    expect(warnings).toContain('test, MiniBatchKMeans: only 2 of 3 clusters have rows');
  });
});

describeShared('clustering of embeddings', () => {
  it.each(['mewsc', 'sib200'])('gives the scores of scikit-learn on %s, ten seeds', async (name) => {
    const golden = (
      JSON.parse(readFileSync(sharedPath('goldens', 'estimators', 'protocol.json'), 'utf8')) as {
        clustering: Record<string, Record<string, Record<string, Record<string, Record<string, number>>>>>;
      }
    ).clustering[name];
    const { data, vectors } = taskOf(openEmbeddings(name, 'test'), openEmbeddings(name, 'validation'));
    const result = await clustering.evaluate(data, vectors, { ...OPTIONS, clusteringSeeds: 10 });
    expect(result.choice.value).toBe(golden.chosen_first_seed);
    const algorithms = result.details?.algorithms as Record<string, Record<string, Record<string, number[]>>>;
    for (let seed = 0; seed < 10; seed++) {
      for (const [algorithm, splits] of Object.entries(golden[`seed${seed}`])) {
        for (const [split, metrics] of Object.entries(splits)) {
          for (const [metric, value] of Object.entries(metrics)) {
            const got = algorithms[algorithm][split][metric][seed];
            expect(got, `${name} ${seed} ${algorithm} ${split} ${metric}`).toBeCloseTo(value, 12);
          }
        }
      }
    }
  });

  it.each(['explicit', 'global'])(
    'gives what the reference gives with five seeds on the texts of sib200, %s',
    async (kind) => {
      const file = sharedPath('goldens', 'families', 'minilm', 'clustering_seeds.json');
      const seeds = (
        JSON.parse(readFileSync(file, 'utf8')) as Record<string, Record<string, Record<string, ReferenceResult>>>
      ).sib200_japanese_clustering[kind];
      const { data, vectors } = taskOf(openEmbeddings('sib200', 'test'), openEmbeddings('sib200', 'validation'));
      const seedMode = kind === 'global' ? 'stream' : 'each';
      for (const [seed, expected] of Object.entries(seeds)) {
        const result = await clustering.evaluate(data, vectors, { ...OPTIONS, seed: Number(seed), seedMode });
        expect(differences(result, expected), `seed ${seed}`).toEqual([]);
      }
    },
  );
});

/** Vectors of all-MiniLM-L6-v2 with their labels. */
function openEmbeddings(name: string, split: string): Split {
  const inputs = (file: string) => sharedPath('goldens', 'estimators', 'inputs', `${file}_${name}_${split}.npy`);
  return { x: readFloat32(inputs('emb')), label: Array.from(readNpy(inputs('label')).data, Number) };
}
