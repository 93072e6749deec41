import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll } from 'vitest';
import { builtInTexts } from '../../src/doctor/built-in-texts.js';
import { TINY_CONFIG, TINY_TOKENIZER, writeTinyFolder } from '../models/tiny-bert.js';
import { float32Tensor, writeSafetensors, type NewTensor } from '../models/write-safetensors.js';
import { congruential } from '../pseudo-random.js';

const SPECIAL = ['[PAD]', '[UNK]', '[CLS]', '[SEP]'];
export const HIDDEN = 32;
const INNER = 64;
const LAYERS = 2;
const POSITIONS = 512;

/** Every character of the texts of the doctor, at the beginning and inside of a word, in the order of code points. */
export const VOCABULARY = [
  ...SPECIAL,
  ...[...new Set(builtInTexts().flatMap(({ text }) => Array.from(text.normalize('NFKC').toLowerCase())))]
    .filter((character) => /\S/u.test(character))
    .sort()
    .flatMap((character) => [character, `##${character}`]),
];

const CONFIG = {
  ...TINY_CONFIG,
  vocab_size: VOCABULARY.length,
  hidden_size: HIDDEN,
  intermediate_size: INNER,
  num_hidden_layers: LAYERS,
  max_position_embeddings: POSITIONS,
};

/** The tokenizer with a vocabulary in which a piece has its place as id. */
export function tokenizerOf(vocabulary: readonly string[]): object {
  const vocab = Object.fromEntries(vocabulary.map((piece, id) => [piece, id]));
  return { ...TINY_TOKENIZER, model: { ...TINY_TOKENIZER.model, vocab } };
}

export type Weights = Map<string, { readonly shape: readonly number[]; readonly values: Float32Array }>;

/** Weights that look like noise and spread texts well, the same every time. */
export function japaneseWeights(): Weights {
  const next = congruential(3);
  const weights: Weights = new Map();
  const add = (name: string, scale: number, ...shape: number[]): void => {
    const size = shape.reduce((product, axis) => product * axis, 1);
    const values = Float32Array.from({ length: size }, () => scale * (next() / 2 ** 31 - 1));
    weights.set(name, { shape, values });
  };
  const norm = (name: string): void => {
    weights.set(`${name}.weight`, { shape: [HIDDEN], values: new Float32Array(HIDDEN).fill(1) });
    add(`${name}.bias`, 0.1, HIDDEN);
  };
  const linear = (name: string, to: number, from: number): void => {
    add(`${name}.weight`, 2 / Math.sqrt(from), to, from);
    add(`${name}.bias`, 0.1, to);
  };
  add('embeddings.word_embeddings.weight', 1, VOCABULARY.length, HIDDEN);
  add('embeddings.position_embeddings.weight', 0.3, POSITIONS, HIDDEN);
  add('embeddings.token_type_embeddings.weight', 0.1, 2, HIDDEN);
  norm('embeddings.LayerNorm');
  for (let layer = 0; layer < LAYERS; layer++) {
    const at = `encoder.layer.${layer}`;
    for (const part of ['query', 'key', 'value']) linear(`${at}.attention.self.${part}`, HIDDEN, HIDDEN);
    linear(`${at}.attention.output.dense`, HIDDEN, HIDDEN);
    norm(`${at}.attention.output.LayerNorm`);
    linear(`${at}.intermediate.dense`, INNER, HIDDEN);
    linear(`${at}.output.dense`, HIDDEN, INNER);
    norm(`${at}.output.LayerNorm`);
  }
  return weights;
}

export const NORMALIZED = [
  ['', 'Transformer'],
  ['1_Pooling', 'Pooling'],
  ['2_Normalize', 'Normalize'],
].map(([path, kind], idx) => ({ idx, name: String(idx), path, type: `sentence_transformers.models.${kind}` }));

const root = mkdtempSync(join(tmpdir(), 'jmteb-doctor-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let written = 0;

/** A folder that is removed behind the tests. */
export function freshFolder(): string {
  const folder = join(root, `folder${written++}`, 'model');
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** A small Japanese model that ends in unit vectors; `files` replace its own, `change` its weights. */
export function japaneseModel(
  files: Record<string, unknown> = {},
  change: (weights: Weights) => void = () => {},
): string {
  const weights = japaneseWeights();
  change(weights);
  const tensors = new Map(
    [...weights].map(([name, { shape, values }]): [string, NewTensor] => [name, float32Tensor(shape, values)]),
  );
  const all = {
    'config.json': CONFIG,
    'tokenizer.json': tokenizerOf(VOCABULARY),
    'tokenizer_config.json': { tokenizer_class: 'BertTokenizer', model_max_length: POSITIONS, pad_token: '[PAD]' },
    'modules.json': NORMALIZED,
    '1_Pooling/config.json': { word_embedding_dimension: HIDDEN, pooling_mode_mean_tokens: true },
    ...files,
  };
  const folder = writeTinyFolder(freshFolder(), all, null);
  writeSafetensors(join(folder, 'model.safetensors'), tensors);
  return folder;
}

/** A copy of a model folder in which one file has other bytes. */
export function withFile(folder: string, name: string, change: (bytes: Buffer) => Buffer): string {
  const copy = freshFolder();
  cpSync(folder, copy, { recursive: true, filter: (path) => !path.endsWith('.npy') && !path.endsWith('golden.json') });
  mkdirSync(dirname(join(copy, name)), { recursive: true });
  rmSync(join(copy, name));
  writeFileSync(join(copy, name), change(readFileSync(join(folder, name))));
  return copy;
}
