import type { RowVectors } from '../vectors/types.js';
import { AS_FLOAT32, RowBlocks, rowsWithin } from './row-blocks.js';
import type { RowLosses } from './row-losses.js';

/** Bytes of features of one block. */
const BLOCK_BYTES = 20 * 2 ** 20;

/** Rows whose scores are made together: each weight, and each sum of the gradient, is read once for all of them. */
const TOGETHER = 4;

/**
 * Logistic losses of rows of two classes, log(1 + exp(z)) - t z for the score z and the target t, 0 or 1.
 *
 * Two products with one column do so little with each feature that reading it is what takes the time. So this is no graph
 * on the engine, which would go over the features three times and in double: one pass reads them as they are, multiplies in
 * double, and adds each row to the gradient while it is in the cache.
 */
export class BinaryLosses implements RowLosses {
  private readonly blocks: RowBlocks<Float32Array>;

  /**
   * @param features shape (rows, dims), rows >= 1
   * @param targets 0 or 1; shape (rows,)
   * @param maxMemory bytes that the features may take; above that they are read anew each time
   */
  constructor(
    features: RowVectors,
    private readonly targets: Int32Array,
    maxMemory: number,
  ) {
    this.blocks = new RowBlocks(features, AS_FLOAT32, rowsWithin(BLOCK_BYTES, 4 * features.source.dims), maxMemory);
  }

  async add(point: Float64Array, sums: Float64Array): Promise<number> {
    let loss = 0;
    for (let i = 0; i < this.blocks.count; i++) {
      const { start, rows, values } = await this.blocks.at(i);
      loss += addRows(values, this.targets.subarray(start, start + rows), point, sums);
    }
    return loss;
  }

  async close(): Promise<void> {}
}

/**
 * Adds some rows to the gradient.
 *
 * @param features row-major, shape (rows, dims)
 * @param point weights, then the intercept; shape (dims + 1,)
 * @param sums gradient so far, as `point`
 * @returns the sum of the losses of these rows
 */
function addRows(features: Float32Array, targets: Int32Array, point: Float64Array, sums: Float64Array): number {
  const dims = point.length - 1;
  const scores = new Float64Array(TOGETHER);
  const residuals = new Float64Array(TOGETHER);
  let loss = 0;
  for (let row = 0; row < targets.length; row += TOGETHER) {
    const count = Math.min(TOGETHER, targets.length - row);
    const x = features.subarray(row * dims, (row + count) * dims);
    if (count === TOGETHER) scoreFour(x, point, scores);
    else for (let k = 0; k < count; k++) scores[k] = scoreOne(x.subarray(k * dims), point);
    for (let k = 0; k < count; k++) {
      const z = scores[k] + point[dims];
      const target = targets[row + k];
      const decay = Math.exp(-Math.abs(z));
      loss += Math.max(z, 0) - target * z + Math.log1p(decay);
      residuals[k] = (z >= 0 ? 1 : decay) / (1 + decay) - target;
      sums[dims] += residuals[k];
    }
    if (count === TOGETHER) addFour(x, residuals, sums);
    else for (let k = 0; k < count; k++) addOne(x.subarray(k * dims), residuals[k], sums);
  }
  return loss;
}

/** Products of four rows with the weights. */
function scoreFour(x: Float32Array, point: Float64Array, scores: Float64Array): void {
  const dims = point.length - 1;
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  for (let j = 0; j < dims; j++) {
    const weight = point[j];
    a += x[j] * weight;
    b += x[j + dims] * weight;
    c += x[j + 2 * dims] * weight;
    d += x[j + 3 * dims] * weight;
  }
  scores[0] = a;
  scores[1] = b;
  scores[2] = c;
  scores[3] = d;
}

function scoreOne(x: Float32Array, point: Float64Array): number {
  let sum = 0;
  for (let j = 0; j < point.length - 1; j++) sum += x[j] * point[j];
  return sum;
}

/** Adds four rows, each times its residual, to the gradient. */
function addFour(x: Float32Array, residuals: Float64Array, sums: Float64Array): void {
  const dims = sums.length - 1;
  const [a, b, c, d] = residuals;
  for (let j = 0; j < dims; j++) {
    sums[j] += a * x[j] + b * x[j + dims] + c * x[j + 2 * dims] + d * x[j + 3 * dims];
  }
}

function addOne(x: Float32Array, residual: number, sums: Float64Array): void {
  for (let j = 0; j < sums.length - 1; j++) sums[j] += residual * x[j];
}
