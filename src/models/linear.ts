import { float, type GraphBuilder } from '../onnx/graph-builder.js';
import type { GraphWeights } from './graph-weights.js';

/** A product with a stored matrix. */
export interface Linear {
  /** The tensors are `<name>.weight` and `<name>.bias`. */
  readonly name: string;
  readonly from: number;
  readonly to: number;
  readonly bias: boolean;
  /** The result is multiplied by this. */
  readonly factor?: number;
}

/** Adds factor * (x W' + b) over rows, where the file holds W as (to, from). */
export function addLinear(graph: GraphBuilder, weights: GraphWeights, x: string, linear: Linear): string {
  const { name, from, to, bias, factor = 1 } = linear;
  const inputs = [x, weights.take(`${name}.weight`, [to, from])];
  if (bias) inputs.push(weights.take(`${name}.bias`, [to]));
  return graph.node('Gemm', inputs, { transB: 1, alpha: float(factor), beta: float(factor) });
}
