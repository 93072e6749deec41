import { float, type GraphBuilder } from '../onnx/graph-builder.js';
import { ACTIVATION_NAMES, activate, type ActivationName } from './activations.js';
import type { Architecture, Encoder, EncoderInputs } from './architecture.js';
import type { ConfigReader } from './config-reader.js';
import type { GraphWeights } from './graph-weights.js';

interface BertConfig {
  readonly vocabulary: number;
  readonly hidden: number;
  readonly layers: number;
  readonly heads: number;
  readonly inner: number;
  readonly positions: number;
  readonly types: number;
  readonly epsilon: number;
  readonly activation: ActivationName;
}

/** Added to the scores of padding before the softmax: nothing is left of them. */
const MASKED = -3.4028234663852886e38;

/**
 * BERT: post-norm encoder with a table of positions from 0; all tokens are of type 0.
 *
 * Attention is written out: on the CPU it is faster than the fused operator. The factor 1/sqrt(head size) is applied in
 * the product that makes the queries.
 *
 * Source: Devlin et al. 2019, arXiv 1810.04805; names of tensors as in published files.
 */
export const BERT: Architecture = {
  anchor: 'embeddings.word_embeddings.weight',
  unused: [/^embeddings\.position_ids$/, /^pooler\./, /^cls\./, /^classifier\./, /^qa_outputs\./],
  read(config: ConfigReader): Encoder {
    const bert = readConfig(config);
    return {
      hidden: bert.hidden,
      vocabulary: bert.vocabulary,
      maxPositions: bert.positions,
      build: (graph, weights, inputs) => build(graph, weights, inputs, bert),
    };
  },
};

function readConfig(config: ConfigReader): BertConfig {
  const hidden = config.integer('hidden_size', 1);
  const heads = config.integer('num_attention_heads', 1);
  if (hidden % heads !== 0) config.refuse('num_attention_heads', heads, `a divisor of "hidden_size" (${hidden})`);
  config.choice('position_embedding_type', ['absolute'], 'absolute');
  if (config.flag('is_decoder', false)) config.refuse('is_decoder', true, 'false: an embedding model reads both ways');
  return {
    hidden,
    heads,
    vocabulary: config.integer('vocab_size', 1),
    layers: config.integer('num_hidden_layers', 1),
    inner: config.integer('intermediate_size', 1),
    positions: config.integer('max_position_embeddings', 1, 512),
    types: config.integer('type_vocab_size', 1, 2),
    epsilon: config.positive('layer_norm_eps', 1e-12),
    activation: config.choice('hidden_act', ACTIVATION_NAMES, 'gelu'),
  };
}

function build(graph: GraphBuilder, weights: GraphWeights, inputs: EncoderInputs, config: BertConfig): string {
  const { hidden } = config;
  const bias = attentionBias(graph, inputs);
  const split = graph.node('Concat', [inputs.shape, ints(graph, config.heads, hidden / config.heads)], { axis: 0 });
  const flat = ints(graph, -1, hidden);
  let x = graph.node('Reshape', [embeddings(graph, weights, inputs, config), flat]);
  for (let layer = 0; layer < config.layers; layer++) {
    if (weights.problems.length > 0 && layer > 1) break; // Every further layer would repeat the same fault.
    const at = `encoder.layer.${layer}`;
    const context = graph.node('Reshape', [
      attention(graph, weights, x, `${at}.attention.self`, { bias, split, config }),
      flat,
    ]);
    const attended = linear(graph, weights, context, `${at}.attention.output.dense`, hidden, hidden);
    x = norm(graph, weights, graph.node('Add', [attended, x]), `${at}.attention.output.LayerNorm`, config);
    const wide = linear(graph, weights, x, `${at}.intermediate.dense`, hidden, config.inner);
    const active = activate(graph, config.activation, wide);
    const back = linear(graph, weights, active, `${at}.output.dense`, config.inner, hidden);
    x = norm(graph, weights, graph.node('Add', [back, x]), `${at}.output.LayerNorm`, config);
  }
  return graph.node('Reshape', [x, graph.node('Concat', [inputs.shape, ints(graph, hidden)], { axis: 0 })]);
}

function embeddings(graph: GraphBuilder, weights: GraphWeights, inputs: EncoderInputs, config: BertConfig): string {
  const { hidden, vocabulary, positions, types } = config;
  const words = weights.take('embeddings.word_embeddings.weight', [vocabulary, hidden]);
  const typeTable = weights.take('embeddings.token_type_embeddings.weight', [types, hidden]);
  const positionTable = weights.take('embeddings.position_embeddings.weight', [positions, hidden]);
  const type = graph.node('Gather', [typeTable, graph.constant('int64', [], [0])]);
  const length = graph.node('Slice', [inputs.shape, ints(graph, 1), ints(graph, 2)]);
  const position = graph.node('Slice', [positionTable, ints(graph, 0), length, ints(graph, 0)]);
  const typed = graph.node('Add', [graph.node('Gather', [words, inputs.ids]), type]);
  return norm(graph, weights, graph.node('Add', [typed, position]), 'embeddings.LayerNorm', config);
}

/** What is added to the scores of attention: 0 for tokens, the lowest number for padding; shape (rows, 1, 1, length). */
function attentionBias(graph: GraphBuilder, inputs: EncoderInputs): string {
  const bias = graph.node('Where', [
    inputs.mask,
    graph.constant('float32', [], [0]),
    graph.constant('float32', [], [MASKED]),
  ]);
  return graph.node('Unsqueeze', [bias, ints(graph, 1, 2)]);
}

interface AttentionParts {
  readonly bias: string;
  /** Shape (rows, length, heads, head size). */
  readonly split: string;
  readonly config: BertConfig;
}

function attention(graph: GraphBuilder, weights: GraphWeights, x: string, at: string, parts: AttentionParts): string {
  const { hidden, heads } = parts.config;
  const scale = 1 / Math.sqrt(hidden / heads);
  const project = (name: string, perm: readonly number[], factor: number): string => {
    const flat = linear(graph, weights, x, `${at}.${name}`, hidden, hidden, factor);
    return graph.node('Transpose', [graph.node('Reshape', [flat, parts.split])], { perm });
  };
  const query = project('query', [0, 2, 1, 3], scale);
  const key = project('key', [0, 2, 3, 1], 1);
  const value = project('value', [0, 2, 1, 3], 1);
  const scores = graph.node('Add', [graph.node('MatMul', [query, key]), parts.bias]);
  const context = graph.node('MatMul', [graph.node('Softmax', [scores], { axis: -1 }), value]);
  return graph.node('Transpose', [context], { perm: [0, 2, 1, 3] });
}

/** factor * (x W' + b), where the file holds W as (to, from). */
function linear(
  graph: GraphBuilder,
  weights: GraphWeights,
  x: string,
  name: string,
  from: number,
  to: number,
  factor = 1,
): string {
  const inputs = [x, weights.take(`${name}.weight`, [to, from]), weights.take(`${name}.bias`, [to])];
  return graph.node('Gemm', inputs, { transB: 1, alpha: float(factor), beta: float(factor) });
}

function norm(graph: GraphBuilder, weights: GraphWeights, x: string, name: string, config: BertConfig): string {
  const scale = weights.take(`${name}.weight`, [config.hidden]);
  const shift = weights.take(`${name}.bias`, [config.hidden]);
  return graph.node('LayerNormalization', [x, scale, shift], { axis: -1, epsilon: float(config.epsilon) });
}

function ints(graph: GraphBuilder, ...values: number[]): string {
  return graph.constant('int64', [values.length], values);
}
