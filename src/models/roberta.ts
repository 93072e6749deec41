import type { Architecture, Encoder } from './architecture.js';
import { BERT_HEADS, addBertEmbeddings, readBertConfig, type Positions } from './bert.js';
import type { ConfigReader } from './config-reader.js';
import { addPostNormLayers } from './post-norm.js';

/**
 * RoBERTa, XLM-RoBERTa and CamemBERT: BERT whose positions begin behind the padding's id.
 *
 * A token that is the padding token, even where it is written in a text, has the padding's own position and is not counted.
 *
 * Source: Liu et al. 2019, arXiv 1907.11692; Conneau et al. 2020, arXiv 1911.02116.
 */
export const ROBERTA: Architecture = {
  anchor: 'embeddings.word_embeddings.weight',
  unused: BERT_HEADS,
  read: readRoberta,
};

/**
 * LUKE for texts without entities: RoBERTa; what the file holds for entities is not used.
 *
 * Source: Yamada et al. 2020, arXiv 2010.01057.
 */
export const LUKE: Architecture = {
  anchor: 'embeddings.word_embeddings.weight',
  unused: [
    ...BERT_HEADS,
    /^entity_(embeddings|predictions)\./,
    /^encoder\.layer\.\d+\.attention\.self\.(w2e|e2w|e2e)_query\.(weight|bias)$/,
  ],
  read: readRoberta,
};

function readRoberta(config: ConfigReader): Encoder {
  const roberta = readBertConfig(config);
  const padId = config.integer('pad_token_id', 0, 1);
  if (padId + 1 >= roberta.positions) {
    config.refuse('pad_token_id', padId, `a number below "max_position_embeddings" (${roberta.positions}) less one`);
  }
  return {
    hidden: roberta.hidden,
    vocabulary: roberta.vocabulary,
    maxPositions: Math.max(1, roberta.positions - padId - 1),
    build: (graph, weights, inputs) => {
      const embedded = addBertEmbeddings(graph, weights, inputs, roberta, countedFrom(padId));
      return addPostNormLayers(graph, weights, inputs, embedded, roberta);
    },
  };
}

/** Tokens counted from padId + 1 on; shape (rows, length, hidden). */
function countedFrom(padId: number): Positions {
  return (graph, inputs, table) => {
    const pad = graph.constant('int32', [], [padId]);
    const isToken = graph.node('Cast', [graph.node('Not', [graph.node('Equal', [inputs.ids, pad])])], { to: 6 });
    const count = graph.node('CumSum', [isToken, graph.constant('int64', [], [1])]);
    const position = graph.node('Add', [graph.node('Mul', [count, isToken]), pad]);
    return graph.node('Gather', [table, position]);
  };
}
