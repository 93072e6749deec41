import { join } from 'node:path';
import { throwProblems, type Problem } from '../errors.js';
import { isJsonObject, readJsonObject } from '../models/read-json-object.js';
import { STATIC_VERSION, buildStaticGraph, findTable } from '../models/static-graph.js';
import type { LoadedTokenizer } from '../tokenization/load-tokenizer.js';
import { modelGraph, type Network } from './network.js';
import { readTensors } from './read-transformer.js';
import type { ModelOptions } from './types.js';

/**
 * A StaticEmbedding module: a table with a vector for each token.
 *
 * @param folder absolute, of the table and its tokenizer
 * @returns undefined, with problems, where it cannot be used
 */
export function staticNetwork(
  folder: string,
  where: string,
  options: ModelOptions,
  problems: Problem[],
): Network | undefined {
  const useless = { pooling: options.pooling, 'onnx-file': options.onnxFile };
  for (const [name, value] of Object.entries(useless)) {
    if (value === undefined) continue;
    problems.push({ where: `--${name} ${value}`, what: 'has no meaning for a static model.', fix: 'leave it out.' });
  }
  const weights = readTensors(folder, where, problems);
  if (weights === undefined) return undefined;
  const table = findTable(weights.tensors);
  if (table === undefined) {
    const names = [...weights.tensors.keys()].slice(0, 5).join(', ');
    problems.push({ where, what: `has no table "embedding.weight" of vectors, only: ${names}.` });
    return undefined;
  }
  const [vocabulary, hidden] = table.shape;
  return {
    kind: 'static',
    name: 'static',
    encoder: { hidden, vocabulary, maxPositions: null },
    dtype: 'fp32',
    config: {},
    files: weights.files,
    isPooled: false,
    embedsEmpty: true,
    stripsText: false,
    settings: { graph: 'static', staticVersion: STATIC_VERSION },
    options: {},
    warnings: [],
    build: ({ modules, dims }, id) =>
      modelGraph(buildStaticGraph({ tensors: weights.tensors, table, where }, modules, dims, id), dims),
  };
}

/**
 * The tokenizer of a static model: no special tokens, and no limit but the truncation of its own file.
 *
 * @throws UserError when the file cannot be read
 */
export function staticTokenizer(loaded: LoadedTokenizer, folder: string, where: string): LoadedTokenizer {
  const json = readJsonObject(join(folder, 'tokenizer.json'), join(where, 'tokenizer.json'));
  if (!json.ok) throwProblems([json.problem]);
  const truncation = json.ok && isJsonObject(json.value.truncation) ? json.value.truncation : {};
  const { max_length: longest, direction } = truncation;
  const maxTokens = Number.isSafeInteger(longest) && (longest as number) > 0 ? (longest as number) : null;
  const cutFrom = direction === 'Left' ? 'left' : 'right';
  return { ...loaded, tokenizer: { ...loaded.tokenizer, before: [], behind: [], padId: 0, maxTokens, cutFrom } };
}
