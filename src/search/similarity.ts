/** The similarities of retrieval and reranking under the reference's names and in its order. */
export const SIMILARITIES = ['cosine_similarity', 'dot_score', 'euclidean_distance'] as const;
export type Similarity = (typeof SIMILARITIES)[number];

/** Norms are not taken below this, so that a zero vector has cosine 0 to everything. */
export const SMALLEST_NORM = 1e-12;
/** Keeps the score of equal vectors finite: at most 100 / 1e-4 = 1e6. */
export const DISTANCE_OFFSET = 1e-4;

/**
 * Similarity of the vector at `aAt` of `a` and the one at `bAt` of `b`, both of `dims` components; higher is nearer.
 * `aNorm` is the norm of the first, which is compared with many.
 */
export type SimilarityFunction = (
  a: Float32Array,
  aAt: number,
  aNorm: number,
  b: Float32Array,
  bAt: number,
  dims: number,
) => number;

/**
 * Similarity of two float32 vectors, computed in float64.
 *
 * `cosine_similarity` a·b / (|a| |b|) with norms of at least 1e-12; `dot_score` a·b; `euclidean_distance`
 * 100 / (|a - b| + 1e-4). Sums run in one fixed order, so equal vectors have equal scores to the last bit.
 */
export const SIMILARITY_FUNCTIONS = {
  cosine_similarity: cosine,
  dot_score: (a, aAt, _aNorm, b, bAt, dims) => dot(a, aAt, b, bAt, dims),
  euclidean_distance: euclidean,
} as const satisfies Record<Similarity, SimilarityFunction>;

/** Cosine of two vectors with this product and these norms. */
export function cosineOf(product: number, aNorm: number, bNorm: number): number {
  return product / Math.max(aNorm, SMALLEST_NORM) / Math.max(bNorm, SMALLEST_NORM);
}

/** Euclidean norm of one vector, in float64. */
export function norm(a: Float32Array, at: number, dims: number): number {
  return Math.sqrt(dot(a, at, a, at, dims));
}

/**
 * Inner product of two vectors, in float64.
 *
 * Four running sums: the additions of one sum wait for each other, those of four do not.
 */
export function dot(a: Float32Array, aAt: number, b: Float32Array, bAt: number, dims: number): number {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  const whole = dims - (dims % 4);
  for (let i = 0; i < whole; i += 4) {
    s0 += a[aAt + i] * b[bAt + i];
    s1 += a[aAt + i + 1] * b[bAt + i + 1];
    s2 += a[aAt + i + 2] * b[bAt + i + 2];
    s3 += a[aAt + i + 3] * b[bAt + i + 3];
  }
  for (let i = whole; i < dims; i++) s0 += a[aAt + i] * b[bAt + i];
  return s0 + s1 + (s2 + s3);
}

function cosine(a: Float32Array, aAt: number, aNorm: number, b: Float32Array, bAt: number, dims: number): number {
  return cosineOf(dot(a, aAt, b, bAt, dims), aNorm, norm(b, bAt, dims));
}

function euclidean(a: Float32Array, aAt: number, _aNorm: number, b: Float32Array, bAt: number, dims: number): number {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  const whole = dims - (dims % 4);
  for (let i = 0; i < whole; i += 4) {
    const d0 = a[aAt + i] - b[bAt + i];
    const d1 = a[aAt + i + 1] - b[bAt + i + 1];
    const d2 = a[aAt + i + 2] - b[bAt + i + 2];
    const d3 = a[aAt + i + 3] - b[bAt + i + 3];
    s0 += d0 * d0;
    s1 += d1 * d1;
    s2 += d2 * d2;
    s3 += d3 * d3;
  }
  for (let i = whole; i < dims; i++) s0 += (a[aAt + i] - b[bAt + i]) ** 2;
  return 100 / (Math.sqrt(s0 + s1 + (s2 + s3)) + DISTANCE_OFFSET);
}
