import { throwProblems, type Problem } from '../errors.js';
import { GraphBuilder } from '../onnx/graph-builder.js';
import type { Architecture, Encoder } from './architecture.js';
import { castTo, type FloatType } from './float-type.js';
import { GraphWeights, commonFolder, findPrefix } from './graph-weights.js';
import { addPooling, type PoolingConfig } from './pooling.js';
import type { StoredTensor } from './safetensors.js';
import { addMask, addPositions, addTail, withoutPrompt, type LoadedModule } from './sentence-tail.js';

/** Raised when a graph changes in a way that can change a vector; vectors that are stored are then made again. */
export const GRAPH_VERSION = 1;

/** Everything that a graph from token ids to sentence vectors is made of. */
export interface SentenceModel {
  readonly architecture: Architecture;
  readonly encoder: Encoder;
  /** Tensors of the encoder. */
  readonly weights: ReadonlyMap<string, StoredTensor>;
  readonly pooling: PoolingConfig;
  /** Modules behind pooling, with the tensors of those that have weights. */
  readonly tail: readonly LoadedModule[];
}

export interface SentenceGraph {
  readonly bytes: Uint8Array;
  readonly externalFolder: string;
  /** Inputs of the graph: `ids` (rows, length), `lengths` (rows), and `skip` (rows) where pooling leaves the prompt out. */
  readonly inputs: readonly ('ids' | 'lengths' | 'skip')[];
  readonly output: string;
}

/**
 * The graph of a sentence-transformers model: the encoder in a number type, pooling and what follows in float32; the output
 * `vectors` has the shape (rows, dims).
 *
 * @param where the model folder's name in messages
 * @throws UserError with every tensor that is missing, has another shape or is not explained
 */
export function buildSentenceGraph(
  model: SentenceModel,
  dims: number,
  where: string,
  type: FloatType = 'float32',
): SentenceGraph {
  const graph = new GraphBuilder('sentence-vectors');
  const prefix = findPrefix(model.weights.keys(), model.architecture.anchor);
  if (prefix === undefined) {
    const what = `has no tensor "${model.architecture.anchor}", or more than one.`;
    throwProblems([{ where, what, fix: 'check that config.json belongs to these weights.' }]);
  }
  const files = [model.weights, ...model.tail.map(({ weights }) => weights)]
    .flatMap((tensors) => (tensors === null ? [] : [...tensors.values()]))
    .map((tensor) => tensor.file);
  const externalFolder = commonFolder([...new Set(files)]);

  const ids = graph.input('ids', 'int32', ['rows', 'length']);
  const lengths = graph.input('lengths', 'int32', ['rows']);
  const skip = model.pooling.includePrompt ? null : graph.input('skip', 'int32', ['rows']);
  const shape = graph.node('Shape', [ids]);
  const positions = addPositions(graph, shape);
  const mask = addMask(graph, positions, lengths);

  const weights = new GraphWeights(graph, model.weights, prefix as string, externalFolder, where, '', type);
  const hidden = model.encoder.build(graph, weights, { ids, lengths, mask, positions, shape });
  const states = castTo(graph, hidden, type, 'float32');
  weights.refuseUnexplained(model.architecture.unused);
  const problems: Problem[] = [...weights.problems];

  const pooled = withoutPrompt(graph, mask, positions, skip);
  const vectors = addPooling(graph, model.pooling.poolings, { states, mask: pooled, positions, lengths });
  const x = addTail(graph, vectors, model.tail, { externalFolder, where }, problems);
  throwProblems(problems);
  graph.output(x, 'float32', ['rows', dims], 'vectors');
  return {
    bytes: graph.build(),
    externalFolder,
    inputs: skip === null ? ['ids', 'lengths'] : ['ids', 'lengths', 'skip'],
    output: 'vectors',
  };
}
