import { describe, it } from 'vitest';
import { SlowWeights, angles, attend, plus, times, turned } from './slow-layers.js';
import { gelu } from './tiny-bert.js';
import { VOCABULARY, expectMean, expectRefused, tinyFolders, without } from './tiny-model.js';
import { float32Tensor } from './write-safetensors.js';

const folders = tinyFolders();
const [HIDDEN, HEADS, INNER, LAYERS] = [8, 2, 12, 5];
const CONFIG = {
  model_type: 'modernbert',
  vocab_size: VOCABULARY,
  hidden_size: HIDDEN,
  num_attention_heads: HEADS,
  num_hidden_layers: LAYERS,
  intermediate_size: INNER,
  max_position_embeddings: 16,
  norm_eps: 1e-4,
  global_attn_every_n_layers: 2,
  local_attention: 5,
  global_rope_theta: 160,
  local_rope_theta: 10,
  // Published files have this; it changes nothing.
  position_embedding_type: 'absolute',
};

function network({ norm = false, attention = false, mlp = false } = {}): SlowWeights {
  const weights = new SlowWeights();
  weights.add('embeddings.tok_embeddings.weight', VOCABULARY, HIDDEN);
  weights.addNorm('embeddings.norm', HIDDEN, norm);
  for (let layer = 0; layer < LAYERS; layer++) {
    const at = `layers.${layer}`;
    if (layer > 0) weights.addNorm(`${at}.attn_norm`, HIDDEN, norm);
    weights.addLinear(`${at}.attn.Wqkv`, 3 * HIDDEN, HIDDEN, attention);
    weights.addLinear(`${at}.attn.Wo`, HIDDEN, HIDDEN, attention);
    weights.addNorm(`${at}.mlp_norm`, HIDDEN, norm);
    weights.addLinear(`${at}.mlp.Wi`, 2 * INNER, HIDDEN, mlp);
    weights.addLinear(`${at}.mlp.Wo`, HIDDEN, INNER, mlp);
  }
  weights.addNorm('final_norm', HIDDEN, norm);
  return weights;
}

function slow(weights: SlowWeights, change: { globalEvery?: number; localTheta?: number } = {}) {
  const { globalEvery = 2, localTheta = 10 } = change;
  const epsilon = CONFIG.norm_eps;
  return (ids: number[]): number[][] => {
    const word = (id: number): number[] => weights.row('embeddings.tok_embeddings.weight', id);
    let states = ids.map((id) => weights.norm(word(id), 'embeddings.norm', epsilon));
    for (let layer = 0; layer < LAYERS; layer++) {
      const at = `layers.${layer}`;
      const isGlobal = layer % globalEvery === 0;
      const steps = angles(isGlobal ? 160 : localTheta, HIDDEN / HEADS);
      const all = states.map((state) => {
        const rested = layer === 0 ? state : weights.norm(state, `${at}.attn_norm`, epsilon);
        return weights.linear(rested, `${at}.attn.Wqkv`);
      });
      const third = (i: number): number[][] => all.map((row) => row.slice(i * HIDDEN, (i + 1) * HIDDEN));
      const turn = (x: number[], position: number): number[] => turned(x, position, steps);
      const context = attend(third(0).map(turn), third(1).map(turn), third(2), {
        heads: HEADS,
        scale: 1 / Math.sqrt(HIDDEN / HEADS),
        // A window of 5 is two tokens to each side.
        sees: (i, j) => isGlobal || Math.abs(i - j) <= 2,
      });
      states = states.map((state, i) => {
        const middle = plus(state, weights.linear(context[i], `${at}.attn.Wo`));
        const wide = weights.linear(weights.norm(middle, `${at}.mlp_norm`, epsilon), `${at}.mlp.Wi`);
        const gated = times(
          wide.slice(0, INNER).map((x) => gelu(x)),
          wide.slice(INNER),
        );
        return plus(middle, weights.linear(gated, `${at}.mlp.Wo`));
      });
    }
    return states.map((state) => weights.norm(state, 'final_norm', epsilon));
  };
}

describe('ModernBERT', () => {
  it('looks everywhere in every second layer and near by in the others, with angles of their own', async () => {
    const weights = network();
    await expectMean(folders.write(CONFIG, weights.tensors()), slow(weights));
  });

  it('counts global layers from the first, and shares angles where local ones are null', async () => {
    const weights = network();
    const config = { ...CONFIG, global_attn_every_n_layers: 3, local_rope_theta: null };
    await expectMean(folders.write(config, weights.tensors()), slow(weights, { globalEvery: 3, localTheta: 160 }));
  });

  it('has the biases that the configuration names, behind a prefix, beside a head that is not used', async () => {
    const weights = network({ norm: true, attention: true, mlp: true });
    const tensors = weights.tensors('model.');
    tensors.set('head.dense.weight', float32Tensor([1], Float32Array.of(9)));
    tensors.set('decoder.bias', float32Tensor([1], Float32Array.of(9)));
    const config = { ...CONFIG, norm_bias: true, attention_bias: true, mlp_bias: true };
    await expectMean(folders.write(config, tensors), slow(weights));
  });

  it('reads the angles of newer files', async () => {
    const weights = network();
    const { global_rope_theta: globalTheta, local_rope_theta: localTheta, ...rest } = CONFIG;
    const parameters = {
      full_attention: { rope_type: 'default', rope_theta: globalTheta },
      sliding_attention: { rope_type: 'default', rope_theta: localTheta },
    };
    const types = [0, 1, 0, 1, 0].map((local) => (local ? 'sliding_attention' : 'full_attention'));
    const config = { ...rest, rope_parameters: parameters, layer_types: types };
    await expectMean(folders.write(config, weights.tensors()), slow(weights));
    const contradicting = { ...config, layer_types: types.reverse().slice(1) };
    await expectRefused(folders.write(contradicting, weights.tensors()), '"layer_types" is');
  });

  it('refuses biases that are there and not named, missing norms, and unknown scalings', async () => {
    const biased = network({ mlp: true });
    await expectRefused(folders.write(CONFIG, biased.tensors()), 'does not use', 'layers.0.mlp.Wi.bias');
    const missing = 'layers.1.attn_norm.weight';
    await expectRefused(folders.write(CONFIG, without(network(), missing)), `no tensor "${missing}"`);
    const yarn = { ...CONFIG, rope_scaling: { rope_type: 'yarn', factor: 2 } };
    await expectRefused(folders.write(yarn, network().tensors()), '"rope_type" is "yarn"');
  });
});
