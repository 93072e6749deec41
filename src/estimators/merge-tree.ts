import type { Merges } from './ward-chain.js';

/** A binary tree over n rows: leaf i is row i, node n + k is made by merge k. */
export interface MergeTree {
  /** The two nodes of each merge, the smaller first; shape (n - 1, 2), by ascending distance. */
  readonly children: Int32Array;
  /** shape (n - 1,) */
  readonly distances: Float64Array;
}

/** Merges sorted by distance (equal ones keep their order), their clusters named by the nodes of the tree. */
export function mergeTree(merges: Merges): MergeTree {
  const count = merges.distances.length;
  const order = Int32Array.from({ length: count }, (_, k) => k);
  order.sort((a, b) => merges.distances[a] - merges.distances[b] || a - b);
  const children = new Int32Array(2 * count);
  const parents = Int32Array.from({ length: 2 * count + 1 }, (_, node) => node);
  for (let k = 0; k < count; k++) {
    const a = rootOf(parents, merges.lower[order[k]]);
    const b = rootOf(parents, merges.upper[order[k]]);
    children[2 * k] = Math.min(a, b);
    children[2 * k + 1] = Math.max(a, b);
    parents[a] = parents[b] = count + 1 + k;
  }
  return { children, distances: Float64Array.from(order, (k) => merges.distances[k]) };
}

function rootOf(parents: Int32Array, node: number): number {
  let root = node;
  while (parents[root] !== root) root = parents[root];
  for (let at = node; parents[at] !== root;) [at, parents[at]] = [parents[at], root];
  return root;
}
