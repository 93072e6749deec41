/**
 * Labels of the rows when a merge tree is cut into clusters.
 *
 * The cut undoes the latest merges. The numbers of the clusters are their places in a binary heap of nodes, largest
 * first, as Python's `heapq` leaves it: scikit-learn 1.5.0 numbers them so.
 *
 * @param children shape (n - 1, 2): the nodes of each merge; leaf i is row i, node n + k is made by merge k
 * @param nClusters 1 .. n
 * @returns labels 0 .. nClusters - 1; shape (n,)
 */
export function cutTree(children: Int32Array, nClusters: number): Int32Array {
  const n = children.length / 2 + 1;
  const heap = [2 * n - 2];
  for (let cut = 1; cut < nClusters; cut++) {
    const merge = heap[0] - n;
    heap.push(children[2 * merge]);
    raise(heap, 0, heap.length - 1);
    if (heap[0] > children[2 * merge + 1]) heap[0] = children[2 * merge + 1];
    sink(heap);
  }
  const labels = new Int32Array(n);
  heap.forEach((node, label) => markLeaves(children, n, node, label, labels));
  return labels;
}

/** Moves the entry at `at` up until its parent is larger, no higher than `top`. */
function raise(heap: number[], top: number, at: number): void {
  const entry = heap[at];
  while (at > top) {
    const parent = (at - 1) >> 1;
    if (heap[parent] >= entry) break;
    heap[at] = heap[parent];
    at = parent;
  }
  heap[at] = entry;
}

/** Moves the first entry down to a leaf along the larger children, then up to its place. */
function sink(heap: number[]): void {
  const entry = heap[0];
  let at = 0;
  for (let child = 1; child < heap.length; child = 2 * at + 1) {
    if (child + 1 < heap.length && heap[child + 1] >= heap[child]) child += 1;
    heap[at] = heap[child];
    at = child;
  }
  heap[at] = entry;
  raise(heap, 0, at);
}

function markLeaves(children: Int32Array, n: number, root: number, label: number, labels: Int32Array): void {
  const open = [root];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (node < n) labels[node] = label;
    else open.push(children[2 * (node - n)], children[2 * (node - n) + 1]);
  }
}
