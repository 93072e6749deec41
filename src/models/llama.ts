import { ACTIVATION_NAMES } from './activations.js';
import type { Architecture } from './architecture.js';
import type { ConfigReader } from './config-reader.js';
import { DECODER_HEADS, decoderOf, readDecoderHeads, type DecoderConfig } from './decoder.js';
import { readFrequencies } from './rotary.js';

/** What differs within the Llama family beyond the numbers of config.json. */
interface LlamaVariant {
  /** Numbers in one head where config.json does not say. */
  readonly headSize?: number;
  readonly normsHeads: boolean;
  biases(config: ConfigReader): DecoderConfig['biases'];
}

/**
 * Llama as an encoder: every token looks at itself and those before it.
 *
 * Source: Touvron et al. 2023, arXiv 2302.13971.
 */
export const LLAMA = architecture({
  normsHeads: false,
  biases(config) {
    const attention = config.flag('attention_bias', false);
    return { query: attention, output: attention, mlp: config.flag('mlp_bias', false) };
  },
});

/** Qwen2: Llama with biases of queries, keys and values. Source: Yang et al. 2024, arXiv 2407.10671. */
export const QWEN2 = architecture({
  normsHeads: false,
  biases: () => ({ query: true, output: false, mlp: false }),
});

/** Qwen3: Llama with norms of every head of queries and keys. Source: Yang et al. 2025, arXiv 2505.09388. */
export const QWEN3 = architecture({
  headSize: 128,
  normsHeads: true,
  biases(config) {
    const attention = config.flag('attention_bias', false);
    return { query: attention, output: attention, mlp: false };
  },
});

function architecture(variant: LlamaVariant): Architecture {
  return {
    anchor: 'embed_tokens.weight',
    unused: DECODER_HEADS,
    read: (config) => decoderOf(readConfig(config, variant)),
  };
}

function readConfig(config: ConfigReader, { headSize, normsHeads, biases }: LlamaVariant): DecoderConfig {
  const hidden = config.integer('hidden_size', 1);
  const heads = readDecoderHeads(config, hidden, headSize);
  refuseOtherReach(config);
  const angles = { theta: 'rope_theta', otherwise: 10000, isScaled: true };
  const kind = { reach: { causal: true, window: null }, frequencies: readFrequencies(config, heads.size, angles) };
  return {
    ...heads,
    hidden,
    vocabulary: config.integer('vocab_size', 1),
    inner: config.integer('intermediate_size', 1),
    epsilon: config.positive('rms_norm_eps', 1e-6),
    activation: config.choice('hidden_act', ACTIVATION_NAMES, 'silu'),
    positions: config.integer('max_position_embeddings', 1, 2048),
    layers: Array.from({ length: config.layers('num_hidden_layers') }, () => kind),
    biases: biases(config),
    normsHeads,
    scale: 1 / Math.sqrt(heads.size),
    normOffset: 0,
    embeddingScale: 1,
    norms: { beforeAttention: 'input_layernorm', beforeMlp: 'post_attention_layernorm' },
  };
}

/** Every token looks at all before it: what says otherwise is refused. */
function refuseOtherReach(config: ConfigReader): void {
  config.only('is_causal', [true], 'tokens that look back only');
  config.only('use_bidirectional_attention', [false], 'tokens that look back only');
  config.only('use_sliding_window', [false], 'attention without a window');
  if (config.object.use_sliding_window === undefined) config.only('sliding_window', [], 'attention without a window');
  const types = config.object.layer_types ?? [];
  if (!Array.isArray(types) || types.some((type) => type !== 'full_attention')) {
    config.refuse('layer_types', types, 'full_attention in every layer');
  }
}
