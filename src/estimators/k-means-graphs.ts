import { ELEMENT_TYPES } from '../onnx/element-type.js';
import { float, GraphBuilder } from '../onnx/graph-builder.js';

interface Graph {
  readonly build: () => Uint8Array;
  /** On one thread only: `ScatterND` adds rows in order there, and in any order, even at once, on more. */
  readonly inOrder: boolean;
}

/** The graphs of `KMeansEngine`. */
export const K_MEANS_GRAPHS = {
  distances: { build: distancesGraph, inOrder: false },
  rowSums: { build: rowSumsGraph, inOrder: true },
  norms: { build: normsGraph, inOrder: false },
  seeding: { build: seedingGraph, inOrder: false },
} as const satisfies Record<string, Graph>;
export type KMeansGraph = keyof typeof K_MEANS_GRAPHS;

/** |c|^2 - 2 x.c: the squared distance less |x|^2, which no choice between centres depends on. */
function distancesGraph(): Uint8Array {
  const graph = new GraphBuilder('distances to centres');
  const x = graph.input('x', 'float32', ['rows', 'dims']);
  const centers = graph.input('centers', 'float32', ['clusters', 'dims']);
  const norms = graph.input('norms', 'float32', ['clusters']);
  const distances = graph.node('Gemm', [x, centers, norms], { transB: 1, alpha: float(-2), beta: float(1) });
  graph.output(distances, 'float32', ['rows', 'clusters'], 'distances');
  return graph.build();
}

function rowSumsGraph(): Uint8Array {
  const graph = new GraphBuilder('sums of rows');
  const sums = graph.input('sums', 'float32', ['clusters', 'dims']);
  const x = graph.input('x', 'float32', ['rows', 'dims']);
  const labels = graph.node('Cast', [graph.input('labels', 'int32', ['rows'])], { to: ELEMENT_TYPES.int64.code });
  const indices = graph.node('Unsqueeze', [labels, graph.constant('int64', [1], [1])]);
  const total = graph.node('ScatterND', [sums, indices, x], { reduction: 'add' });
  graph.output(total, 'float32', ['clusters', 'dims'], 'total');
  return graph.build();
}

function normsGraph(): Uint8Array {
  const graph = new GraphBuilder('squared norms');
  const x = graph.input('x', 'float32', ['rows', 'dims']);
  const norms = graph.node('ReduceSumSquare', [x, graph.constant('int64', [1], [1])], { keepdims: 0 });
  graph.output(norms, 'float32', ['rows'], 'norms');
  return graph.build();
}

/** |a|^2 - 2 a.x + |x|^2 in float64. */
function seedingGraph(): Uint8Array {
  const graph = new GraphBuilder('k-means++ distances');
  const x = graph.input('x', 'float64', ['rows', 'dims']);
  const norms = graph.input('norms', 'float64', ['rows']);
  const candidates = graph.input('candidates', 'float64', ['few', 'dims']);
  const candidateNorms = graph.input('candidateNorms', 'float64', ['few', 1]);
  const products = graph.node('Gemm', [candidates, x], { transB: 1, alpha: float(-2) });
  const squared = graph.node('Add', [graph.node('Add', [products, candidateNorms]), norms]);
  const rounded = graph.node('Cast', [squared], { to: ELEMENT_TYPES.float32.code });
  graph.output(graph.node('Relu', [rounded]), 'float32', ['few', 'rows'], 'distances');
  return graph.build();
}
