import { openSession } from '../engine/session.js';
import type { EngineSession } from '../engine/session.js';
import type { Tensor } from '../engine/tensor.js';
import { f32, f64, i32 } from '../engine/tensor.js';
import type { Matrix } from '../numeric/matrix.js';
import { K_MEANS_GRAPHS } from './k-means-graphs.js';
import type { KMeansGraph } from './k-means-graphs.js';
import { nearestByDistance, nearestCenters, squaredNorms } from './nearest-center.js';
import type { Assignment } from './nearest-center.js';
import { addRows } from './row-sums.js';

/** Below this many multiplications or additions TypeScript is as fast as a call of the engine. */
const WORTH_A_CALL = 2 ** 16;
/** Rows of one call that answers for every row, so that its results and buffers stay small beside the rows. */
const MAX_ROWS = 2 ** 14;

/**
 * The heavy parts of the k-means family: by ONNX Runtime where that is worth a call, else in TypeScript.
 *
 * Both answer as scikit-learn on one thread: rows are summed in its order, and where rounding decides between two centres
 * the products are, too. Sessions are opened when first needed. Always `close`.
 */
export class KMeansEngine {
  private readonly sessions = new Map<KMeansGraph, EngineSession>();

  /** @param threads threads inside one operator, >= 1; results do not depend on them */
  constructor(private readonly threads: number) {}

  /**
   * The nearest centre of each row, of equally near ones the first.
   *
   * @param x shape (rows, dims)
   * @param centers shape (nClusters, dims)
   */
  async nearestCenters(x: Matrix, centers: Matrix): Promise<Assignment> {
    if (x.data.length * centers.rows < WORTH_A_CALL) return nearestCenters(x, centers);
    const norms = squaredNorms(centers);
    const labels = new Int32Array(x.rows);
    const relative = new Float32Array(x.rows);
    for await (const { distances, part, start } of this.distanceParts(x, centers, norms)) {
      const nearest = nearestByDistance(distances, part, centers, norms);
      labels.set(nearest.labels, start);
      relative.set(nearest.relative, start);
    }
    return { labels, relative };
  }

  /**
   * |c|^2 - 2 x.c of each row and the centre of its cluster: the squared distance less |x|^2.
   *
   * @param x shape (rows, dims)
   * @param labels cluster of each row; shape (rows,)
   * @returns shape (rows,)
   */
  async relativeToOwn(x: Matrix, centers: Matrix, labels: Int32Array): Promise<Float32Array> {
    const relative = new Float32Array(x.rows);
    for await (const { distances, part, start } of this.distanceParts(x, centers, squaredNorms(centers))) {
      for (let i = 0; i < part.rows; i++) relative[start + i] = distances[i * centers.rows + labels[start + i]];
    }
    return relative;
  }

  /**
   * Adds every row to the sum of its cluster, in float32, row after row.
   *
   * @param sums what is there already, shape (nClusters, dims); not changed
   * @param x shape (rows, dims)
   * @param labels cluster of each row; shape (rows,)
   * @returns shape (nClusters, dims)
   */
  async addRows(sums: Matrix, x: Matrix, labels: Int32Array): Promise<Matrix> {
    if (x.data.length < WORTH_A_CALL) return addRows(sums, x, labels);
    const feeds = { sums: tensorOf(sums), x: tensorOf(x), labels: i32(labels, [labels.length]) };
    const { total } = await this.run('rowSums', feeds);
    return { ...sums, data: total.data as Float32Array };
  }

  /** Squared norm of each row in float32; shape (rows,). */
  async squaredNorms(x: Matrix): Promise<Float32Array> {
    if (x.data.length < WORTH_A_CALL) return squaredNorms(x);
    const { norms } = await this.run('norms', { x: tensorOf(x) });
    return norms.data as Float32Array;
  }

  /**
   * Squared distances between a few rows and all rows: computed in float64, never negative, rounded to float32.
   *
   * @param x row-major, shape (norms.length, dims)
   * @param norms squared norm of each row
   * @param candidates the few rows
   * @returns row-major, shape (candidates.length, norms.length)
   */
  async squaredDistances(x: Float64Array, norms: Float64Array, candidates: readonly number[]): Promise<Float32Array> {
    const dims = x.length / norms.length;
    const few = new Float64Array(candidates.length * dims);
    candidates.forEach((row, i) => few.set(x.subarray(row * dims, (row + 1) * dims), i * dims));
    const fewNorms = Float64Array.from(candidates, (row) => norms[row]);
    const { distances } = await this.run('seeding', {
      x: f64(x, [norms.length, dims]),
      norms: f64(norms, [norms.length]),
      candidates: f64(few, [candidates.length, dims]),
      candidateNorms: f64(fewNorms, [candidates.length, 1]),
    });
    return distances.data as Float32Array;
  }

  /** Frees the sessions; they are opened again when needed. */
  async close(): Promise<void> {
    const open = [...this.sessions.values()];
    this.sessions.clear();
    for (const session of open) await session.close();
  }

  private async *distanceParts(
    x: Matrix,
    centers: Matrix,
    norms: Float32Array,
  ): AsyncGenerator<{ distances: Float32Array; part: Matrix; start: number }> {
    for (const { part, start } of partsOf(x)) {
      const feeds = { x: tensorOf(part), centers: tensorOf(centers), norms: f32(norms, [norms.length]) };
      const { distances } = await this.run('distances', feeds);
      yield { distances: distances.data as Float32Array, part, start };
    }
  }

  private async run(graph: KMeansGraph, feeds: Readonly<Record<string, Tensor>>): Promise<Record<string, Tensor>> {
    let session = this.sessions.get(graph);
    if (session === undefined) {
      const { build, inOrder } = K_MEANS_GRAPHS[graph];
      session = await openSession(build(), { threads: inOrder ? 1 : this.threads });
      this.sessions.set(graph, session);
    }
    return session.run(feeds);
  }
}

/** Whether an engine is lent (the lender closes it) or opened for the work and closed after it. */
export interface EngineOptions {
  /** Threads of the engine, >= 1; results do not depend on them. */
  readonly threads: number;
  /** One to use for several fits; without it each opens its own. */
  readonly engine?: KMeansEngine;
}

/** Runs `work` with the engine given, or with one of its own that is closed whatever happens. */
export async function withKMeansEngine<T>(
  options: EngineOptions,
  work: (engine: KMeansEngine) => Promise<T>,
): Promise<T> {
  if (options.engine !== undefined) return work(options.engine);
  const engine = new KMeansEngine(options.threads);
  try {
    return await work(engine);
  } finally {
    await engine.close();
  }
}

function tensorOf({ data, rows, dims }: Matrix): Tensor {
  return f32(data, [rows, dims]);
}

function* partsOf({ data, rows, dims }: Matrix): Generator<{ part: Matrix; start: number }> {
  for (let start = 0; start < rows; start += MAX_ROWS) {
    const count = Math.min(MAX_ROWS, rows - start);
    yield { part: { data: data.subarray(start * dims, (start + count) * dims), rows: count, dims }, start };
  }
}
