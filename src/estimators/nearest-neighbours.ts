import type { EngineSession } from '../engine/session.js';
import { openSession } from '../engine/session.js';
import { f32 } from '../engine/tensor.js';
import { UserError } from '../errors.js';
import { GraphBuilder } from '../onnx/graph-builder.js';
import type { RowVectors } from '../vectors/types.js';
import { argpartition } from './argpartition.js';
import { checkTraining } from './check-training.js';
import { numberClasses } from './class-numbers.js';
import { RowBlocks, rowsWithin } from './row-blocks.js';
import { UNIT_ROWS } from './unit-rows.js';

export interface NearestNeighboursOptions {
  /** Number of neighbours that vote, >= 1. */
  readonly k: number;
  /** Threads inside one operator, >= 1; results do not depend on them. */
  readonly threads: number;
  /** Bytes that the training rows and the distances may take together; results do not depend on it. */
  readonly maxMemory: number;
  /** Called after every block of queries. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** Training rows, and queries, of one product. */
const ROWS_BYTES = 32 * 2 ** 20;
/** Distances of one block of queries: enough for the product to run at full speed. */
const DISTANCE_BYTES = 32 * 2 ** 20;
/** A product of a single row is computed in another way, and differs in the last bits: never fewer rows than two. */
const FEWEST_ROWS = 2;

/**
 * k nearest neighbours by cosine distance, brute force, each neighbour with one vote.
 *
 * Distances are 1 - cosine in float32, clipped to [0, 2]; a zero vector has distance 1 to everything. The neighbours are
 * the first k of NumPy's `argpartition` of a query's distances, which decides between equal ones. The label with most votes
 * wins, of equal ones the smallest.
 *
 * Source: scikit-learn 1.5.0, `KNeighborsClassifier(n_neighbors=k, metric="cosine")`.
 */
export class NearestNeighbours {
  private readonly training: RowBlocks<Float32Array>;
  private readonly classes: Float64Array;
  private readonly numbers: Int32Array;

  /**
   * @param features training rows, shape (rows, dims), finite
   * @param labels any numbers; shape (rows,)
   * @throws RangeError when the number of labels is not that of the rows
   * @throws UserError when there are fewer rows than neighbours
   */
  constructor(
    features: RowVectors,
    labels: ArrayLike<number>,
    private readonly options: NearestNeighboursOptions,
  ) {
    checkTraining(features, labels);
    const { k, maxMemory } = options;
    if (!(Number.isInteger(k) && k >= 1)) throw new RangeError(`${k} neighbours`);
    if (labels.length < k) {
      throw new UserError({
        where: 'training rows',
        what: `there are ${labels.length}, and ${k} neighbours are to vote.`,
        fix: `train on at least ${k} rows.`,
      });
    }
    ({ classes: this.classes, numbers: this.numbers } = numberClasses(labels));
    const maxRows = rowsWithin(Math.min(ROWS_BYTES, maxMemory / 8), 4 * features.source.dims);
    this.training = new RowBlocks(features, UNIT_ROWS, Math.max(FEWEST_ROWS, maxRows), maxMemory / 2);
  }

  /**
   * The label that most neighbours have; shape (queries,).
   *
   * @param queries shape (queries, dims)
   * @throws UserError when a component of a training row or a query is not finite
   */
  async predict(queries: RowVectors): Promise<Float64Array> {
    const labels = new Float64Array(queries.index.length);
    const votes = new Int32Array(this.classes.length);
    await this.eachQuery(queries, (query, neighbours) => {
      labels[query] = this.classes[mostVoted(neighbours, this.numbers, votes)];
    });
    return labels;
  }

  /**
   * The neighbours of every query, as they come out of the selection: the nearest k, not sorted.
   *
   * @returns positions among the training rows, row-major, shape (queries, k)
   */
  async neighbours(queries: RowVectors): Promise<Int32Array> {
    const { k } = this.options;
    const positions = new Int32Array(queries.index.length * k);
    await this.eachQuery(queries, (query, neighbours) => positions.set(neighbours, query * k));
    return positions;
  }

  /** Calls with the neighbours of each query in turn; valid during the call. */
  private async eachQuery(
    queries: RowVectors,
    take: (query: number, neighbours: Int32Array, distances: Float32Array) => void,
  ): Promise<void> {
    const { k, threads, maxMemory, onProgress } = this.options;
    const { dims } = this.training;
    if (queries.source.dims !== dims) {
      throw new RangeError(`queries of ${queries.source.dims} components, the training rows have ${dims}`);
    }
    const n = this.training.rows;
    // The engine holds them three times: as products, subtracted and clipped; and they are put together here.
    const withinDistances = rowsWithin(Math.min(DISTANCE_BYTES, maxMemory / 16), 4 * n);
    // Few training rows have short lists of distances: then the queries themselves are what takes room.
    const maxQueries = Math.min(withinDistances, rowsWithin(Math.min(ROWS_BYTES, maxMemory / 8), 4 * dims));
    const blocks = new RowBlocks(queries, UNIT_ROWS, maxQueries, 0);
    const order = new Int32Array(n);
    const session = await openSession(distanceGraph(dims), { threads });
    try {
      for (let i = 0; i < blocks.count; i++) {
        const { start, rows, values } = await blocks.at(i);
        const distances = await this.distances(session, values, rows);
        for (let row = 0; row < rows; row++) {
          const own = distances.subarray(row * n, (row + 1) * n);
          take(start + row, argpartition(own, k, order), own);
        }
        onProgress?.(start + rows, blocks.rows);
      }
    } finally {
      await session.close();
    }
  }

  /** Distances of a block of queries to all training rows; row-major, shape (rows, training rows). */
  private async distances(session: EngineSession, queries: Float32Array, rows: number): Promise<Float32Array> {
    const { training } = this;
    const q = atLeastTwo(queries, rows, training.dims);
    let all: Float32Array | undefined;
    for (let i = 0; i < training.count; i++) {
      const block = await training.at(i);
      const d = atLeastTwo(block.values, block.rows, training.dims);
      const outputs = await session.run({ queries: q.tensor, training: d.tensor });
      const found = outputs.distances.data as Float32Array;
      if (d.rows === training.rows) return found;
      all ??= new Float32Array(rows * training.rows);
      for (let row = 0; row < rows; row++) {
        all.set(found.subarray(row * d.rows, row * d.rows + block.rows), row * training.rows + block.start);
      }
    }
    return all as Float32Array;
  }
}

/** Rows as a tensor; a single one is followed by a row of zeros. */
function atLeastTwo(
  values: Float32Array,
  rows: number,
  dims: number,
): { tensor: ReturnType<typeof f32>; rows: number } {
  if (rows >= FEWEST_ROWS) return { tensor: f32(values, [rows, dims]), rows };
  const padded = new Float32Array(FEWEST_ROWS * dims);
  padded.set(values);
  return { tensor: f32(padded, [FEWEST_ROWS, dims]), rows: FEWEST_ROWS };
}

/** 1 - cosine, clipped to [0, 2], of rows of unit length. */
function distanceGraph(dims: number): Uint8Array {
  const g = new GraphBuilder('cosine distances');
  const queries = g.input('queries', 'float32', ['nQueries', dims]);
  const training = g.input('training', 'float32', ['nTraining', dims]);
  const cosines = g.node('Gemm', [queries, training], { transB: 1 });
  const distances = g.node('Sub', [g.constant('float32', [], [1]), cosines]);
  const clipped = g.node('Clip', [distances, g.constant('float32', [], [0]), g.constant('float32', [], [2])]);
  g.output(clipped, 'float32', ['nQueries', 'nTraining'], 'distances');
  return g.build();
}

/** The class with most votes, of equal ones the smallest; `votes` is overwritten. */
function mostVoted(neighbours: Int32Array, numbers: Int32Array, votes: Int32Array): number {
  votes.fill(0);
  for (const neighbour of neighbours) votes[numbers[neighbour]]++;
  return votes.indexOf(votes.reduce((a, b) => Math.max(a, b), 0));
}
