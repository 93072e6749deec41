import { describe, expect, it } from 'vitest';
import { resolveModel } from '../../src/embedding/resolve-model.js';
import { DECODER, addDecoder, slowDecoder, type SlowDecoder, type Variant } from './slow-decoder.js';
import { SlowWeights, angles, silu } from './slow-layers.js';
import { VOCABULARY, expectMean, expectRefused, tinyFolders, without } from './tiny-model.js';
import { float32Tensor } from './write-safetensors.js';

const folders = tinyFolders();
const { hidden, heads, keyHeads, size, inner, layers, epsilon } = DECODER;
const CONFIG = {
  model_type: 'llama',
  vocab_size: VOCABULARY,
  hidden_size: hidden,
  num_attention_heads: heads,
  num_key_value_heads: keyHeads,
  head_dim: size,
  num_hidden_layers: layers,
  intermediate_size: inner,
  max_position_embeddings: 16,
  rms_norm_eps: epsilon,
  rope_theta: 100,
  rope_scaling: null,
};
const SLOW: SlowDecoder = {
  steps: () => angles(100, size),
  sees: (_, i, j) => j <= i,
  scale: 1 / Math.sqrt(size),
  activation: silu,
};

function network(variant: Variant = {}): SlowWeights {
  const weights = new SlowWeights();
  addDecoder(weights, VOCABULARY, variant);
  return weights;
}

describe('Llama and its relatives', () => {
  it('look back only, with several heads on one key', async () => {
    const weights = network();
    await expectMean(folders.write(CONFIG, weights.tensors()), (ids) => slowDecoder(weights, ids, SLOW));
  });

  it('take a head as large as the width says, where nothing else does, and a key for each head', async () => {
    const weights = new SlowWeights();
    addDecoder(weights, VOCABULARY);
    const bare = { ...CONFIG, head_dim: undefined, num_key_value_heads: null };
    // 6 / 4 is no whole number of values.
    await expectRefused(folders.write(bare, weights.tensors()), '"num_attention_heads" is 4', '"hidden_size" (6)');
    const other = { ...bare, num_attention_heads: 3 };
    await expectRefused(folders.write(other, weights.tensors()), 'q_proj.weight', '[6, 6]');
  });

  it('have biases where the configuration says so, behind a prefix, beside an output table', async () => {
    const biases = { query: true, output: true, mlp: true };
    const weights = network({ biases });
    const tensors = weights.tensors('model.');
    tensors.set('lm_head.weight', float32Tensor([1], Float32Array.of(9)));
    tensors.set('model.layers.0.self_attn.rotary_emb.inv_freq', float32Tensor([1], Float32Array.of(9)));
    const folder = folders.write({ ...CONFIG, attention_bias: true, mlp_bias: true }, tensors);
    await expectMean(folder, (ids) => slowDecoder(weights, ids, { ...SLOW, biases }));
  });

  it('divide all angles by the factor of linear scaling', async () => {
    const weights = network();
    for (const scaling of [
      { rope_type: 'linear', factor: 4 },
      { type: 'linear', factor: 4 },
    ]) {
      await expectMean(folders.write({ ...CONFIG, rope_scaling: scaling }, weights.tensors()), (ids) =>
        slowDecoder(weights, ids, { ...SLOW, steps: () => angles(100, size).map((step) => step / 4) }),
      );
    }
  });

  it('scale slow angles as Llama 3.1 does: fast ones stay, those between are mixed', async () => {
    // Wave lengths: 6.3 stays below 64 / 6; with theta 100, 62.8 lies between 64 / 6 and 64 / 0.5; the slow one is 628.
    const scaling = {
      rope_type: 'llama3',
      factor: 8,
      low_freq_factor: 0.5,
      high_freq_factor: 6,
      original_max_position_embeddings: 64,
    };
    const weights = network();
    for (const theta of [100, 10000]) {
      const [fast, slow] = angles(theta, size);
      const wave = (2 * Math.PI) / slow;
      const smooth = (64 / wave - 0.5) / (6 - 0.5);
      const scaled = theta === 100 ? ((1 - smooth) * slow) / 8 + smooth * slow : slow / 8;
      expect(wave > 64 / 0.5).toBe(theta === 10000);
      const folder = folders.write({ ...CONFIG, rope_theta: theta, rope_scaling: scaling }, weights.tensors());
      await expectMean(folder, (ids) => slowDecoder(weights, ids, { ...SLOW, steps: () => [fast, scaled] }));
    }
  });

  it('read the angles of newer files', async () => {
    const weights = network();
    const { rope_theta: theta, rope_scaling: _, ...rest } = CONFIG;
    const parameters = { rope_type: 'linear', factor: 4, rope_theta: theta };
    await expectMean(folders.write({ ...rest, rope_parameters: parameters }, weights.tensors()), (ids) =>
      slowDecoder(weights, ids, { ...SLOW, steps: () => angles(100, size).map((step) => step / 4) }),
    );
    const nameless = folders.write({ ...rest, rope_parameters: { rope_type: 'default' } }, weights.tensors());
    await expectRefused(nameless, '"rope_parameters.rope_theta" is missing');
  });

  it('are Qwen2 with biases of queries, keys and values', async () => {
    const biases = { query: true, output: false, mlp: false };
    const weights = network({ biases });
    const config = {
      ...CONFIG,
      model_type: 'qwen2',
      use_sliding_window: false,
      sliding_window: 4,
      max_window_layers: 1,
    };
    await expectMean(folders.write(config, weights.tensors()), (ids) => slowDecoder(weights, ids, { ...SLOW, biases }));
    await expectRefused(folders.write(config, network().tensors()), 'no tensor "layers.0.self_attn.q_proj.bias"');
  });

  it('are Qwen3 with norms of heads', async () => {
    const weights = network({ headNorms: true });
    const config = { ...CONFIG, model_type: 'qwen3' };
    await expectMean(folders.write(config, weights.tensors()), (ids) =>
      slowDecoder(weights, ids, { ...SLOW, headNorms: true }),
    );
    // Heads of Qwen3 have 128 numbers unless config.json says otherwise.
    const silent = folders.write({ ...config, head_dim: undefined }, weights.tensors());
    await expectRefused(silent, '"layers.0.self_attn.q_proj.weight" has the shape [16, 6]', '[512, 6]');
  });

  it('refuse what would change the vectors and is not computed here, by name', async () => {
    const tensors = network().tensors();
    const refused = (change: object, ...parts: string[]): Promise<void> =>
      expectRefused(folders.write({ ...CONFIG, ...change }, tensors), ...parts);
    await refused({ rope_scaling: { type: 'dynamic', factor: 2 } }, '"type" is "dynamic"', '"rope_scaling"');
    await refused({ rope_scaling: { rope_type: 'longrope' } }, '"rope_type" is "longrope"');
    await refused({ rope_scaling: { rope_type: 'linear' } }, '"factor" is missing');
    await refused({ rope_scaling: { rope_type: 'llama3', factor: 8 } }, '"low_freq_factor" is missing');
    await refused({ rope_scaling: { rope_type: 'linear', type: 'llama3', factor: 2 } }, 'the same as "rope_type"');
    await refused({ rope_scaling: 'linear' }, '"rope_scaling" is "linear"');
    await refused({ partial_rotary_factor: 0.5 }, '"partial_rotary_factor" is 0.5');
    await refused({ sliding_window: 4 }, '"sliding_window" is 4');
    await refused({ use_sliding_window: true, sliding_window: 4 }, '"use_sliding_window" is true');
    await refused({ layer_types: ['sliding_attention'] }, '"layer_types" is');
    await refused({ is_causal: false }, '"is_causal" is false');
    await refused({ use_bidirectional_attention: true }, '"use_bidirectional_attention" is true');
    await refused({ hidden_act: 'relu2' }, '"hidden_act" is "relu2"');
    await refused({ num_key_value_heads: 3 }, '"num_key_value_heads" is 3');
    await refused({ head_dim: 3 }, 'even');
    await refused({ auto_map: { AutoModel: 'modeling_qwen.Qwen2Model' } }, 'modeling_qwen.Qwen2Model');
    await refused({ model_type: 'plamo', auto_map: { AutoModel: 'modeling_plamo.PlamoModel' } }, 'modeling_plamo');
    const missing = 'layers.2.mlp.up_proj.weight';
    await expectRefused(folders.write(CONFIG, without(network(), missing)), `no tensor "${missing}"`);
    const normed = network({ headNorms: true }).tensors();
    await expectRefused(folders.write(CONFIG, normed), 'does not use', 'q_norm.weight');
  });

  it('may be given longer texts than they were made for, with a warning', async () => {
    const lengths = { 'sentence_bert_config.json': { max_seq_length: 40, do_lower_case: false } };
    const { warnings, settings } = await resolveModel(folders.write(CONFIG, network().tensors(), lengths));
    expect(settings.maxTokens).toBe(40);
    expect(warnings.join()).toMatch(/up to 40 tokens are embedded; the model was made for up to 16/);
  });
});
