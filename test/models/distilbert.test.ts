import { describe, it } from 'vitest';
import { SlowWeights, plus } from './slow-layers.js';
import { SIZES, addLayers, slowLayers } from './slow-post-norm.js';
import { VOCABULARY, expectMean, expectRefused, tinyFolders, without } from './tiny-model.js';
import { float32Tensor } from './write-safetensors.js';

const folders = tinyFolders();
const CONFIG = {
  model_type: 'distilbert',
  vocab_size: VOCABULARY,
  dim: SIZES.hidden,
  n_heads: SIZES.heads,
  n_layers: SIZES.layers,
  hidden_dim: SIZES.inner,
  max_position_embeddings: SIZES.positions,
  activation: 'gelu',
};
const PARTS = {
  layers: 'transformer.layer',
  query: 'attention.q_lin',
  key: 'attention.k_lin',
  value: 'attention.v_lin',
  attended: 'attention.out_lin',
  attendedNorm: 'sa_layer_norm',
  wide: 'ffn.lin1',
  narrow: 'ffn.lin2',
  norm: 'output_layer_norm',
};
const EPSILON = 1e-12;

const weights = new SlowWeights();
weights.add('embeddings.word_embeddings.weight', VOCABULARY, SIZES.hidden);
weights.add('embeddings.position_embeddings.weight', SIZES.positions, SIZES.hidden);
weights.addNorm('embeddings.LayerNorm', SIZES.hidden);
addLayers(weights, PARTS);

function slow(ids: number[]): number[][] {
  const embedded = ids.map((id, i) => {
    const word = weights.row('embeddings.word_embeddings.weight', id);
    const sum = plus(word, weights.row('embeddings.position_embeddings.weight', i));
    return weights.norm(sum, 'embeddings.LayerNorm', EPSILON);
  });
  return slowLayers(weights, embedded, EPSILON, { parts: PARTS });
}

describe('DistilBERT', () => {
  it('is BERT without types of tokens', async () => {
    await expectMean(folders.write(CONFIG, weights.tensors()), slow);
  });

  it('leaves the head for masked words aside', async () => {
    const tensors = weights.tensors('distilbert.');
    for (const name of ['vocab_transform.bias', 'vocab_layer_norm.bias', 'vocab_projector.bias']) {
      tensors.set(name, float32Tensor([1], Float32Array.of(9)));
    }
    await expectMean(folders.write(CONFIG, tensors), slow);
  });

  it('refuses weights and fields that do not fit, by name', async () => {
    const missing = 'transformer.layer.1.ffn.lin2.bias';
    await expectRefused(folders.write(CONFIG, without(weights, missing)), `no tensor "${missing}"`);
    await expectRefused(folders.write({ ...CONFIG, n_heads: 3 }, weights.tensors()), '"n_heads" is 3', '"dim" (8)');
    await expectRefused(folders.write({ ...CONFIG, dim: undefined }, weights.tensors()), '"dim" is missing');
  });
});
