import type { TextRole } from '../../src/definitions/types.js';
import type { FamilyOptions, VectorsOf } from '../../src/families/types.js';
import { PUBLISHED } from '../../src/definitions/protocol.js';
import { matrix } from '../../src/numeric/matrix.js';
import { RandomState } from '../../src/numeric/random-state.js';
import { vectorsInMemory } from '../../src/vectors/in-memory.js';

/** Vectors of both sides of both splits, one row a pair. */
export interface PairVectors {
  readonly dims: number;
  readonly validation: Readonly<Record<'sentence1' | 'sentence2', Float32Array>>;
  readonly test: Readonly<Record<'sentence1' | 'sentence2', Float32Array>>;
}

/** Pairs whose second sentence is the first and noise of its own strength, `noise[i]`, at lengths that vary. */
export function drawPairs(
  seed: number,
  noise: Readonly<Record<'validation' | 'test', Float64Array>>,
  dims: number,
): PairVectors {
  const random = new RandomState(seed);
  const split = (strengths: Float64Array) => {
    const [sentence1, sentence2] = [
      new Float32Array(strengths.length * dims),
      new Float32Array(strengths.length * dims),
    ];
    strengths.forEach((strength, i) => {
      const length = 0.5 + random.randomSample();
      for (let j = i * dims; j < (i + 1) * dims; j++) {
        const common = random.standardNormal();
        sentence1[j] = length * common;
        sentence2[j] = length * (common + strength * random.standardNormal());
      }
    });
    return { sentence1, sentence2 };
  };
  return { dims, validation: split(noise.validation), test: split(noise.test) };
}

/** As a family reads them. */
export function vectorsOf({ dims, ...splits }: PairVectors): VectorsOf {
  return (split, role: TextRole) => {
    const data = splits[split as 'validation' | 'test'][role as 'sentence1' | 'sentence2'];
    const rows = data.length / dims;
    return { source: vectorsInMemory(matrix(data, rows, dims)), index: Int32Array.from({ length: rows }, (_, i) => i) };
  };
}

export const OPTIONS: FamilyOptions = {
  protocol: PUBLISHED,
  seed: 0,
  seedMode: 'each',
  clusteringSeeds: 1,
  clusterers: [],
  threads: 1,
  maxMemory: 2 ** 28,
};

export const NO_FILES = { files: [], warnings: [] };

export function filled(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `文${i}`);
}
