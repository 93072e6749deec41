import type { GraphBuilder } from '../onnx/graph-builder.js';
import type { Architecture, Encoder, EncoderInputs } from './architecture.js';
import { BERT_HEADS, addBertEmbeddings, readBertConfig, type BertConfig } from './bert.js';
import type { ConfigReader } from './config-reader.js';
import type { GraphWeights } from './graph-weights.js';
import { addLinear } from './linear.js';
import { addPostNormLayers } from './post-norm.js';
import { addRotation, type RotaryTable } from './rotary.js';

/**
 * RoFormer: BERT without a table of positions that is added; instead, neighbouring numbers of queries and keys (and, where
 * the configuration says so, values) are turned by angles, whose sines and cosines lie in the file.
 *
 * Source: Su et al. 2021, arXiv 2104.09864.
 */
export const ROFORMER: Architecture = {
  anchor: 'embeddings.word_embeddings.weight',
  unused: BERT_HEADS,
  read(config: ConfigReader): Encoder {
    const roformer = readBertConfig(config);
    const narrow = config.integer('embedding_size', 1, roformer.hidden);
    const size = roformer.hidden / roformer.heads;
    if (size % 2 !== 0) config.refuse('num_attention_heads', roformer.heads, 'heads with an even number of values');
    const turnsValues = config.flag('rotary_value', false);
    return {
      hidden: roformer.hidden,
      vocabulary: roformer.vocabulary,
      maxPositions: roformer.positions,
      build: (graph, weights, inputs) => {
        const embedded = embeddings(graph, weights, inputs, roformer, narrow);
        const table = storedTable(graph, weights, roformer.positions, size);
        const rotation = { table, width: roformer.hidden, interleaved: true };
        const turn = (x: string): string => addRotation(graph, inputs, x, rotation);
        const variant = turnsValues ? { turn, turnValue: turn } : { turn };
        return addPostNormLayers(graph, weights, inputs, embedded, roformer, variant);
      },
    };
  },
};

/** The embeddings, brought to the width of the layers where theirs is another. */
function embeddings(
  graph: GraphBuilder,
  weights: GraphWeights,
  inputs: EncoderInputs,
  config: BertConfig,
  narrow: number,
): string {
  const embedded = addBertEmbeddings(graph, weights, inputs, { ...config, hidden: narrow }, null);
  if (narrow === config.hidden) return embedded;
  const flat = graph.node('Reshape', [embedded, graph.constant('int64', [2], [-1, narrow])]);
  const project = { name: 'embeddings_project', from: narrow, to: config.hidden, bias: true };
  return addLinear(graph, weights, flat, project);
}

/** Sines in the first half of every row, cosines in the second. */
function storedTable(graph: GraphBuilder, weights: GraphWeights, positions: number, size: number): RotaryTable {
  const table = weights.take('encoder.embed_positions.weight', [positions, size]);
  const [sin, cos] = graph.nodes('Split', [table], { axis: 1, num_outputs: 2 }, { outputs: 2 });
  return { sin, cos };
}
