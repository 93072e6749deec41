import { GraphBuilder } from '../dist/onnx/graph-builder.js';
import { openSession } from '../dist/engine/session.js';
import { f32 } from '../dist/engine/tensor.js';
import { best } from './timing.js';
import { pseudoRandom } from './pseudo-random.js';

const SIZE = 2048;

/**
 * Rate of a large float32 matrix product on the engine, in GFLOP/s: what every other figure is held against, since it is
 * measured in the same run on the same machine.
 */
export async function gemmRate(threads) {
  const graph = new GraphBuilder('gemm');
  const a = graph.input('a', 'float32', [SIZE, SIZE]);
  const b = graph.input('b', 'float32', [SIZE, SIZE]);
  const product = graph.node('Gemm', [a, b], { transB: 1 });
  // Only a sum leaves the graph, so that copying the product out is not part of the time.
  graph.output(graph.node('ReduceMax', [product], { keepdims: 0 }), 'float32', [], 'max');
  const session = await openSession(graph.build(), { threads });
  const feeds = {
    a: f32(pseudoRandom(SIZE * SIZE, 1), [SIZE, SIZE]),
    b: f32(pseudoRandom(SIZE * SIZE, 2), [SIZE, SIZE]),
  };
  const seconds = await best(7, () => session.run(feeds));
  await session.close();
  return (2 * SIZE ** 3) / seconds / 1e9;
}
