import { describe, expect, it } from 'vitest';
import { openSession } from '../../src/engine/session.js';
import { f32, f64 } from '../../src/engine/tensor.js';
import { GraphBuilder, float } from '../../src/onnx/graph-builder.js';

function gemmGraph(): Uint8Array {
  const graph = new GraphBuilder('gemm');
  const a = graph.input('a', 'float32', ['m', 3]);
  const b = graph.input('b', 'float32', ['n', 3]);
  const product = graph.node('Gemm', [a, b], { transB: 1, alpha: float(2) });
  graph.output(product, 'float32', ['m', 'n'], 'product');
  return graph.build();
}

describe('a graph built here and run by the engine', () => {
  it('multiplies matrices with attributes of both kinds', async () => {
    const session = await openSession(gemmGraph(), { threads: 1 });
    const { product } = await session.run({
      a: f32(Float32Array.of(1, 2, 3, 4, 5, 6), [2, 3]),
      b: f32(Float32Array.of(1, 0, 0, 0, 1, 1), [2, 3]),
    });
    expect(product.dims).toEqual([2, 2]);
    expect([...(product.data as Float32Array)]).toEqual([2, 10, 8, 22]);
    await session.close();
    await session.close();
  });

  it('computes in float64 with constants, several outputs and negative integers', async () => {
    const graph = new GraphBuilder('split');
    const x = graph.input('x', 'float64', [4]);
    const [low, high] = graph.nodes('Split', [x], { axis: -1, num_outputs: 2 }, { outputs: 2 });
    const sum = graph.node('Add', [low, graph.node('Mul', [high, graph.constant('float64', [], [1e-20])])]);
    graph.output(sum, 'float64', [2], 'sum');
    graph.output(high, 'float64', [2]);
    const session = await openSession(graph.build(), { threads: 1 });
    const result = await session.run({ x: f64(Float64Array.of(0, 0, 1, 3), [4]) }, ['sum']);
    expect([...(result.sum.data as Float64Array)]).toEqual([1e-20, 3 * 1e-20]);
    await session.close();
  });

  it('refuses names that are taken and constants that do not fit their shape', () => {
    const graph = new GraphBuilder('g');
    graph.input('x', 'float32', [1]);
    expect(() => graph.input('x', 'float32', [1])).toThrow('taken');
    expect(() => graph.constant('float32', [2], [1])).toThrow('do not fill');
  });

  it('says which device cannot be used and what to do', async () => {
    await expect(openSession(gemmGraph(), { threads: 1, device: 'cuda:0' })).rejects.toThrow(/--device cuda:0/);
  });
});
