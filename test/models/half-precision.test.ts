import { describe, expect, it } from 'vitest';
import { inProcess } from '../../src/embedding/in-process-runner.js';
import { networkFiles, type NetworkChoice } from '../../src/embedding/model-files.js';
import { resolveModel } from '../../src/embedding/resolve-model.js';
import type { ModelOptions, ResolvedModel } from '../../src/embedding/types.js';
import { UserError } from '../../src/errors.js';
import { HIDDEN_SCORE, type FloatType } from '../../src/models/float-type.js';
import { floatsToBfloat16 } from '../../src/numeric/bfloat16.js';
import { floatsToHalf, halfToFloat } from '../../src/numeric/float16.js';
import { describeShared } from '../shared.js';
import { GOLDEN_GRAPHS, openIds, readGolden } from './golden-model.js';
import { IDS, TEXTS, tinyFolders } from './tiny-model.js';
import { TINY_CONFIG, slowBert, tinyTensors } from './tiny-bert.js';

/** shared/models/README.md: exports in half precision, to fp32. Measured here: 1 - cosine of 8e-6 at most. */
const COSINE = 0.9999;
/**
 * A number has 11 digits in base 2: each rounding moves it by 2^-12 of itself, and some 50 of them lie behind each other in
 * these models of 2 to 6 layers, so that sqrt(50) 2^-12 of the largest number of a row is usual, and twice that too much.
 */
const HALF = 2 * Math.sqrt(50) * 2 ** -12;
/** Float32 would be this near: a graph that is nearer is not computed in 16 bits. */
const FLOAT32 = 2e-5;

const folders = tinyFolders();

function cosine(a: readonly number[], b: readonly number[]): number {
  const dot = (x: readonly number[], y: readonly number[]): number => x.reduce((sum, v, i) => sum + v * y[i], 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

/** The largest difference between rows of each row's largest component. */
function difference(actual: readonly number[][], expected: readonly number[][]): number {
  return Math.max(
    ...expected.map((row, i) => {
      const largest = Math.max(...row.map(Math.abs));
      return Math.max(...row.map((value, j) => Math.abs(actual[i][j] - value) / largest));
    }),
  );
}

/** Vectors of the texts of a model that was resolved for another device; the CPU runs graphs in fp16, if slowly. */
async function embedOnCpu(model: ResolvedModel, texts = TEXTS): Promise<number[][]> {
  const embedder = await model.open(inProcess({ threads: 1 }));
  try {
    const { rows } = await embedder.embed(texts, { prompt: '' });
    return texts.map((_, i) => [...rows.subarray(i * model.dims, (i + 1) * model.dims)]);
  } finally {
    await embedder.close();
  }
}

describe('a graph in half precision', () => {
  it('gives the vectors of fp32 within the digits of fp16, from weights of any type', async () => {
    const mean = IDS.map((ids) => {
      const states = slowBert(ids);
      return states[0].map((_, j) => states.reduce((sum, state) => sum + state[j], 0) / states.length);
    });
    for (const stored of ['F32', 'BF16'] as const) {
      const folder = folders.write(
        TINY_CONFIG,
        tinyTensors((name) => name, stored),
      );
      const actual = await embedOnCpu(await resolveModel(folder, { dtype: 'fp16', device: 'cuda' }));
      expect(difference(actual, mean)).toBeLessThan(HALF);
      expect(difference(actual, mean)).toBeGreaterThan(FLOAT32);
    }
  });

  it('is well formed in bf16, of which the CPU has no kernels', async () => {
    const folder = folders.write(TINY_CONFIG, tinyTensors());
    const model = await resolveModel(folder, { dtype: 'bf16', device: 'cuda' });
    // The runtime checks the types of all nodes first, and only then looks for kernels.
    await expect(embedOnCpu(model)).rejects.toThrow(/Could not find an implementation for/);
  });

  it('hides tokens without infinite scores: padding that sees nothing would be no number', () => {
    const round: Record<FloatType, (x: number) => number> = {
      float32: Math.fround,
      float16: (x) => halfToFloat(floatsToHalf(Float32Array.of(x))[0]),
      bfloat16: (x) => new Float32Array(Uint32Array.of(floatsToBfloat16(Float32Array.of(x))[0] << 16).buffer)[0],
    };
    for (const [type, hidden] of Object.entries(HIDDEN_SCORE) as [FloatType, number][]) {
      expect(round[type](hidden)).toBe(hidden);
      for (const score of [0, -1, -17, -1000, -30000]) {
        const sum = round[type](hidden + score);
        expect(Number.isFinite(sum), `${type}, ${score}`).toBe(true);
        // Beside a score of 1000, nothing of it is left even in double precision.
        expect(Math.exp(sum - 1000)).toBe(0);
      }
    }
  });

  it('that overflows is an error that names wider types', async () => {
    const weights = tinyTensors();
    const { bytes } = weights.get('encoder.layer.0.intermediate.dense.weight') as { bytes: Uint8Array };
    const values = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
    for (let i = 0; i < values.length; i++) values[i] *= 1e6;
    const folder = folders.write(TINY_CONFIG, weights);
    expect((await embedOnCpu(await resolveModel(folder)))[0].every(Number.isFinite)).toBe(true);
    const overflow = async (device: string): Promise<unknown> =>
      embedOnCpu(await resolveModel(folder, { dtype: 'fp16', device }));
    await expect(overflow('cuda')).rejects.toThrow(/NaN or infinity.*65504.*--dtype fp32 or --dtype bf16/s);
    await expect(overflow('webgpu')).rejects.toThrow(/65504: take --dtype fp32\./);
    await expect(overflow('cuda')).rejects.toBeInstanceOf(UserError);
  });
});

describe('--dtype', () => {
  const resolved = (options: ModelOptions, files: object = {}) =>
    resolveModel(folders.write(TINY_CONFIG, tinyTensors(), files), options);

  it('is the type of the graph where the device computes in it, part of the key and of the settings', async () => {
    const folder = folders.write(TINY_CONFIG, tinyTensors());
    const models = await Promise.all(
      ['fp32', 'fp16', 'bf16'].map((dtype) => resolveModel(folder, { dtype, device: 'cuda:1' })),
    );
    expect(new Set(models.map(({ key }) => key)).size).toBe(3);
    expect(models.map(({ dtype }) => dtype)).toEqual(['fp32', 'fp16', 'bf16']);
    expect(models[2]).toMatchObject({
      kind: 'sentence-transformers',
      settings: { dtype: 'bf16', graph: 'built' },
      origins: { dtype: '--dtype' },
      options: { device: 'cuda' },
    });
    expect((await resolved({})).origins?.dtype).toBe('default');
  });

  it('is refused where the device does not compute in it, with what there is', async () => {
    await expect(resolved({ dtype: 'fp16' })).rejects.toThrow(
      /--dtype fp16: .*has no onnx\/model_fp16\.onnx; its weights are computed in fp32 on cpu.*there is fp32 \(its weights\).*fp16 with --device cuda or --device webgpu/s,
    );
    await expect(resolved({ dtype: 'bf16', device: 'webgpu' })).rejects.toThrow(
      /--dtype bf16: the weights are computed in fp32 or fp16 on webgpu.*there is fp32 \(its weights\), fp16 \(its weights\).*--device cuda/s,
    );
    await expect(resolved({ dtype: 'fp17', device: 'cuda' })).rejects.toThrow(
      /--dtype fp17: is no number type that.*did you mean "fp16"\?.*bf16 \(its weights\)/s,
    );
  });

  it('is the type of an export where only exports can have it', async () => {
    const model = { 'onnx/model_fp16.onnx': 'no export', 'onnx/model_q8.onnx': '' };
    await expect(resolved({ dtype: 'fp16' }, model)).rejects.toThrow(/model_fp16\.onnx/);
    expect(await resolved({ dtype: 'fp16', device: 'webgpu' }, model)).toMatchObject({ kind: 'sentence-transformers' });
  });

  it('decides the files that are fetched as it decides those that are read', () => {
    const there = new Set(['config.json', 'model.safetensors', 'onnx/model_fp16.onnx', 'onnx/model.onnx']);
    const files = (options: NetworkChoice, paths = there) => {
      const { files, exports } = networkFiles(paths, [''], options);
      return [...files, ...exports];
    };
    expect(files({})).toEqual(['model.safetensors']);
    expect(files({ dtype: 'fp16' })).toEqual(['onnx/model_fp16.onnx']);
    expect(files({ dtype: 'fp16', device: 'cuda:0,1' })).toEqual(['model.safetensors']);
    expect(files({ dtype: 'bf16', device: 'webgpu' })).toEqual([]);
    const exported = new Set([...there].filter((path) => path !== 'model.safetensors'));
    expect(files({ dtype: 'fp16', device: 'cuda' }, exported)).toEqual(['onnx/model_fp16.onnx']);
  });
});

describeShared('graphs of architectures in half precision', () => {
  for (const folder of GOLDEN_GRAPHS) {
    it(`give the vectors of ${folder} in fp16, and are well formed in bf16`, async () => {
      const { golden, vectors } = readGolden(folder);
      await expect(openIds(folder, golden.padId, { type: 'bfloat16' })).rejects.toThrow(/find an implementation/);
      const model = await openIds(folder, golden.padId, { type: 'float16' });
      for (const { ids, rows, promptLength } of golden.sets) {
        const actual = await model.embed(ids.slice(0, 8), 4, promptLength ?? 0);
        const expected = vectors.slice(...rows).slice(0, 8);
        for (const [i, vector] of actual.entries()) expect(cosine(vector, expected[i])).toBeGreaterThan(COSINE);
        expect(difference(actual, expected)).toBeGreaterThan(FLOAT32);
      }
      await model.close();
    });
  }
});
