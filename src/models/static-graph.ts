import { throwProblems, type Problem } from '../errors.js';
import { GraphBuilder } from '../onnx/graph-builder.js';
import { GraphWeights, commonFolder } from './graph-weights.js';
import { addPooling } from './pooling.js';
import type { StoredTensor } from './safetensors.js';
import type { SentenceGraph } from './sentence-graph.js';
import { addMask, addPositions, addTail, type LoadedModule } from './sentence-tail.js';

/** Raised when the graph changes in a way that can change a vector. */
export const STATIC_VERSION = 1;

/** Names of the table: that of sentence-transformers, and that of Model2Vec. */
const TABLE_NAMES = ['embedding.weight', 'embeddings'] as const;

/** The table of vectors by token: its tensor in a file. */
export function findTable(tensors: ReadonlyMap<string, StoredTensor>): StoredTensor | undefined {
  const name = TABLE_NAMES.find((candidate) => tensors.get(candidate)?.shape.length === 2);
  return name === undefined ? undefined : tensors.get(name);
}

/** A table and the file that it lies in. */
export interface StaticTable {
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  readonly table: StoredTensor;
  /** The table's folder in messages. */
  readonly where: string;
}

/**
 * The graph of a StaticEmbedding: the mean of the rows of a table, zeros for a text without tokens, and the modules behind.
 *
 * @param where the model folder's name in messages
 * @throws UserError with every tensor that is missing, has another shape or is not explained
 */
export function buildStaticGraph(
  source: StaticTable,
  tail: readonly LoadedModule[],
  dims: number,
  where: string,
): SentenceGraph {
  const { tensors, table } = source;
  const graph = new GraphBuilder('static-vectors');
  const files = [tensors, ...tail.map(({ weights }) => weights)]
    .flatMap((weights) => (weights === null ? [] : [...weights.values()]))
    .map(({ file }) => file);
  const externalFolder = commonFolder([...new Set(files)]);
  const ids = graph.input('ids', 'int32', ['rows', 'length']);
  const lengths = graph.input('lengths', 'int32', ['rows']);
  const positions = addPositions(graph, graph.node('Shape', [ids]));
  const mask = addMask(graph, positions, lengths);
  const weights = new GraphWeights(graph, tensors, '', externalFolder, source.where);
  const states = graph.node('Gather', [weights.take(table.name, table.shape), ids]);
  weights.refuseUnexplained([]);
  const problems: Problem[] = [...weights.problems];
  const mean = addPooling(graph, ['mean'], { states, mask, positions, lengths });
  const vectors = addTail(graph, mean, tail, { externalFolder, where }, problems);
  throwProblems(problems);
  graph.output(vectors, 'float32', ['rows', dims], 'vectors');
  return { bytes: graph.build(), externalFolder, inputs: ['ids', 'lengths'], output: 'vectors' };
}
