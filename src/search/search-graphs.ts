import { GraphBuilder } from '../onnx/graph-builder.js';
import { openSession, type EngineSession } from '../engine/session.js';
import { f32, i64 } from '../engine/tensor.js';
import { ROWS_A_GROUP } from './block-plan.js';
import { SMALLEST_NORM, type Similarity } from './similarity.js';

/** What float32 values are ranked by: the key of a similarity (see certified-bounds). */
export type Surrogate = Similarity;

/** The best of a block for some queries; both row-major, shape (queries, count), values descending. */
export interface BlockBest {
  readonly values: Float32Array;
  readonly rows: Int32Array;
  readonly count: number;
}

/** A block of documents with what the graphs need to know of its norms. */
export interface NormedBlock {
  readonly data: Float32Array;
  readonly rows: number;
  readonly squaredNorms: Float32Array;
}

export interface Queries {
  readonly data: Float32Array;
  readonly rows: number;
}

/** The graphs of search on one device, opened when first needed. */
export class SearchGraphs {
  private readonly sessions = new Map<string, EngineSession>();

  constructor(
    private readonly dims: number,
    private readonly options: { readonly threads: number; readonly device?: string },
  ) {}

  /** Squared norms of rows, float32. */
  async squaredNorms(data: Float32Array, rows: number): Promise<Float32Array> {
    const session = await this.session('norms', normsGraph);
    const { squares } = await session.run({ documents: f32(data, [rows, this.dims]) });
    return squares.data as Float32Array;
  }

  /** The `count` highest rows of the block by each surrogate, for each query. */
  async best(
    surrogates: readonly Surrogate[],
    queries: Queries,
    block: NormedBlock,
    count: number,
  ): Promise<Map<Surrogate, BlockBest>> {
    const isGrouped = block.rows % ROWS_A_GROUP === 0 && block.rows >= GROUPS_A_CANDIDATE * ROWS_A_GROUP * count;
    const key = `${surrogates.join()} ${isGrouped ? 'by groups' : ''}`;
    const session = await this.session(key, () => bestGraph(surrogates, isGrouped));
    const outputs = await session.run({
      queries: f32(queries.data, [queries.rows, this.dims]),
      documents: f32(block.data, [block.rows, this.dims]),
      count: i64(BigInt64Array.of(BigInt(count)), [1]),
      ...(surrogates.includes('cosine_similarity') && { scales: f32(cosineScales(block), [block.rows]) }),
      ...(surrogates.includes('euclidean_distance') && { halves: f32(halfSquares(block), [block.rows]) }),
    });
    const found = surrogates.map((surrogate): [Surrogate, BlockBest] => {
      const values = outputs[`${surrogate}_values`].data as Float32Array;
      return [surrogate, { values, rows: outputs[`${surrogate}_rows`].data as Int32Array, count }];
    });
    return new Map(found);
  }

  /** All products of queries and rows, row-major, shape (queries.rows, rows). */
  async products(queries: Queries, data: Float32Array, rows: number): Promise<Float32Array> {
    const session = await this.session('products', productsGraph);
    const { products } = await session.run({
      queries: f32(queries.data, [queries.rows, this.dims]),
      documents: f32(data, [rows, this.dims]),
    });
    return products.data as Float32Array;
  }

  async close(): Promise<void> {
    const open = [...this.sessions.values()];
    this.sessions.clear();
    for (const session of open) await session.close();
  }

  private async session(key: string, build: () => Uint8Array): Promise<EngineSession> {
    let session = this.sessions.get(key);
    if (session === undefined) {
      session = await openSession(build(), this.options);
      this.sessions.set(key, session);
    }
    return session;
  }
}

/** What turns a product into the cosine's surrogate: 1 / |d|, norms of at least 1e-12. */
function cosineScales({ squaredNorms }: { readonly squaredNorms: Float32Array }): Float32Array {
  return squaredNorms.map((square) => 1 / Math.max(Math.sqrt(square), SMALLEST_NORM));
}

/** What is taken from a product for the distance's surrogate: |d|² / 2. */
function halfSquares({ squaredNorms }: { readonly squaredNorms: Float32Array }): Float32Array {
  return squaredNorms.map((square) => square / 2);
}

function normsGraph(): Uint8Array {
  const graph = new GraphBuilder('norms');
  const documents = graph.input('documents', 'float32', ['n', 'd']);
  const axes = graph.constant('int64', [1], [1]);
  graph.output(graph.node('ReduceSumSquare', [documents, axes], { keepdims: 0 }), 'float32', ['n'], 'squares');
  return graph.build();
}

function productsGraph(): Uint8Array {
  const graph = new GraphBuilder('products');
  graph.output(product(graph), 'float32', ['q', 'n'], 'products');
  return graph.build();
}

function bestGraph(surrogates: readonly Surrogate[], isGrouped: boolean): Uint8Array {
  const graph = new GraphBuilder('best');
  const products = product(graph);
  const count = graph.input('count', 'int64', [1]);
  for (const surrogate of surrogates) {
    const keys = surrogateOf(graph, surrogate, products);
    const [values, rows] = isGrouped ? bestByGroups(graph, keys, count) : best(graph, keys, count);
    graph.output(values, 'float32', ['q', 'k'], `${surrogate}_values`);
    // int64 would come as bigints, one object an entry.
    graph.output(graph.node('Cast', [rows], { to: INT32 }), 'int32', ['q', 'k'], `${surrogate}_rows`);
  }
  return graph.build();
}

function best(graph: GraphBuilder, keys: string, count: string): string[] {
  return graph.nodes('TopK', [keys, count], {}, { outputs: 2 });
}

/**
 * The same at the cost of one look at each key: the best `count` lie within the `count` groups of rows with the highest
 * maxima.
 */
function bestByGroups(graph: GraphBuilder, keys: string, count: string): string[] {
  const ints = (...values: number[]): string =>
    graph.constant('int64', [values.length], BigInt64Array.from(values, BigInt));
  const size = ints(ROWS_A_GROUP);
  const groups = graph.node('Reshape', [keys, ints(0, -1, ROWS_A_GROUP)]);
  const maxima = graph.node('ReduceMax', [groups, ints(2)], { keepdims: 0 });
  const [, chosen] = best(graph, maxima, count);
  const taken = graph.node('GatherND', [groups, graph.node('Unsqueeze', [chosen, ints(2)])], { batch_dims: 1 });
  const [values, places] = best(graph, graph.node('Reshape', [taken, ints(0, -1)]), count);
  const group = graph.node('GatherElements', [chosen, graph.node('Div', [places, size])], { axis: 1 });
  return [values, graph.node('Add', [graph.node('Mul', [group, size]), graph.node('Mod', [places, size])])];
}

function product(graph: GraphBuilder): string {
  const queries = graph.input('queries', 'float32', ['q', 'd']);
  const documents = graph.input('documents', 'float32', ['n', 'd']);
  return graph.node('Gemm', [queries, documents], { transB: 1 });
}

function surrogateOf(graph: GraphBuilder, surrogate: Surrogate, products: string): string {
  if (surrogate === 'dot_score') return products;
  if (surrogate === 'cosine_similarity') return graph.node('Mul', [products, graph.input('scales', 'float32', ['n'])]);
  return graph.node('Sub', [products, graph.input('halves', 'float32', ['n'])]);
}

const INT32 = 6;
/** With fewer groups the second look costs more than the first one saves. */
const GROUPS_A_CANDIDATE = 4;
