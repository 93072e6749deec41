import type { GraphBuilder } from '../onnx/graph-builder.js';
import { ACTIVATION_NAMES, activate, type ActivationName } from './activations.js';
import type { Architecture, Encoder, EncoderInputs } from './architecture.js';
import { addAttention, addReach } from './attention.js';
import { readHeads } from './bert.js';
import type { ConfigReader } from './config-reader.js';
import type { GraphWeights } from './graph-weights.js';
import { addLinear } from './linear.js';
import { addLayerNorm } from './norms.js';
import { addRotaryTable, addRotation, readFrequencies, type RotaryTable } from './rotary.js';

interface ModernBertConfig {
  readonly vocabulary: number;
  readonly hidden: number;
  readonly layers: number;
  readonly heads: number;
  readonly inner: number;
  readonly epsilon: number;
  readonly activation: ActivationName;
  readonly normBias: boolean;
  readonly attentionBias: boolean;
  readonly mlpBias: boolean;
  /** Every so many layers, from the first one on, look at all tokens. */
  readonly globalEvery: number;
  /** Other layers look this far to each side. */
  readonly reach: number;
  readonly globalFrequencies: Float32Array;
  readonly localFrequencies: Float32Array;
}

/** What the layers of one kind share. */
interface LayerKind {
  readonly bias: string;
  readonly table: RotaryTable;
}

/**
 * ModernBERT: pre-norm encoder with turned queries and keys, gated wide layers, and layers that look only at their
 * surroundings between those that look at everything.
 *
 * Source: Warner et al. 2024, arXiv 2412.13663; names of tensors as in published files.
 */
export const MODERNBERT: Architecture = {
  anchor: 'embeddings.tok_embeddings.weight',
  unused: [/^(head|decoder|classifier)\./],
  read(config: ConfigReader): Encoder {
    const modern = readConfig(config);
    return {
      hidden: modern.hidden,
      vocabulary: modern.vocabulary,
      maxPositions: null,
      trainedPositions: config.integer('max_position_embeddings', 1, 8192),
      build: (graph, weights, inputs) => build(graph, weights, inputs, modern),
    };
  },
};

function readConfig(config: ConfigReader): ModernBertConfig {
  const hidden = config.integer('hidden_size', 1);
  const heads = readHeads(config, 'num_attention_heads', hidden, 'hidden_size');
  const size = Math.max(1, Math.floor(hidden / heads));
  const globalTheta = { theta: 'global_rope_theta', otherwise: 160000, isScaled: true, kind: 'full_attention' };
  // null says that both kinds of layers have the same angles.
  const isOne = config.object.local_rope_theta === null;
  const localTheta = isOne ? globalTheta : { ...globalTheta, theta: 'local_rope_theta', otherwise: 10000 };
  const modern = {
    hidden,
    heads,
    vocabulary: config.integer('vocab_size', 1),
    layers: config.layers('num_hidden_layers'),
    inner: config.integer('intermediate_size', 1),
    epsilon: config.positive('norm_eps', 1e-5),
    activation: config.choice('hidden_activation', ACTIVATION_NAMES, 'gelu'),
    normBias: config.flag('norm_bias', false),
    attentionBias: config.flag('attention_bias', false),
    mlpBias: config.flag('mlp_bias', false),
    globalEvery: config.integer('global_attn_every_n_layers', 1, 3),
    reach: Math.floor(config.integer('local_attention', 1, 128) / 2),
    globalFrequencies: readFrequencies(config, size, globalTheta),
    localFrequencies: readFrequencies(config, size, { ...localTheta, kind: 'sliding_attention' }),
  };
  checkLayerTypes(config, modern);
  return modern;
}

/** Newer files also list the kind of every layer. */
function checkLayerTypes(config: ConfigReader, { layers, globalEvery }: ModernBertConfig): void {
  const types = config.object.layer_types ?? undefined;
  if (types === undefined) return;
  const kind = (layer: number): string => (layer % globalEvery === 0 ? 'full_attention' : 'sliding_attention');
  const isAsCounted = Array.isArray(types) && types.length === layers && types.every((type, i) => type === kind(i));
  if (!isAsCounted)
    config.refuse('layer_types', types, `full_attention in every ${globalEvery}. layer, as the other fields say`);
}

function build(graph: GraphBuilder, weights: GraphWeights, inputs: EncoderInputs, config: ModernBertConfig): string {
  const { hidden, vocabulary, inner, epsilon, normBias } = config;
  const ints = (...values: number[]): string => graph.constant('int64', [values.length], values);
  const norm = (x: string, name: string): string =>
    addLayerNorm(graph, weights, x, { name, size: hidden, epsilon }, normBias);
  const words = weights.rows('embeddings.tok_embeddings.weight', [vocabulary, hidden], inputs.ids);
  const embedded = norm(words, 'embeddings.norm');
  let x = graph.node('Reshape', [embedded, ints(-1, hidden)]);
  const everywhere: LayerKind = {
    bias: addReach(graph, inputs, { causal: false, window: null }, weights.type),
    table: addRotaryTable(graph, inputs, config.globalFrequencies, weights.type),
  };
  const nearby: LayerKind = {
    bias: addReach(graph, inputs, { causal: false, window: config.reach + 1 }, weights.type),
    table: addRotaryTable(graph, inputs, config.localFrequencies, weights.type),
  };
  for (let layer = 0; layer < config.layers; layer++) {
    if (weights.problems.length > 0 && layer > 1) break; // Every further layer would repeat the same fault.
    const at = `layers.${layer}`;
    // What the first layer is given is a norm's result already.
    const rested = layer === 0 ? x : norm(x, `${at}.attn_norm`);
    const kind = layer % config.globalEvery === 0 ? everywhere : nearby;
    x = graph.node('Add', [x, attention(graph, weights, inputs, rested, `${at}.attn`, config, kind)]);
    const wide = addLinear(graph, weights, norm(x, `${at}.mlp_norm`), {
      name: `${at}.mlp.Wi`,
      from: hidden,
      to: 2 * inner,
      bias: config.mlpBias,
    });
    const [active, gate] = graph.nodes('Split', [wide], { axis: 1, num_outputs: 2 }, { outputs: 2 });
    const gated = graph.node('Mul', [activate(graph, config.activation, active, weights.type), gate]);
    const back = { name: `${at}.mlp.Wo`, from: inner, to: hidden, bias: config.mlpBias };
    x = graph.node('Add', [x, addLinear(graph, weights, gated, back)]);
  }
  const shape = graph.node('Concat', [inputs.shape, ints(hidden)], { axis: 0 });
  return graph.node('Reshape', [norm(x, 'final_norm'), shape]);
}

function attention(
  graph: GraphBuilder,
  weights: GraphWeights,
  inputs: EncoderInputs,
  x: string,
  at: string,
  { hidden, heads, attentionBias }: ModernBertConfig,
  { bias, table }: LayerKind,
): string {
  const size = hidden / heads;
  const all = addLinear(graph, weights, x, { name: `${at}.Wqkv`, from: hidden, to: 3 * hidden, bias: attentionBias });
  const [query, key, value] = graph.nodes('Split', [all], { axis: 1, num_outputs: 3 }, { outputs: 3 });
  const turn = (from: string): string => addRotation(graph, inputs, from, { table, width: hidden });
  const scale = graph.constant(weights.type, [], [1 / Math.sqrt(size)]);
  const turned = { query: turn(graph.node('Mul', [query, scale])), key: turn(key), value };
  const context = addAttention(graph, inputs, turned, { heads, keyHeads: heads, size }, bias);
  return addLinear(graph, weights, context, { name: `${at}.Wo`, from: hidden, to: hidden, bias: attentionBias });
}
