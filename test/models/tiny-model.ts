import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect } from 'vitest';
import { inProcess } from '../../src/embedding/in-process-runner.js';
import { resolveModel } from '../../src/embedding/resolve-model.js';
import type { SlowWeights } from './slow-layers.js';
import { TINY_WORDS, writeTinyFolder } from './tiny-bert.js';
import type { NewTensor } from './write-safetensors.js';

/** Float32 sums of a few dozen terms of size 10 and below against float64. */
const FLOAT32 = 2e-5;

/** Texts of 3 to 16 tokens; the third holds the padding token. */
export const TEXTS = ['a b c', 'd', 'a [PAD] e b', 'e f g h i j k l m n o d b c', 'b bx zzz', 'a a'];
/** Their ids with the tokenizer of the tiny BERT: padding is 0. */
export const IDS = TEXTS.map((text) => [2, ...text.split(' ').flatMap(idsOf), 3]);
/** Ids of the tiny tokenizer are below this. */
export const VOCABULARY = TINY_WORDS.length;

function idsOf(word: string): number[] {
  if (word === 'bx') return [TINY_WORDS.indexOf('b'), TINY_WORDS.indexOf('##x')];
  return [TINY_WORDS.includes(word) ? TINY_WORDS.indexOf(word) : 1];
}

/** Where tiny models of a test file are written; removed behind its tests. */
export function tinyFolders(): { write(config: object, tensors: TinyTensors, files?: object): string } {
  const root = mkdtempSync(join(tmpdir(), 'jmteb-tiny-'));
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  let written = 0;
  return {
    write(config, tensors, files = {}) {
      const folder = join(root, `model${written++}`);
      return writeTinyFolder(folder, { 'config.json': config, ...files }, tensors);
    },
  };
}

type TinyTensors = ReadonlyMap<string, NewTensor> | null;

/** Vectors of the texts, in one padded batch. */
export async function embedTiny(folder: string): Promise<number[][]> {
  const model = await resolveModel(folder);
  const embedder = await model.open(inProcess({ threads: 1 }));
  try {
    const { rows } = await embedder.embed(TEXTS, { prompt: '' });
    return TEXTS.map((_, i) => [...rows.subarray(i * model.dims, (i + 1) * model.dims)]);
  } finally {
    await embedder.close();
  }
}

/** Holds the vectors of a folder to a plain forward pass: the mean of its states. */
export async function expectMean(folder: string, states: (ids: number[]) => number[][]): Promise<void> {
  const actual = await embedTiny(folder);
  for (const [i, ids] of IDS.entries()) {
    const own = states(ids);
    const mean = own[0].map((_, j) => own.reduce((sum, state) => sum + state[j], 0) / own.length);
    const largest = mean.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
    expect(actual[i].length).toBe(mean.length);
    for (const [j, value] of mean.entries()) {
      expect(Math.abs(actual[i][j] - value), `text ${i}, number ${j}`).toBeLessThan(FLOAT32 * largest);
    }
  }
}

/** Asks for an error that names every one of these. */
export async function expectRefused(folder: string, ...parts: string[]): Promise<void> {
  const message = await resolveModel(folder).then(
    () => 'not refused',
    (thrown: Error) => thrown.message,
  );
  for (const part of parts) expect(message).toContain(part);
}

/** The tensors of a network, one of them left out. */
export function without(weights: SlowWeights, name: string, prefix = ''): Map<string, NewTensor> {
  const tensors = weights.tensors(prefix);
  if (!tensors.delete(prefix + name)) throw new Error(`no ${name}`);
  return tensors;
}
