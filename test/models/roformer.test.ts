import { describe, it } from 'vitest';
import { SlowWeights, angles, plus, turned } from './slow-layers.js';
import { SIZES, addLayers, slowLayers } from './slow-post-norm.js';
import { VOCABULARY, expectMean, expectRefused, tinyFolders, without } from './tiny-model.js';

const folders = tinyFolders();
const EPSILON = 1e-12;
const SIZE = SIZES.hidden / SIZES.heads;
const STEPS = angles(10000, SIZE);

const CONFIG = {
  model_type: 'roformer',
  vocab_size: VOCABULARY,
  hidden_size: SIZES.hidden,
  num_attention_heads: SIZES.heads,
  num_hidden_layers: SIZES.layers,
  intermediate_size: SIZES.inner,
  max_position_embeddings: SIZES.positions,
  type_vocab_size: SIZES.types,
  layer_norm_eps: EPSILON,
};

/** A network whose embeddings have a width of their own. */
function network(narrow: number): SlowWeights {
  const weights = new SlowWeights();
  weights.add('embeddings.word_embeddings.weight', VOCABULARY, narrow);
  weights.add('embeddings.token_type_embeddings.weight', SIZES.types, narrow);
  weights.addNorm('embeddings.LayerNorm', narrow);
  if (narrow !== SIZES.hidden) weights.addLinear('embeddings_project', SIZES.hidden, narrow);
  const table = Array.from({ length: SIZES.positions }, (_, i) => [
    ...STEPS.map((step) => Math.sin(i * step)),
    ...STEPS.map((step) => Math.cos(i * step)),
  ]);
  weights.set('encoder.embed_positions.weight', [SIZES.positions, SIZE], Float32Array.from(table.flat()));
  addLayers(weights);
  return weights;
}

function slow(weights: SlowWeights, { narrow = SIZES.hidden as number, turnsValues = false } = {}) {
  return (ids: number[]): number[][] => {
    const embedded = ids.map((id) => {
      const word = weights.row('embeddings.word_embeddings.weight', id);
      const sum = plus(word, weights.row('embeddings.token_type_embeddings.weight', 0));
      const normed = weights.norm(sum, 'embeddings.LayerNorm', EPSILON);
      return narrow === SIZES.hidden ? normed : weights.linear(normed, 'embeddings_project');
    });
    const turn = (x: number[], position: number): number[] => turned(x, position, STEPS, true);
    return slowLayers(weights, embedded, EPSILON, { turn, ...(turnsValues ? { turnValue: turn } : {}) });
  };
}

describe('RoFormer', () => {
  it('turns neighbouring numbers of queries and keys', async () => {
    const weights = network(SIZES.hidden);
    await expectMean(folders.write(CONFIG, weights.tensors('roformer.')), slow(weights));
  });

  it('turns values too where the configuration says so', async () => {
    const weights = network(SIZES.hidden);
    const folder = folders.write({ ...CONFIG, rotary_value: true }, weights.tensors());
    await expectMean(folder, slow(weights, { turnsValues: true }));
  });

  it('brings narrow embeddings to the width of the layers', async () => {
    const weights = network(6);
    await expectMean(folders.write({ ...CONFIG, embedding_size: 6 }, weights.tensors()), slow(weights, { narrow: 6 }));
  });

  it('refuses a file without its angles, and heads that cannot be turned in pairs', async () => {
    const missing = 'encoder.embed_positions.weight';
    await expectRefused(folders.write(CONFIG, without(network(8), missing)), `no tensor "${missing}"`);
    const odd = folders.write({ ...CONFIG, num_attention_heads: 8 }, network(8).tensors());
    await expectRefused(odd, '"num_attention_heads" is 8', 'even');
  });
});
