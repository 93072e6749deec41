/** The n - 1 merges of n rows, in the order in which they were found. */
export interface Merges {
  /** The two clusters of each merge, each named by its highest row; the lower of the two names first. */
  readonly lower: Int32Array;
  readonly upper: Int32Array;
  readonly distances: Float64Array;
}

/** Merges between two calls of `onProgress`. */
const PROGRESS_STEP = 256;

/**
 * Ward's clustering by the nearest-neighbour chain, merge by merge as SciPy 1.13.1 does it.
 *
 * A chain starts at the lowest row whose cluster is alive and goes on from each cluster to its nearest; where it turns
 * back, the two are merged. A tie goes to the cluster the chain came from, else to the lowest. The merged cluster takes
 * the larger of the two names; its distances follow from the Lance-Williams formula.
 *
 * Rows of the matrix are read in order, which is why the whole matrix is kept and not only its upper half.
 *
 * @param d distances of all pairs, shape (n, n), symmetric; used up: its values are overwritten
 * @param n number of rows, >= 2
 * Source: Müllner, "Modern hierarchical, agglomerative clustering algorithms", 2011, arXiv 1109.2378.
 */
export function wardChain(d: Float64Array, n: number, onProgress?: (done: number, total: number) => void): Merges {
  const merges = { lower: new Int32Array(n - 1), upper: new Int32Array(n - 1), distances: new Float64Array(n - 1) };
  const sizes = new Float64Array(n).fill(1);
  const alive = Int32Array.from({ length: n }, (_, i) => i);
  const chain = new Int32Array(n);
  let length = 0;
  for (let k = 0; k < n - 1; k++) {
    const live = alive.subarray(0, n - k);
    if (length === 0) chain[length++] = live[0];
    let y = -1;
    for (let previous = -2; y !== previous;) {
      previous = length > 1 ? chain[length - 2] : -1;
      y = nearest(rowOf(d, n, chain[length - 1]), live, previous);
      if (y !== previous) chain[length++] = y;
    }
    const x = chain[length - 1];
    const distance = d[x * n + y];
    length -= 2;
    const [lower, upper] = x < y ? [x, y] : [y, x];
    merges.lower[k] = lower;
    merges.upper[k] = upper;
    merges.distances[k] = distance;
    remove(live, lower);
    join(d, n, live.subarray(0, -1), sizes, lower, upper, distance);
    if (k % PROGRESS_STEP === 0) onProgress?.(k, n - 1);
  }
  onProgress?.(n - 1, n - 1);
  return merges;
}

/** Row i, in which a cluster is infinitely far from itself. */
function rowOf(d: Float64Array, n: number, i: number): Float64Array {
  const row = d.subarray(i * n, i * n + n);
  row[i] = Infinity;
  return row;
}

/** The live cluster with the smallest entry of a row: `previous` (or -1) wins a tie, else the lowest. */
function nearest(row: Float64Array, live: Int32Array, previous: number): number {
  let best = previous < 0 ? Infinity : row[previous];
  let at = previous;
  const whole = live.length - (live.length % 4);
  for (let q = 0; q < whole; q += 4) {
    // One branch that is hardly ever taken for four entries.
    if (row[live[q]] < best || row[live[q + 1]] < best || row[live[q + 2]] < best || row[live[q + 3]] < best) {
      for (let r = q; r < q + 4; r++) {
        if (row[live[r]] < best) {
          at = live[r];
          best = row[at];
        }
      }
    }
  }
  for (let q = whole; q < live.length; q++) {
    if (row[live[q]] < best) {
      at = live[q];
      best = row[at];
    }
  }
  return at;
}

/** Takes one name out of an ascending list; the last place is then free. */
function remove(live: Int32Array, name: number): void {
  const at = live.indexOf(name);
  live.copyWithin(at, at + 1);
}

/** Lance-Williams: distances of the merged cluster `y`, written to its row and its column. */
function join(
  d: Float64Array,
  n: number,
  live: Int32Array,
  sizes: Float64Array,
  x: number,
  y: number,
  distance: number,
): void {
  const fromX = d.subarray(x * n, x * n + n);
  const fromY = d.subarray(y * n, y * n + n);
  const nx = sizes[x];
  const ny = sizes[y];
  sizes[y] = nx + ny;
  for (let q = 0; q < live.length; q++) {
    const i = live[q];
    const ni = sizes[i];
    const share = 1 / (nx + ny + ni);
    const dx = fromX[i];
    const dy = fromY[i];
    // The order of the operations is SciPy's: ties among equal rows depend on the last bit.
    const squared = (ni + nx) * share * dx * dx + (ni + ny) * share * dy * dy - ni * share * distance * distance;
    const joined = Math.sqrt(squared);
    fromY[i] = joined;
    d[i * n + y] = joined;
  }
}
