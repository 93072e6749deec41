/**
 * Discounted cumulative gain of the first k ranks: the sum of gain / log2(rank + 1), ranks from 1.
 *
 * @param gains gain of each document, best rank first; shape (nRanked,)
 * @param k cutoff in ranks, integer >= 1 or Infinity
 * @returns >= 0 for gains >= 0, higher is better
 * @throws RangeError when k < 1
 * Source: Järvelin and Kekäläinen 2002, doi 10.1145/582415.582418, with the discount that is usual today
 */
export function dcg(gains: ArrayLike<number>, k: number): number {
  if (!(k >= 1)) throw new RangeError(`cutoff ${k} is not >= 1`);
  let sum = 0;
  const ranks = Math.min(k, gains.length);
  for (let i = 0; i < ranks; i++) sum += gains[i] / Math.log2(i + 2);
  return sum;
}

/**
 * nDCG@k of one query: its DCG, divided by the DCG of the best possible first k.
 *
 * Ties are the caller's: the ranking is taken as it stands.
 *
 * @param ranked gains of the retrieved documents, best rank first; shape (nRetrieved,)
 * @param judged gains of all judged documents, any order; shape (nJudged,)
 * @param k cutoff in ranks of both, integer >= 1 or Infinity
 * @returns in [0, 1], higher is better; null when nothing has a gain
 * @throws RangeError when k < 1
 * @see ndcgUncutIdeal for the variant behind the published retrieval scores
 */
export function ndcg(ranked: ArrayLike<number>, judged: ArrayLike<number>, k: number): number | null {
  return normalized(dcg(ranked, k), dcg(bestFirst(judged), k));
}

/**
 * nDCG@k of one query as JMTEB 1.3.3 computes it for retrieval: the DCG is cut at k, the ideal DCG runs over all judged
 * documents. A query with more than k relevant documents cannot reach 1.
 *
 * @param ranked gains of the retrieved documents, best rank first; shape (nRetrieved,)
 * @param judged gains of all judged documents, any order; shape (nJudged,)
 * @param k cutoff of the ranking, integer >= 1 or Infinity
 * @returns in [0, 1], higher is better; null when nothing has a gain
 * @throws RangeError when k < 1
 */
export function ndcgUncutIdeal(ranked: ArrayLike<number>, judged: ArrayLike<number>, k: number): number | null {
  return normalized(dcg(ranked, k), dcg(bestFirst(judged), Infinity));
}

function bestFirst(gains: ArrayLike<number>): Float64Array {
  return Float64Array.from(gains).sort().reverse();
}

function normalized(gain: number, ideal: number): number | null {
  return ideal > 0 ? gain / ideal : null;
}
