/**
 * Rank of the first relevant document of one query, from 1.
 *
 * @param ranked relevance of the retrieved documents, best rank first, above 0 is relevant; shape (nRetrieved,)
 * @returns null when no retrieved document is relevant
 */
export function firstHit(ranked: ArrayLike<number>): number | null {
  for (let i = 0; i < ranked.length; i++) if (ranked[i] > 0) return i + 1;
  return null;
}

/**
 * Reciprocal rank of one query, cut at k: 1 / rank of the first relevant document among the first k, else 0. Its mean over
 * queries is the MRR.
 *
 * @param ranked relevance of the retrieved documents, best rank first; shape (nRetrieved,)
 * @param k cutoff in ranks, integer >= 1 or Infinity
 * @returns in [0, 1], higher is better
 * @throws RangeError when k < 1
 */
export function reciprocalRank(ranked: ArrayLike<number>, k: number): number {
  const rank = hitWithin(ranked, k);
  return rank === null ? 0 : 1 / rank;
}

/**
 * 1 when a relevant document stands among the first k, else 0. Its mean over queries is JMTEB's accuracy@k (elsewhere
 * success@k or hit rate).
 *
 * @param ranked relevance of the retrieved documents, best rank first; shape (nRetrieved,)
 * @param k cutoff in ranks, integer >= 1 or Infinity
 * @returns 0 or 1
 * @throws RangeError when k < 1
 */
export function success(ranked: ArrayLike<number>, k: number): number {
  return hitWithin(ranked, k) === null ? 0 : 1;
}

function hitWithin(ranked: ArrayLike<number>, k: number): number | null {
  if (!(k >= 1)) throw new RangeError(`cutoff ${k} is not >= 1`);
  const rank = firstHit(ranked);
  return rank !== null && rank <= k ? rank : null;
}
