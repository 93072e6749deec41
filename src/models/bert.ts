import type { GraphBuilder } from '../onnx/graph-builder.js';
import { ACTIVATION_NAMES } from './activations.js';
import type { Architecture, Encoder, EncoderInputs } from './architecture.js';
import type { ConfigReader } from './config-reader.js';
import type { GraphWeights } from './graph-weights.js';
import { addLayerNorm } from './norms.js';
import { addPostNormLayers, type PostNormSizes } from './post-norm.js';

/** What BERT and its relatives have in config.json. */
export interface BertConfig extends PostNormSizes {
  readonly vocabulary: number;
  readonly positions: number;
  readonly types: number;
}

/** Tensors of BERT and its relatives that embedding does not need: heads for other tasks. */
export const BERT_HEADS: readonly RegExp[] = [
  /^embeddings\.(position|token_type)_ids$/,
  /^pooler\./,
  /^(cls|lm_head|classifier|qa_outputs)\./,
];

/**
 * BERT: post-norm encoder with a table of positions from 0; all tokens are of type 0.
 *
 * Source: Devlin et al. 2019, arXiv 1810.04805; names of tensors as in published files.
 */
export const BERT: Architecture = {
  anchor: 'embeddings.word_embeddings.weight',
  unused: BERT_HEADS,
  read(config: ConfigReader): Encoder {
    const bert = readBertConfig(config);
    return {
      hidden: bert.hidden,
      vocabulary: bert.vocabulary,
      maxPositions: bert.positions,
      build: (graph, weights, inputs) => {
        const embedded = addBertEmbeddings(graph, weights, inputs, bert, firstRows);
        return addPostNormLayers(graph, weights, inputs, embedded, bert);
      },
    };
  },
};

/** Reads the fields that BERT and its relatives share. */
export function readBertConfig(config: ConfigReader): BertConfig {
  const hidden = config.integer('hidden_size', 1);
  config.choice('position_embedding_type', ['absolute'], 'absolute');
  if (config.flag('is_decoder', false)) config.refuse('is_decoder', true, 'false: an embedding model reads both ways');
  return {
    hidden,
    heads: readHeads(config, 'num_attention_heads', hidden, 'hidden_size'),
    vocabulary: config.integer('vocab_size', 1),
    layers: config.layers('num_hidden_layers'),
    inner: config.integer('intermediate_size', 1),
    positions: config.integer('max_position_embeddings', 1, 512),
    types: config.integer('type_vocab_size', 1, 2),
    epsilon: config.positive('layer_norm_eps', 1e-12),
    activation: config.choice('hidden_act', ACTIVATION_NAMES, 'gelu'),
  };
}

/** A number of heads that divides the width. */
export function readHeads(config: ConfigReader, field: string, hidden: number, widthField: string): number {
  const heads = config.integer(field, 1);
  if (hidden % heads !== 0) config.refuse(field, heads, `a divisor of "${widthField}" (${hidden})`);
  return heads;
}

/** Adds the rows of a table of positions that the tokens have. */
export type Positions = (graph: GraphBuilder, inputs: EncoderInputs, table: string) => string;

/** Positions from 0: the first rows of the table, shape (length, hidden). */
export const firstRows: Positions = (graph, inputs, table) => {
  const ints = (value: number): string => graph.constant('int64', [1], [value]);
  const length = graph.node('Slice', [inputs.shape, ints(1), ints(2)]);
  return graph.node('Slice', [table, ints(0), length, ints(0)]);
};

/**
 * Adds the norm of word + type 0 + position; shape (rows, length, hidden).
 *
 * @param positions null for models without a table of positions
 */
export function addBertEmbeddings(
  graph: GraphBuilder,
  weights: GraphWeights,
  inputs: EncoderInputs,
  { hidden, vocabulary, positions: rows, types, epsilon }: BertConfig,
  positions: Positions | null,
): string {
  let sum = weights.rows('embeddings.word_embeddings.weight', [vocabulary, hidden], inputs.ids);
  const table = weights.take('embeddings.token_type_embeddings.weight', [types, hidden]);
  sum = graph.node('Add', [sum, graph.node('Gather', [table, graph.constant('int64', [], [0])])]);
  if (positions !== null) {
    const places = weights.take('embeddings.position_embeddings.weight', [rows, hidden]);
    sum = graph.node('Add', [sum, positions(graph, inputs, places)]);
  }
  return addLayerNorm(graph, weights, sum, { name: 'embeddings.LayerNorm', size: hidden, epsilon });
}
