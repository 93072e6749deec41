import { DISTANCE_OFFSET, SMALLEST_NORM, type Similarity } from './similarity.js';

/**
 * Why float32 products can give an exact answer.
 *
 * Every similarity has a key that grows with it and that a matrix product nearly computes: `dot_score` q·d,
 * `cosine_similarity` q·d / |d|, `euclidean_distance` q·d - |d|²/2. The float32 product of n terms is off by at most
 * gamma(n) |q| |d| with gamma(n) = n u / (1 - n u), in whatever order the terms are added (Higham, Accuracy and Stability
 * of Numerical Algorithms, section 3.1). So a document whose float32 value lies further than the margin below a key
 * cannot reach that key: only the documents above need their similarity in float64.
 */

/** Half the distance from 1 to the next number: float32 on the CPU. */
const FLOAT32_ROUNDOFF = 2 ** -24;
/** Devices may round the factors to ten bits before they multiply (TF32). */
const DEVICE_ROUNDOFF = 2 ** -10;
/** Below it float32 loses digits or is flushed to 0. */
const FLOAT32_SMALLEST = 2 ** -126;
/** Products that come near the largest float32 are not trusted. */
const FLOAT32_LARGE = 1e37;
/** Terms beyond the sum itself: norms, scaling, the float64 scores' own rounding. */
const MORE_TERMS = 8;
/** Spread of norms up to which one ranking by the product serves all similarities; normalised float16 rows have 6e-5. */
const EQUAL_NORMS = 2e-4;

/** The key that a score of a query stands for. */
export function keyOf(similarity: Similarity, score: number, queryNorm: number): number {
  if (similarity === 'dot_score' || score === -Infinity) return score;
  if (similarity === 'cosine_similarity') return score * Math.max(queryNorm, SMALLEST_NORM);
  const distance = 100 / score - DISTANCE_OFFSET;
  return (queryNorm * queryNorm - distance * distance) / 2;
}

/** Bounds for one block of documents, from the float32 squared norms of its rows. */
export class BlockBounds {
  /** All norms lie between these two. */
  private readonly shortest: number;
  private readonly longest: number;
  private readonly relative: number;
  /** Whether the norms are so nearly equal that the product alone ranks by every similarity. */
  readonly equalNorms: boolean;

  constructor(
    private readonly dims: number,
    squaredNorms: Float32Array,
    device = 'cpu',
  ) {
    const terms = (dims + MORE_TERMS) * FLOAT32_ROUNDOFF;
    const rounding = terms / (1 - terms);
    this.relative = rounding + (device === 'cpu' ? 0 : 2 * DEVICE_ROUNDOFF);
    let least = Infinity;
    let most = 0;
    for (let i = 0; i < squaredNorms.length; i++) {
      const square = squaredNorms[i];
      if (square < least) least = square;
      if (square > most) most = square;
      if (Number.isNaN(square)) most = Infinity;
    }
    const lost = dims * FLOAT32_SMALLEST;
    this.shortest = Math.sqrt(Math.max(0, least * (1 - 2 * rounding) - lost));
    this.longest = Math.sqrt(most * (1 + 2 * rounding) + lost);
    this.equalNorms = this.shortest > 2 * SMALLEST_NORM && Math.sqrt(most / least) - 1 <= EQUAL_NORMS;
  }

  /** False where float32 may overflow with a query of this norm (or a vector is not finite): the bounds do not hold. */
  holdsFor(queryNorm: number): boolean {
    return (queryNorm + this.longest) * this.longest < FLOAT32_LARGE && queryNorm < FLOAT32_LARGE;
  }

  /** How far a document's key may lie above its float32 value (of the similarity's own kind). */
  margin(similarity: Similarity, queryNorm: number): number {
    const { dims, longest, relative } = this;
    const flushed = dims * 2 * FLOAT32_SMALLEST * (1 + queryNorm + longest);
    if (similarity === 'dot_score') return relative * queryNorm * longest + flushed;
    if (similarity === 'cosine_similarity') {
      return 2 * relative * queryNorm + flushed / Math.max(this.shortest, SMALLEST_NORM);
    }
    // The last terms: rounding of the float64 distance and of the score that is made of it.
    const reach = queryNorm + longest;
    return relative * (queryNorm + longest) * longest + flushed + dims * 2 ** -50 * reach * reach + reach * 1e-17;
  }

  /** The highest key that a document can have whose float32 product with the query is at most `product`. */
  highestFromProduct(similarity: Similarity, product: number, queryNorm: number): number {
    const highest = product + this.margin('dot_score', queryNorm);
    if (similarity === 'dot_score') return highest;
    if (similarity === 'cosine_similarity') {
      return highest / (highest > 0 ? this.shortest : this.longest) + this.relative * queryNorm;
    }
    return highest - this.shortest ** 2 / 2 + this.margin(similarity, queryNorm);
  }
}
