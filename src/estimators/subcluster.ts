import type { CfNode } from './cf-node.js';

const { fround } = Math;

/**
 * A clustering feature: how many rows, their sum, the sum of their squared norms; with the centre that follows from them.
 * Sums, centres and norms are float32 values, rounded where scikit-learn rounds them.
 */
export interface Subcluster {
  rows: number;
  sum: Float32Array;
  squaredSum: number;
  centre: Float32Array;
  squaredNorm: number;
  /** The number of the row where there is only one. */
  row?: number;
  /** What lies below; absent in leaves. */
  child?: CfNode;
}

/** One row. Its values are not copied, and never changed: a merge makes new ones. */
export function singleton(values: Float32Array, row: number): Subcluster {
  const norm = squaredNorm(values);
  return { rows: 1, sum: values, squaredSum: norm, centre: values, squaredNorm: norm, row };
}

/** The subcluster of all entries of a node. */
export function subclusterOf(child: CfNode, dims: number): Subcluster {
  const whole: Subcluster = {
    rows: 0,
    sum: new Float32Array(dims),
    squaredSum: 0,
    centre: new Float32Array(dims),
    squaredNorm: 0,
    child,
  };
  for (const entry of child.entries) absorb(whole, entry);
  return whole;
}

/** Adds `other` to `into`, whatever its radius becomes. */
export function absorb(into: Subcluster, other: Subcluster): void {
  into.rows += other.rows;
  into.squaredSum += other.squaredSum;
  for (let k = 0; k < into.sum.length; k++) {
    into.sum[k] += other.sum[k];
    into.centre[k] = into.sum[k] / into.rows;
  }
  into.squaredNorm = squaredNorm(into.centre);
}

/**
 * Both together, and their squared radius: the mean squared norm less the squared norm of the centre.
 *
 * The centre is here the sum times the rounded 1/n, not the sum over n as in `absorb`.
 */
export function joined(a: Subcluster, b: Subcluster): { readonly whole: Subcluster; readonly squaredRadius: number } {
  const rows = a.rows + b.rows;
  const squaredSum = fround(a.squaredSum + b.squaredSum);
  const sum = new Float32Array(a.sum.length);
  const centre = new Float32Array(a.sum.length);
  const share = fround(1 / rows);
  for (let k = 0; k < sum.length; k++) {
    sum[k] = a.sum[k] + b.sum[k];
    centre[k] = share * sum[k];
  }
  const norm = squaredNorm(centre);
  return { whole: { rows, sum, squaredSum, centre, squaredNorm: norm }, squaredRadius: squaredSum / rows - norm };
}

/** The products are rounded to float32 and summed in double: so does OpenBLAS where a vector has fewer than 32 components. */
function squaredNorm(values: Float32Array): number {
  let [a, b, c, d] = [0, 0, 0, 0];
  const whole = values.length - (values.length % 4);
  for (let k = 0; k < whole; k += 4) {
    a += fround(values[k] * values[k]);
    b += fround(values[k + 1] * values[k + 1]);
    c += fround(values[k + 2] * values[k + 2]);
    d += fround(values[k + 3] * values[k + 3]);
  }
  for (let k = whole; k < values.length; k++) a += fround(values[k] * values[k]);
  return fround(a + b + (c + d));
}
