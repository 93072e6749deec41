import { ACTIVATION_NAMES } from './activations.js';
import type { Architecture } from './architecture.js';
import type { ConfigReader } from './config-reader.js';
import { DECODER_HEADS, decoderOf, readDecoderHeads, type DecoderConfig, type LayerKind } from './decoder.js';
import { readFrequencies } from './rotary.js';

const LOCAL = 'sliding_attention';
const GLOBAL = 'full_attention';
/** Where the kinds of the layers are not listed, one in so many is global. */
const PATTERN = 6;

/**
 * Gemma 3 for text: norms on both sides of attention and wide layer, norms of every head, weights of norms that count from
 * 1, embeddings times the root of the width, and local layers with angles of their own between the global ones.
 *
 * Tokens look both ways where `use_bidirectional_attention` says so; the window is then half as wide to each side.
 *
 * Source: Gemma Team 2025, arXiv 2503.19786; EmbeddingGemma 2025, arXiv 2509.20354.
 */
export const GEMMA3_TEXT: Architecture = {
  anchor: 'embed_tokens.weight',
  unused: DECODER_HEADS,
  read: (config) => decoderOf(readConfig(config)),
};

function readConfig(config: ConfigReader): DecoderConfig {
  const hidden = config.integer('hidden_size', 1);
  const heads = readDecoderHeads(config, hidden, 256);
  config.only('attn_logit_softcapping', [], 'scores that are not capped');
  const attentionBias = config.flag('attention_bias', false);
  return {
    ...heads,
    hidden,
    vocabulary: config.integer('vocab_size', 1),
    inner: config.integer('intermediate_size', 1),
    epsilon: config.positive('rms_norm_eps', 1e-6),
    activation: config.choice('hidden_activation', ACTIVATION_NAMES, 'gelu_pytorch_tanh'),
    positions: config.integer('max_position_embeddings', 1, 131072),
    layers: readLayers(config, heads.size),
    biases: { query: attentionBias, output: attentionBias, mlp: false },
    normsHeads: true,
    scale: 1 / Math.sqrt(config.positive('query_pre_attn_scalar', 256)),
    normOffset: 1,
    embeddingScale: Math.fround(Math.sqrt(hidden)),
    norms: {
      beforeAttention: 'input_layernorm',
      behindAttention: 'post_attention_layernorm',
      beforeMlp: 'pre_feedforward_layernorm',
      behindMlp: 'post_feedforward_layernorm',
    },
  };
}

function readLayers(config: ConfigReader, size: number): LayerKind[] {
  const causal = !config.flag('use_bidirectional_attention', false);
  const width = config.integer('sliding_window', 1, 4096);
  const window = causal ? width : Math.floor(width / 2) + 1;
  const globalAngles = { theta: 'rope_theta', otherwise: 1e6, isScaled: true, kind: GLOBAL };
  const localAngles = { theta: 'rope_local_base_freq', otherwise: 1e4, isScaled: false, kind: LOCAL };
  const everywhere = { reach: { causal, window: null }, frequencies: readFrequencies(config, size, globalAngles) };
  const nearby = { reach: { causal, window }, frequencies: readFrequencies(config, size, localAngles) };
  return layerTypes(config).map((type) => (type === GLOBAL ? everywhere : nearby));
}

function layerTypes(config: ConfigReader): readonly string[] {
  const layers = config.layers('num_hidden_layers');
  const types = config.object.layer_types ?? undefined;
  if (types === undefined) {
    config.only('_sliding_window_pattern', [PATTERN], '"layer_types" beside another number');
    const pattern = config.integer('sliding_window_pattern', 1, PATTERN);
    return Array.from({ length: layers }, (_, i) => ((i + 1) % pattern === 0 ? GLOBAL : LOCAL));
  }
  const isList = Array.isArray(types) && types.length === layers && types.every((t) => t === LOCAL || t === GLOBAL);
  if (isList) return types as string[];
  config.refuse('layer_types', types, `a list of ${layers} names, each ${LOCAL} or ${GLOBAL}`);
  return [];
}
