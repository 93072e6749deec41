import { deviceClass, parseDevices } from '../engine/devices.js';
import { UserError, throwProblems } from '../errors.js';
import { addNormalize } from '../models/tail-modules.js';
import { GraphBuilder } from '../onnx/graph-builder.js';
import type { TextTokenizer } from '../tokenization/text-tokenizer.js';
import { batchBudget } from './batch-budget.js';
import { BUCKETS, PAD, charNgrams, mix, weightOf } from './char-ngram-ids.js';
import { hashOf } from './file-hash.js';
import { promptOptions, promptProblems, prompting, type OwnPrompts } from './model-prompts.js';
import { PLANNER_VERSION } from './plan-batches.js';
import { tokenEmbedder } from './token-embedder.js';
import { tokenizingOf } from './tokenizing.js';
import type { ModelGraph, ModelOptions, ResolvedModel } from './types.js';
import { uselessOptions } from './useless-options.js';

/** Raised when a vector changes. */
const VERSION = 1;
export const CHAR_NGRAM_DIMS = 256;
/** n-grams of a text that are read; some 1,400 characters. */
const MAX_NGRAMS = 4096;
/** A batch costs little more than reading its rows of the table. */
const BATCH_NGRAMS = 16_384;
const NO_PROMPTS: OwnPrompts = { byRole: {}, unused: [] };

const CHAR_NGRAM_TOKENIZER: TextTokenizer = {
  encode: charNgrams,
  before: [],
  behind: [],
  unknownId: null,
  padId: PAD,
  cutFrom: 'right',
  maxTokens: MAX_NGRAMS,
};

/**
 * `baseline:char-ngram`: the sum of a random vector for each hashed character n-gram of a text, scaled to length 1. No
 * training, no files; what a model has to beat.
 *
 * @throws UserError for options that it has no use for
 */
export async function resolveCharNgram(options: ModelOptions): Promise<ResolvedModel> {
  const device = deviceClass(parseDevices(options.device ?? 'cpu')[0]);
  throwProblems([...promptProblems(options), ...uselessOptions(options, 'baseline:char-ngram', ['maxTokens'])]);
  if (options.dtype !== undefined && options.dtype !== 'fp32') {
    throw new UserError({
      where: `--dtype ${options.dtype}`,
      what: 'the baseline computes in fp32.',
      fix: 'leave it out.',
    });
  }
  const budget = batchBudget({ batchTokens: BATCH_NGRAMS, ...withoutUndefined(options) }, device);
  const settings = {
    version: VERSION,
    dims: CHAR_NGRAM_DIMS,
    dtype: 'fp32',
    device,
    pooling: 'sum',
    normalize: true,
    maxTokens: options.maxTokens ?? MAX_NGRAMS,
    buckets: BUCKETS,
    batchTokens: budget.tokens,
    batchPolicy: budget.policy,
    plannerVersion: PLANNER_VERSION,
  };
  const { maxTokens } = settings;
  if (!Number.isInteger(maxTokens) || maxTokens < 1) {
    throw new UserError({ where: `--max-tokens ${maxTokens}`, what: 'is not a whole number from 1.' });
  }
  const model = {
    tokenizer: CHAR_NGRAM_TOKENIZER,
    prepare: (text: string) => text,
    maxTokens,
    vocabulary: BUCKETS,
    dims: CHAR_NGRAM_DIMS,
    skipsPrompt: false,
  };
  return {
    id: 'baseline/char-ngram',
    kind: 'baseline',
    revision: null,
    localHash: hashOf({ name: 'char-ngram', version: VERSION }),
    dims: CHAR_NGRAM_DIMS,
    dtype: 'fp32',
    files: [],
    settings,
    options: {
      ...(maxTokens === MAX_NGRAMS ? {} : { 'max-tokens': maxTokens }),
      ...(budget.tokens === BATCH_NGRAMS ? {} : { 'batch-tokens': budget.tokens }),
      ...(budget.policy === 'bucketed' ? {} : { 'batch-policy': budget.policy }),
      ...(device === 'cpu' ? {} : { device }),
      ...promptOptions(options, undefined, NO_PROMPTS),
    },
    key: hashOf({ name: 'char-ngram', ...settings }),
    warnings: [],
    promptChangesPooling: false,
    ...prompting(options, undefined, NO_PROMPTS),
    tokenizing: async () => tokenizingOf(model),
    open: async (resources) => tokenEmbedder({ ...model, budget }, await resources.openRunner(charNgramGraph())),
  };
}

function withoutUndefined(options: ModelOptions): ModelOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

/** ids -> rows of the table -> sum -> length 1. All sums are of small whole numbers, so that their order changes nothing. */
function charNgramGraph(): ModelGraph {
  const graph = new GraphBuilder('char-ngram');
  const ids = graph.input('ids', 'int32', ['rows', 'length']);
  const table = graph.constant('int8', [BUCKETS, CHAR_NGRAM_DIMS], projectionTable(), 'table');
  const rows = graph.node('Cast', [graph.node('Gather', [table, ids])], { to: 1 });
  const sum = graph.node('ReduceSum', [rows, graph.constant('int64', [1], [1])], { keepdims: 0 });
  graph.output(addNormalize(graph, sum), 'float32', ['rows', CHAR_NGRAM_DIMS], 'vectors');
  const inputs = [{ name: 'ids', fill: 'ids', type: 'int32' }] as const;
  return { bytes: graph.build(), inputs, output: 'vectors', dims: CHAR_NGRAM_DIMS };
}

/** A random sign for every id and dimension, times the weight of the id; the row of padding is zero. */
export function projectionTable(): Int8Array {
  const table = new Int8Array(BUCKETS * CHAR_NGRAM_DIMS);
  for (let id = 0; id < BUCKETS; id++) {
    const weight = weightOf(id);
    for (let word = 0; word < CHAR_NGRAM_DIMS / 32; word++) {
      const bits = mix(mix(id + 1) ^ Math.imul(word + 1, 0x9e3779b1));
      const at = id * CHAR_NGRAM_DIMS + 32 * word;
      for (let bit = 0; bit < 32; bit++) table[at + bit] = (bits >>> bit) & 1 ? weight : -weight;
    }
  }
  return table;
}
