import { describe, it } from 'vitest';
import { DECODER, addDecoder, slowDecoder, type SlowDecoder } from './slow-decoder.js';
import { SlowWeights, angles, tanhGelu } from './slow-layers.js';
import { VOCABULARY, expectMean, expectRefused, tinyFolders, without } from './tiny-model.js';

const folders = tinyFolders();
const { hidden, heads, keyHeads, size, inner, layers, epsilon } = DECODER;
const TYPES = ['sliding_attention', 'full_attention', 'sliding_attention'];
const CONFIG = {
  model_type: 'gemma3_text',
  vocab_size: VOCABULARY,
  hidden_size: hidden,
  num_attention_heads: heads,
  num_key_value_heads: keyHeads,
  head_dim: size,
  num_hidden_layers: layers,
  intermediate_size: inner,
  max_position_embeddings: 16,
  rms_norm_eps: epsilon,
  hidden_activation: 'gelu_pytorch_tanh',
  query_pre_attn_scalar: 9,
  sliding_window: 4,
  rope_theta: 1000,
  rope_local_base_freq: 10,
  layer_types: TYPES,
  use_bidirectional_attention: true,
};
const isGlobal = (layer: number): boolean => TYPES[layer] === 'full_attention';
const SLOW: SlowDecoder = {
  gemma: true,
  headNorms: true,
  steps: (layer) => angles(isGlobal(layer) ? 1000 : 10, size),
  // 4 / 2 + 1 = 3: fewer than three places away.
  sees: (layer, i, j) => isGlobal(layer) || Math.abs(i - j) < 3,
  scale: 1 / 3,
  activation: tanhGelu,
  embeddingScale: Math.sqrt(hidden),
};

const weights = new SlowWeights();
addDecoder(weights, VOCABULARY, SLOW);

describe('Gemma 3', () => {
  it('looks both ways, everywhere in global layers and near by in local ones', async () => {
    await expectMean(folders.write(CONFIG, weights.tensors()), (ids) => slowDecoder(weights, ids, SLOW));
  });

  it('looks back only where nothing is said, over the whole window', async () => {
    const config = { ...CONFIG, use_bidirectional_attention: undefined };
    await expectMean(folders.write(config, weights.tensors('model.')), (ids) =>
      slowDecoder(weights, ids, { ...SLOW, sees: (layer, i, j) => j <= i && (isGlobal(layer) || i - j < 4) }),
    );
  });

  it('makes one layer in so many global where they are not listed', async () => {
    const config = { ...CONFIG, layer_types: undefined, sliding_window_pattern: 3 };
    const global = (layer: number): boolean => layer === 2;
    await expectMean(folders.write(config, weights.tensors()), (ids) =>
      slowDecoder(weights, ids, {
        ...SLOW,
        steps: (layer) => angles(global(layer) ? 1000 : 10, size),
        sees: (layer, i, j) => global(layer) || Math.abs(i - j) < 3,
      }),
    );
  });

  it('scales the angles of global layers only', async () => {
    const config = { ...CONFIG, rope_scaling: { rope_type: 'linear', factor: 8 } };
    await expectMean(folders.write(config, weights.tensors()), (ids) =>
      slowDecoder(weights, ids, {
        ...SLOW,
        steps: (layer) => (isGlobal(layer) ? angles(1000, size).map((step) => step / 8) : angles(10, size)),
      }),
    );
  });

  it('refuses what it does not compute, and weights that do not fit', async () => {
    const refused = (change: object, ...parts: string[]): Promise<void> =>
      expectRefused(folders.write({ ...CONFIG, ...change }, weights.tensors()), ...parts);
    await refused({ attn_logit_softcapping: 50 }, '"attn_logit_softcapping" is 50');
    await refused({ layer_types: ['full_attention'] }, '"layer_types" is');
    await refused({ layer_types: ['chunked', ...TYPES.slice(1)] }, '"layer_types" is');
    await refused({ layer_types: undefined, _sliding_window_pattern: 3 }, '"_sliding_window_pattern" is 3');
    await refused({ sliding_window: 0, query_pre_attn_scalar: -1 }, '"sliding_window" is 0', '"query_pre_attn_scalar"');
    await refused({ attention_bias: true }, 'no tensor "layers.0.self_attn.q_proj.bias"');
    const missing = 'layers.1.post_feedforward_layernorm.weight';
    await expectRefused(folders.write(CONFIG, without(weights, missing)), `no tensor "${missing}"`);
  });
});
