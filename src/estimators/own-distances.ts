import { squaredDistanceFloat32 } from '../numeric/float32-sums.js';
import type { Matrix } from '../numeric/matrix.js';

/** Up to so many numbers all distances are summed directly, as scikit-learn sums them. */
const ALWAYS_DIRECT = 2 ** 16;
/** How many times its inertia the squared norms of a cluster may be, for their difference to be exact enough. */
const MAX_CANCELLATION = 16;

/**
 * Squared distance of each row to the centre of its cluster, in float32.
 *
 * In large problems |x|^2 + (|c|^2 - 2 x.c), of which the second part is known from the assignment; for clusters so
 * tight and far from the origin that this loses digits, and in small problems, the sum of (x - c)^2.
 *
 * @param x shape (rows, dims)
 * @param centers shape (nClusters, dims)
 * @param assignment `labels`: cluster of each row, shape (rows,); `relative`: |c|^2 - 2 x.c where it is known
 * @param norms squared norm of each row; shape (rows,)
 * @returns shape (rows,)
 */
export function squaredDistancesToOwn(
  x: Matrix,
  centers: Matrix,
  { labels, relative }: { readonly labels: Int32Array; readonly relative?: Float32Array },
  norms: Float32Array,
): Float32Array {
  const { data, rows, dims } = x;
  const squares = new Float32Array(rows);
  let isDirect = (_cluster: number): boolean => true;
  if (relative !== undefined && data.length > ALWAYS_DIRECT) {
    for (let i = 0; i < rows; i++) squares[i] = Math.max(norms[i] + relative[i], 0);
    isDirect = cancellation(squares, labels, norms, centers.rows);
  }
  for (let i = 0; i < rows; i++) {
    const c = labels[i];
    if (isDirect(c)) squares[i] = squaredDistanceFloat32(data, i * dims, centers.data, c * dims, dims);
  }
  return squares;
}

/** In which clusters the difference of two large numbers has left too little. */
function cancellation(
  squares: Float32Array,
  labels: Int32Array,
  norms: Float32Array,
  nClusters: number,
): (cluster: number) => boolean {
  const inertias = new Float64Array(nClusters);
  const sizes = new Float64Array(nClusters);
  for (let i = 0; i < labels.length; i++) {
    inertias[labels[i]] += squares[i];
    sizes[labels[i]] += norms[i];
  }
  return (cluster) => sizes[cluster] > MAX_CANCELLATION * inertias[cluster];
}
