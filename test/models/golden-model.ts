import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openInProcessRunner } from '../../src/embedding/in-process-runner.js';
import { readModules } from '../../src/embedding/read-modules.js';
import { readTensors } from '../../src/embedding/read-transformer.js';
import { throwProblems, type Problem } from '../../src/errors.js';
import type { Architecture } from '../../src/models/architecture.js';
import { ARCHITECTURES, type ArchitectureName } from '../../src/models/architectures.js';
import { ConfigReader } from '../../src/models/config-reader.js';
import type { FloatType } from '../../src/models/float-type.js';
import type { Pooling } from '../../src/models/pooling.js';
import type { JsonObject } from '../../src/models/read-json-object.js';
import { buildSentenceGraph } from '../../src/models/sentence-graph.js';
import { dimsBehind } from '../../src/models/tail-modules.js';
import { readGoldenModel, type GoldenModel } from '../golden-model-file.js';
import { readFloat32 } from '../npy.js';
import { sharedPath } from '../shared.js';

/** Folders of shared/models whose networks are built here, one of each architecture at least. */
export const GOLDEN_GRAPHS = [
  'bert-japanese-character-ipadic',
  'bert-japanese-ipadic-nomodules',
  'bert-japanese-mecab-tiny',
  'bert-japanese-mecab-unidic',
  'bert-xlmr-tokenizer',
  'distilbert-japanese-spiece',
  'gemma3-dense',
  'llama-sharded-flags',
  'llama-unigram-bytefallback',
  'luke-sentencepiece',
  'modernbert-unigram',
  'qwen3-left-eos',
  'roformer-unigram',
  'xlmr-cls-metaspace',
  'xlmr-unigram',
];

/** What a folder's golden files say, and its vectors. */
export function readGolden(folder: string): { golden: GoldenModel; vectors: number[][] } {
  const golden = readGoldenModel(folder);
  const { data, dims } = readFloat32(sharedPath('models', folder, 'golden.npy'));
  const vectors = Array.from({ length: data.length / dims }, (_, i) => [...data.subarray(i * dims, (i + 1) * dims)]);
  return { golden, vectors };
}

export interface OpenOptions {
  readonly threads?: number;
  /** Fields of config.json that are read as something else. */
  readonly change?: JsonObject;
  /** Instead of the folder's pooling and all that follows. */
  readonly poolings?: readonly Pooling[];
  /** What the network is computed in; float32 unless said. */
  readonly type?: FloatType;
}

export interface IdModel {
  /** Vectors of texts given as ids, so many at once. */
  embed(texts: readonly (readonly number[])[], atOnce: number, skip?: number): Promise<number[][]>;
  close(): Promise<void>;
}

/** A folder's network without its tokenizer. */
export async function openIds(folder: string, padId: number, options: OpenOptions = {}): Promise<IdModel> {
  const problems: Problem[] = [];
  const path = sharedPath('models', folder);
  const modules = readModules(path, folder, problems);
  throwProblems(problems);
  const { transformer, pooling, tail } = modules as NonNullable<typeof modules>;
  const inner = join(path, transformer);
  const json = JSON.parse(readFileSync(join(inner, 'config.json'), 'utf8')) as JsonObject;
  const config = new ConfigReader({ ...json, ...options.change }, folder);
  const architecture: Architecture = ARCHITECTURES[json.model_type as ArchitectureName];
  const encoder = architecture.read(config);
  throwProblems(config.problems);
  const tensors = (at: string) => {
    const read = readTensors(join(path, at), folder, problems);
    throwProblems(problems);
    return read?.tensors ?? new Map();
  };
  const poolings = options.poolings ?? pooling.poolings;
  const behind = (options.poolings === undefined ? tail : []).map((module) => ({
    module,
    weights: module.kind === 'normalize' ? null : tensors(module.folder),
  }));
  const pooled = encoder.hidden * poolings.length;
  const dims = behind.reduce((width, { module }) => dimsBehind(module, width) as number, pooled);
  const model = {
    architecture,
    encoder,
    weights: tensors(transformer),
    pooling: { poolings, includePrompt: pooling.includePrompt },
    tail: behind,
  };
  const { bytes, externalFolder, inputs, output } = buildSentenceGraph(model, dims, folder, options.type);
  const fills = inputs.map((name) => ({ name, fill: name, type: 'int32' as const }));
  const graph = { bytes, externalFolder, inputs: fills, output, dims };
  const runner = await openInProcessRunner(graph, { threads: options.threads ?? 1 });
  return {
    async embed(texts, atOnce, skip = 0) {
      const vectors: number[][] = [];
      for (let from = 0; from < texts.length; from += atOnce) {
        const some = texts.slice(from, from + atOnce);
        const length = Math.max(...some.map((ids) => ids.length));
        const ids = Int32Array.from(some.flatMap((row) => Array.from({ length }, (_, i) => row[i] ?? padId)));
        const lengths = Int32Array.from(some, (row) => row.length);
        const rows = await runner.run({ ids, lengths, rows: some.length, length, skip });
        for (let i = 0; i < some.length; i++) vectors.push([...rows.subarray(i * dims, (i + 1) * dims)]);
      }
      return vectors;
    },
    close: () => runner.close(),
  };
}

/** The largest difference between rows, each divided by the row's largest component (at least 1). */
export function largestDifference(actual: readonly number[][], expected: readonly number[][]): number {
  if (actual.length !== expected.length) throw new Error(`${actual.length} rows, expected ${expected.length}`);
  let worst = 0;
  for (const [i, row] of expected.entries()) {
    if (actual[i].length !== row.length) throw new Error(`${actual[i].length} numbers, expected ${row.length}`);
    const largest = row.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
    for (const [j, value] of row.entries()) {
      const difference = Math.abs(actual[i][j] - value) / largest;
      if (!(difference <= worst)) worst = difference;
    }
  }
  return worst;
}
