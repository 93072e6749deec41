import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { inProcess } from '../../src/embedding/in-process-runner.js';
import { resolveModel } from '../../src/embedding/resolve-model.js';
import type { EmbedCall } from '../../src/embedding/types.js';
import { TINY, TINY_CONFIG, TINY_WORDS, slowBert, tinyTensors, writeTinyFolder } from './tiny-bert.js';
import { float32Tensor, writeSafetensors } from './write-safetensors.js';

/** Float32 sums of a few dozen terms of size 10 and below against float64. */
const FLOAT32 = 2e-5;

const root = mkdtempSync(join(tmpdir(), 'jmteb-bert-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let folders = 0;
const freshFolder = (): string => join(root, `model${folders++}`);

const TEXTS = ['a b c', 'd', 'e f g h i j k l m n o', 'b bx zzz', 'a a'];
const IDS = TEXTS.map((text) => [2, ...text.split(' ').flatMap((word) => idsOf(word)), 3]);

function idsOf(word: string): number[] {
  if (word === 'bx') return [TINY_WORDS.indexOf('b'), TINY_WORDS.indexOf('##x')];
  return [TINY_WORDS.includes(word) ? TINY_WORDS.indexOf(word) : 1];
}

async function embed(folder: string, texts = TEXTS, call: EmbedCall = { prompt: '' }): Promise<number[][]> {
  const model = await resolveModel(folder);
  const embedder = await model.open(inProcess({ threads: 1 }));
  try {
    const { rows } = await embedder.embed(texts, call);
    return texts.map((_, i) => [...rows.subarray(i * model.dims, (i + 1) * model.dims)]);
  } finally {
    await embedder.close();
  }
}

function expectClose(actual: number[][], expected: number[][]): void {
  expect(actual.length).toBe(expected.length);
  for (const [i, row] of expected.entries()) {
    expect(actual[i].length).toBe(row.length);
    const largest = row.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
    for (const [j, value] of row.entries()) expect(Math.abs(actual[i][j] - value)).toBeLessThan(FLOAT32 * largest);
  }
}

const column = (states: number[][], j: number): number[] => states.map((state) => state[j]);
const sum = (values: number[]): number => values.reduce((a, b) => a + b, 0);
const perDimension = (f: (values: number[]) => number) => (states: number[][]) =>
  Array.from({ length: TINY.hidden }, (_, j) => f(column(states, j)));
const POOL: Record<string, (states: number[][]) => number[]> = {
  cls_token: (states) => states[0],
  max_tokens: perDimension((values) => Math.max(...values)),
  mean_tokens: perDimension((values) => sum(values) / values.length),
  mean_sqrt_len_tokens: perDimension((values) => sum(values) / Math.sqrt(values.length)),
  weightedmean_tokens: perDimension(
    (values) => sum(values.map((value, i) => value * (i + 1))) / sum(values.map((_, i) => i + 1)),
  ),
  lasttoken: (states) => states[states.length - 1],
};
const pooling = (...names: string[]): Record<string, unknown> => ({
  '1_Pooling/config.json': {
    pooling_mode_mean_tokens: false,
    ...Object.fromEntries(names.map((name) => [`pooling_mode_${name}`, true])),
  },
});

describe('a BERT folder', () => {
  it('gives the mean of a plain float64 forward pass, whatever else is in the batch', async () => {
    const folder = writeTinyFolder(freshFolder());
    const expected = IDS.map((ids) => POOL.mean_tokens(slowBert(ids)));
    expectClose(await embed(folder), expected);
    expectClose(await embed(folder, [TEXTS[2]]), [expected[2]]);
  });

  it('pools in each way, and puts several side by side in the order of sentence-transformers', async () => {
    for (const name of Object.keys(POOL)) {
      const folder = writeTinyFolder(freshFolder(), pooling(name));
      expectClose(
        await embed(folder),
        IDS.map((ids) => POOL[name](slowBert(ids))),
      );
    }
    const all = Object.keys(POOL).reverse();
    const expected = IDS.map((ids) => Object.values(POOL).flatMap((pool) => pool(slowBert(ids))));
    expectClose(await embed(writeTinyFolder(freshFolder(), pooling(...all))), expected);
  });

  it('reads pooling_mode as one name, and takes the mean where nothing is said', async () => {
    const named = { '1_Pooling/config.json': { pooling_mode: 'cls' } };
    expectClose(
      await embed(writeTinyFolder(freshFolder(), named)),
      IDS.map((ids) => slowBert(ids)[0]),
    );
    const expected = IDS.map((ids) => POOL.mean_tokens(slowBert(ids)));
    expectClose(await embed(writeTinyFolder(freshFolder(), { '1_Pooling/config.json': {} })), expected);
    const without = { 'modules.json': null, '1_Pooling/config.json': null };
    expectClose(await embed(writeTinyFolder(freshFolder(), without)), expected);
  });

  it('leaves the tokens of the prompt out of every pooling but the first token', async () => {
    const prompt = 'c d ';
    const texts = TEXTS.map((text) => prompt + text);
    for (const name of Object.keys(POOL)) {
      const files = pooling(name);
      const config = { ...(files['1_Pooling/config.json'] as object), include_prompt: false };
      const folder = writeTinyFolder(freshFolder(), { '1_Pooling/config.json': config });
      const expected = IDS.map((ids) => {
        const states = slowBert([2, 6, 7, ...ids.slice(1)]);
        if (name !== 'weightedmean_tokens') return POOL[name](name === 'cls_token' ? states : states.slice(3));
        // The weights count from the first token of all.
        return perDimension((values) => {
          const weights = values.map((_, i) => (i < 3 ? 0 : i + 1));
          return sum(values.map((value, i) => value * weights[i])) / sum(weights);
        })(states);
      });
      expectClose(await embed(folder, texts, { prompt }), expected);
    }
  });

  it('leaves out the first token for an empty prompt that was asked for, and none otherwise', async () => {
    const folder = writeTinyFolder(freshFolder(), { '1_Pooling/config.json': { include_prompt: false } });
    expectClose(
      await embed(folder),
      IDS.map((ids) => POOL.mean_tokens(slowBert(ids))),
    );
    const expected = IDS.map((ids) => POOL.mean_tokens(slowBert(ids).slice(1)));
    expectClose(await embed(folder, TEXTS, { prompt: '', emptyPrompt: true }), expected);
  });

  it('computes every activation that it accepts', async () => {
    const tanhGelu = (x: number): number => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
    const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
    const activations: Record<string, (x: number) => number> = {
      gelu_new: tanhGelu,
      gelu_pytorch_tanh: tanhGelu,
      gelu_fast: tanhGelu,
      quick_gelu: (x) => x * sigmoid(1.702 * x),
      relu: (x) => Math.max(0, x),
      silu: (x) => x * sigmoid(x),
      swish: (x) => x * sigmoid(x),
      tanh: Math.tanh,
      sigmoid,
      linear: (x) => x,
    };
    for (const [name, activation] of Object.entries(activations)) {
      const folder = writeTinyFolder(freshFolder(), { 'config.json': { ...TINY_CONFIG, hidden_act: name } });
      expectClose(
        await embed(folder),
        IDS.map((ids) => POOL.mean_tokens(slowBert(ids, activation))),
      );
    }
  });

  it('takes weights behind a prefix, with the names of old checkpoints, in bfloat16 and at any byte', async () => {
    const expected = IDS.map((ids) => POOL.mean_tokens(slowBert(ids)));
    const heads = new Map([
      ...tinyTensors((name) =>
        `bert.${name}`.replace('LayerNorm.weight', 'LayerNorm.gamma').replace('LayerNorm.bias', 'LayerNorm.beta'),
      ),
      ['cls.predictions.bias', float32Tensor([3], new Float32Array(3))] as const,
      ['bert.pooler.dense.bias', float32Tensor([8], new Float32Array(8))] as const,
      ['bert.embeddings.position_ids', { dtype: 'I64', shape: [1], bytes: new Uint8Array(8) }] as const,
    ]);
    expectClose(await embed(writeTinyFolder(freshFolder(), {}, heads)), expected);
    for (const padding of [0, 1, 2, 3]) {
      expectClose(await embed(writeTinyFolder(freshFolder(), {}, tinyTensors(undefined, 'BF16'), padding)), expected);
      expectClose(await embed(writeTinyFolder(freshFolder(), {}, tinyTensors(), padding)), expected);
    }
  });

  it('reads weights from several files by their index', async () => {
    const tensors = [...tinyTensors()];
    const parts = [new Map(tensors.slice(0, 10)), new Map(tensors.slice(10))];
    const names = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors'];
    const map = Object.fromEntries(parts.flatMap((part, i) => [...part.keys()].map((name) => [name, names[i]])));
    const folder = writeTinyFolder(freshFolder(), { 'model.safetensors.index.json': { weight_map: map } }, null);
    for (const [i, part] of parts.entries()) writeSafetensors(join(folder, names[i]), part);
    expectClose(
      await embed(folder),
      IDS.map((ids) => POOL.mean_tokens(slowBert(ids))),
    );
  });

  it('follows links out of the folder, as a cache has them, and paths with spaces and kanji', async () => {
    const stored = writeTinyFolder(join(root, '重み の 倉庫'));
    const linked = writeTinyFolder(freshFolder(), {}, null);
    symlinkSync(join(stored, 'model.safetensors'), join(linked, 'model.safetensors'));
    expectClose(
      await embed(linked),
      IDS.map((ids) => POOL.mean_tokens(slowBert(ids))),
    );
  });

  it('applies Dense, LayerNorm and Normalize behind pooling', async () => {
    const weight = Float32Array.from({ length: 24 }, (_, i) => Math.sin(i));
    const bias = Float32Array.of(0.5, -1, 2);
    const scale = Float32Array.of(1, 2, 3);
    const types = ['Transformer', 'Pooling', 'Dense', 'LayerNorm', 'Normalize'];
    const folder = writeTinyFolder(freshFolder(), {
      'modules.json': types.map((type, i) => ({
        path: i === 0 ? '' : `${i}_${type}`,
        type: `sentence_transformers.models.${type}`,
      })),
      '2_Dense/config.json': {
        in_features: 8,
        out_features: 3,
        bias: true,
        activation_function: 'torch.nn.modules.activation.Tanh',
      },
      '3_LayerNorm/config.json': { dimension: 3 },
    });
    writeSafetensors(
      join(folder, '2_Dense/model.safetensors'),
      new Map([
        ['linear.weight', float32Tensor([3, 8], weight)],
        ['linear.bias', float32Tensor([3], bias)],
      ]),
    );
    writeSafetensors(
      join(folder, '3_LayerNorm/model.safetensors'),
      new Map([
        ['norm.weight', float32Tensor([3], scale)],
        ['norm.bias', float32Tensor([3], bias)],
      ]),
    );
    const expected = IDS.map((ids) => {
      const mean = POOL.mean_tokens(slowBert(ids));
      const dense = [...bias].map((b, o) => Math.tanh(mean.reduce((total, v, i) => total + v * weight[8 * o + i], b)));
      const middle = sum(dense) / 3;
      const variance = sum(dense.map((v) => (v - middle) ** 2)) / 3;
      const normed = dense.map((v, i) => ((v - middle) / Math.sqrt(variance + 1e-5)) * scale[i] + bias[i]);
      return normed.map((v) => v / Math.hypot(...normed));
    });
    expectClose(await embed(folder), expected);
  });

  it('says all at once what is wrong with weights that do not fit the configuration', async () => {
    const tensors = tinyTensors();
    tensors.delete('encoder.layer.1.output.dense.bias');
    tensors.set('embeddings.LayerNorm.bias', float32Tensor([4], new Float32Array(4)));
    tensors.set('encoder.layer.2.output.dense.bias', float32Tensor([8], new Float32Array(8)));
    await expect(resolveModel(writeTinyFolder(freshFolder(), {}, tensors))).rejects.toThrow(
      /"embeddings\.LayerNorm\.bias" has the shape \[4\].*asks for \[8\][\s\S]*no tensor "encoder\.layer\.1\.output\.dense\.bias"[\s\S]*does not use: encoder\.layer\.2\.output\.dense\.bias/,
    );
  });

  it('refuses what it cannot compute, by name', async () => {
    const refused = (change: object): Promise<unknown> =>
      resolveModel(writeTinyFolder(freshFolder(), { 'config.json': { ...TINY_CONFIG, ...change } }));
    await expect(refused({ position_embedding_type: 'relative_key' })).rejects.toThrow(
      '"position_embedding_type" is "relative_key"',
    );
    await expect(refused({ hidden_act: 'gelu_ne' })).rejects.toThrow('did you mean "gelu_new"?');
    await expect(refused({ num_attention_heads: 3 })).rejects.toThrow('a divisor of "hidden_size" (8)');
    await expect(refused({ is_decoder: true })).rejects.toThrow('"is_decoder" is true');
    await expect(refused({ model_type: 'bertt' })).rejects.toThrow('did you mean "bert"?');
    await expect(refused({ hidden_size: -8, num_hidden_layers: 'two' })).rejects.toThrow(
      /hidden_size[\s\S]*num_hidden_layers/,
    );
    await expect(refused({ num_hidden_layers: 4000 })).rejects.toThrow('no tensor "encoder.layer.2');
    await expect(refused({ num_hidden_layers: 1e7 })).rejects.toThrow('a whole number from 1 to 4096');
  });
});
