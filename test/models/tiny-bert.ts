import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bfloat16Tensor, float32Tensor, writeSafetensors, type NewTensor } from './write-safetensors.js';
import { congruential } from '../pseudo-random.js';

/** Sizes of a BERT that is small enough to be computed by hand. */
export const TINY = { vocabulary: 20, hidden: 8, heads: 2, inner: 12, layers: 2, positions: 16, types: 2 } as const;
const EPSILON = 1e-12;

export const TINY_CONFIG = {
  model_type: 'bert',
  vocab_size: TINY.vocabulary,
  hidden_size: TINY.hidden,
  num_attention_heads: TINY.heads,
  intermediate_size: TINY.inner,
  num_hidden_layers: TINY.layers,
  max_position_embeddings: TINY.positions,
  type_vocab_size: TINY.types,
  layer_norm_eps: EPSILON,
  hidden_act: 'gelu',
};

/** Words of the tokenizer; a word's id is its place. */
export const TINY_WORDS = '[PAD] [UNK] [CLS] [SEP] a b c d e f g h i j k l m n ##x o'.split(' ');

export const TINY_TOKENIZER = {
  version: '1.0',
  truncation: { max_length: 4, strategy: 'LongestFirst', stride: 0, direction: 'Right' },
  padding: { strategy: { Fixed: 12 }, pad_id: 0, pad_token: '[PAD]', pad_type_id: 0, direction: 'Right' },
  added_tokens: [0, 1, 2, 3].map((id) => ({ id, content: TINY_WORDS[id], special: true, normalized: false })),
  normalizer: {
    type: 'BertNormalizer',
    clean_text: true,
    handle_chinese_chars: true,
    strip_accents: null,
    lowercase: true,
  },
  pre_tokenizer: { type: 'BertPreTokenizer' },
  post_processor: { type: 'BertProcessing', sep: ['[SEP]', 3], cls: ['[CLS]', 2] },
  decoder: null,
  model: {
    type: 'WordPiece',
    unk_token: '[UNK]',
    continuing_subword_prefix: '##',
    max_input_chars_per_word: 100,
    vocab: Object.fromEntries(TINY_WORDS.map((word, id) => [word, id])),
  },
};

export type TinyWeights = ReadonlyMap<string, { readonly shape: readonly number[]; readonly values: Float32Array }>;

/** Weights that look like noise, the same every time; every number is one that bfloat16 holds exactly. */
export function tinyWeights(): TinyWeights {
  const next = congruential(1);
  const random = (): number => Math.round((next() / 2 ** 32 - 0.5) * 256) / 128;
  const weights = new Map<string, { shape: readonly number[]; values: Float32Array }>();
  const add = (name: string, ...shape: number[]): void => {
    const size = shape.reduce((product, axis) => product * axis, 1);
    weights.set(name, { shape, values: Float32Array.from({ length: size }, random) });
  };
  const { vocabulary, hidden, inner, layers, positions, types } = TINY;
  add('embeddings.word_embeddings.weight', vocabulary, hidden);
  add('embeddings.position_embeddings.weight', positions, hidden);
  add('embeddings.token_type_embeddings.weight', types, hidden);
  const norm = (name: string): void => (add(`${name}.weight`, hidden), add(`${name}.bias`, hidden));
  const linear = (name: string, to: number, from: number): void => (
    add(`${name}.weight`, to, from),
    add(`${name}.bias`, to)
  );
  norm('embeddings.LayerNorm');
  for (let layer = 0; layer < layers; layer++) {
    const at = `encoder.layer.${layer}`;
    for (const part of ['query', 'key', 'value']) linear(`${at}.attention.self.${part}`, hidden, hidden);
    linear(`${at}.attention.output.dense`, hidden, hidden);
    norm(`${at}.attention.output.LayerNorm`);
    linear(`${at}.intermediate.dense`, inner, hidden);
    linear(`${at}.output.dense`, hidden, inner);
    norm(`${at}.output.LayerNorm`);
  }
  return weights;
}

/** The weights as tensors of a file. */
export function tinyTensors(
  rename = (name: string): string => name,
  dtype: 'F32' | 'BF16' = 'F32',
): Map<string, NewTensor> {
  const make = dtype === 'F32' ? float32Tensor : bfloat16Tensor;
  return new Map([...tinyWeights()].map(([name, { shape, values }]) => [rename(name), make(shape, values)]));
}

/** Writes a sentence-transformers folder of the tiny model. */
export function writeTinyFolder(
  folder: string,
  files: Readonly<Record<string, unknown>> = {},
  tensors: ReadonlyMap<string, NewTensor> | null = tinyTensors(),
  padding = 0,
): string {
  const all: Record<string, unknown> = {
    'config.json': TINY_CONFIG,
    'tokenizer.json': TINY_TOKENIZER,
    'tokenizer_config.json': { tokenizer_class: 'BertTokenizer', model_max_length: 16, pad_token: '[PAD]' },
    'modules.json': [
      { idx: 0, name: '0', path: '', type: 'sentence_transformers.models.Transformer' },
      { idx: 1, name: '1', path: '1_Pooling', type: 'sentence_transformers.models.Pooling' },
    ],
    '1_Pooling/config.json': { word_embedding_dimension: TINY.hidden, pooling_mode_mean_tokens: true },
    ...files,
  };
  mkdirSync(folder, { recursive: true });
  for (const [name, content] of Object.entries(all)) {
    if (content === null) continue;
    mkdirSync(join(folder, name, '..'), { recursive: true });
    writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
  }
  if (tensors !== null) writeSafetensors(join(folder, 'model.safetensors'), tensors, padding);
  return folder;
}

/** Last hidden states of one text in plain float64 loops, shape (tokens, hidden). */
export function slowBert(ids: readonly number[], activation = gelu): number[][] {
  const weights = tinyWeights();
  const at = (name: string): Float32Array => (weights.get(name) as { values: Float32Array }).values;
  const row = (name: string, i: number): number[] => [...at(name).subarray(i * TINY.hidden, (i + 1) * TINY.hidden)];
  const linear = (x: number[], name: string): number[] =>
    [...at(`${name}.bias`)].map((b, o) => x.reduce((sum, v, i) => sum + v * at(`${name}.weight`)[o * x.length + i], b));
  const norm = (x: number[], name: string): number[] => {
    const mean = x.reduce((a, b) => a + b) / x.length;
    const variance = x.reduce((a, b) => a + (b - mean) ** 2, 0) / x.length;
    return x.map(
      (v, i) => ((v - mean) / Math.sqrt(variance + EPSILON)) * at(`${name}.weight`)[i] + at(`${name}.bias`)[i],
    );
  };
  const add = (a: number[], b: number[]): number[] => a.map((v, i) => v + b[i]);
  let states = ids.map((id, position) =>
    norm(
      add(
        add(row('embeddings.word_embeddings.weight', id), row('embeddings.token_type_embeddings.weight', 0)),
        row('embeddings.position_embeddings.weight', position),
      ),
      'embeddings.LayerNorm',
    ),
  );
  const size = TINY.hidden / TINY.heads;
  for (let layer = 0; layer < TINY.layers; layer++) {
    const name = `encoder.layer.${layer}`;
    const [query, key, value] = ['query', 'key', 'value'].map((part) =>
      states.map((state) => linear(state, `${name}.attention.self.${part}`)),
    );
    const context = states.map((_, i) =>
      Array.from({ length: TINY.hidden }, (_, j) => {
        const head = Math.floor(j / size) * size;
        const scores = key.map((k) => {
          let dot = 0;
          for (let d = head; d < head + size; d++) dot += query[i][d] * k[d];
          return Math.exp(dot / Math.sqrt(size));
        });
        const sum = scores.reduce((a, b) => a + b);
        return scores.reduce((total, score, t) => total + (score / sum) * value[t][j], 0);
      }),
    );
    const attended = states.map((state, i) =>
      norm(add(linear(context[i], `${name}.attention.output.dense`), state), `${name}.attention.output.LayerNorm`),
    );
    states = attended.map((state) => {
      const wide = linear(state, `${name}.intermediate.dense`).map(activation);
      return norm(add(linear(wide, `${name}.output.dense`), state), `${name}.output.LayerNorm`);
    });
  }
  return states;
}

/** x times the normal distribution function of x. Source for erf: Maclaurin series, summed until nothing changes. */
export function gelu(x: number): number {
  const z = x / Math.SQRT2;
  if (Math.abs(z) > 5) return x > 0 ? x : 0;
  let term = z;
  let erf = z;
  for (let n = 1; n < 200; n++) {
    term *= (-z * z) / n;
    erf += term / (2 * n + 1);
  }
  return 0.5 * x * (1 + (2 / Math.sqrt(Math.PI)) * erf);
}
