import type { Matrix } from '../numeric/matrix.js';
import { rowOf } from '../numeric/matrix.js';
import { CfNode } from './cf-node.js';
import type { Subcluster } from './subcluster.js';
import { singleton } from './subcluster.js';

export interface CfTreeOptions {
  /** Largest radius of a subcluster. */
  readonly threshold: number;
  /** Most entries of a node. */
  readonly branchingFactor: number;
  /** Told of every row but those that found an empty tree: whether it was merged into the nearest subcluster. */
  readonly onDecision?: (squaredRadius: number, isMerged: boolean) => void;
}

/**
 * The clustering feature tree of Birch: rows are put one after another into the nearest subcluster, or a new one beside
 * it where its radius would grow beyond the threshold; a node with too many entries is split.
 *
 * @param x shape (rows, dims), rows >= 1, finite; singletons keep views of it
 * @returns the subclusters, leaf by leaf
 * Source: Zhang, Ramakrishnan and Livny 1996, doi 10.1145/235968.233324; behaviour of scikit-learn 1.5.0.
 */
export function buildCfTree(
  x: Matrix,
  options: CfTreeOptions,
  onProgress?: (done: number, total: number) => void,
): Subcluster[] {
  let root = new CfNode(x.dims, options, true);
  const head = new CfNode(x.dims, options, true);
  head.insertAfterSelf(root);
  for (let i = 0; i < x.rows; i++) {
    if (root.insert(singleton(rowOf(x, i), i))) {
      const halves = root.split();
      root = new CfNode(x.dims, options, false);
      root.append(halves[0]);
      root.append(halves[1]);
    }
    if (i % 256 === 0) onProgress?.(i, x.rows);
  }
  const subclusters: Subcluster[] = [];
  for (let leaf = head.next; leaf !== undefined; leaf = leaf.next) subclusters.push(...leaf.entries);
  return subclusters;
}
