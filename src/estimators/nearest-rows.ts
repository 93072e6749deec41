import { openSession } from '../engine/session.js';
import { f64 } from '../engine/tensor.js';
import type { Matrix } from '../numeric/matrix.js';
import { GraphBuilder, float } from '../onnx/graph-builder.js';

/** Entries of one block of products: 64 MiB. */
const BLOCK_ENTRIES = 2 ** 23;

/**
 * For each row the nearest row of another matrix: the smallest |c|² - 2 c·x in float64, the first of equal ones.
 *
 * @param x shape (rows, dims)
 * @param candidates shape (n, dims), n >= 1
 * @returns shape (rows,)
 */
export async function nearestRows(x: Matrix, candidates: Matrix, threads: number): Promise<Int32Array> {
  const { dims } = x;
  const session = await openSession(nearestGraph(), { threads });
  try {
    const all = Float64Array.from(candidates.data);
    const norms = Float64Array.from({ length: candidates.rows }, (_, i) => {
      let sum = 0;
      for (let at = i * dims; at < (i + 1) * dims; at++) sum += all[at] * all[at];
      return sum;
    });
    const labels = new Int32Array(x.rows);
    const step = Math.max(1, Math.floor(BLOCK_ENTRIES / candidates.rows));
    for (let start = 0; start < x.rows; start += step) {
      const end = Math.min(start + step, x.rows);
      const { nearest } = await session.run({
        x: f64(Float64Array.from(x.data.subarray(start * dims, end * dims)), [end - start, dims]),
        candidates: f64(all, [candidates.rows, dims]),
        norms: f64(norms, [candidates.rows]),
      });
      labels.set(nearest.data as Int32Array, start);
    }
    return labels;
  } finally {
    await session.close();
  }
}

function nearestGraph(): Uint8Array {
  const graph = new GraphBuilder('nearest');
  const x = graph.input('x', 'float64', ['m', 'dims']);
  const candidates = graph.input('candidates', 'float64', ['n', 'dims']);
  const norms = graph.input('norms', 'float64', ['n']);
  const distances = graph.node('Gemm', [x, candidates, norms], { transB: 1, alpha: float(-2) });
  const nearest = graph.node('ArgMin', [distances], { axis: 1, keepdims: 0 });
  graph.output(graph.node('Cast', [nearest], { to: 6 }), 'int32', ['m'], 'nearest');
  return graph.build();
}
