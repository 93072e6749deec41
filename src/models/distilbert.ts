import { ACTIVATION_NAMES } from './activations.js';
import type { Architecture, Encoder } from './architecture.js';
import { firstRows, readHeads } from './bert.js';
import type { ConfigReader } from './config-reader.js';
import { addLayerNorm } from './norms.js';
import { addPostNormLayers, type LayerNames } from './post-norm.js';

const NAMES: LayerNames = {
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
/** Not in config.json: the same in every model. */
const EPSILON = 1e-12;

/**
 * DistilBERT: BERT without types of tokens, with names of its own.
 *
 * Source: Sanh et al. 2019, arXiv 1910.01108.
 */
export const DISTILBERT: Architecture = {
  anchor: 'embeddings.word_embeddings.weight',
  unused: [
    /^embeddings\.position_ids$/,
    /^(vocab_transform|vocab_layer_norm|vocab_projector|pre_classifier|classifier|qa_outputs)\./,
  ],
  read(config: ConfigReader): Encoder {
    const hidden = config.integer('dim', 1);
    const vocabulary = config.integer('vocab_size', 1);
    const positions = config.integer('max_position_embeddings', 1, 512);
    const sizes = {
      hidden,
      heads: readHeads(config, 'n_heads', hidden, 'dim'),
      layers: config.layers('n_layers'),
      inner: config.integer('hidden_dim', 1),
      epsilon: EPSILON,
      activation: config.choice('activation', ACTIVATION_NAMES, 'gelu'),
    };
    return {
      hidden,
      vocabulary,
      maxPositions: positions,
      build: (graph, weights, inputs) => {
        const words = weights.rows('embeddings.word_embeddings.weight', [vocabulary, hidden], inputs.ids);
        const places = weights.take('embeddings.position_embeddings.weight', [positions, hidden]);
        const sum = graph.node('Add', [words, firstRows(graph, inputs, places)]);
        const norm = { name: 'embeddings.LayerNorm', size: hidden, epsilon: EPSILON };
        const embedded = addLayerNorm(graph, weights, sum, norm);
        return addPostNormLayers(graph, weights, inputs, embedded, sizes, { names: NAMES });
      },
    };
  },
};
