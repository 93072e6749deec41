import type { RowVectors } from '../vectors/types.js';
import { searchExactly, type Ranking, type SearchOptions } from '../search/exact-search.js';
import { SIMILARITIES, type Similarity } from '../search/similarity.js';

/** Documents that are retrieved for a query. */
export const RETRIEVED = 10;

/** The documents of one query, best first. */
export interface RankedDocuments {
  readonly documents: readonly number[];
  readonly scores: readonly number[];
}

/** By similarity, one entry a query. */
export type RankedQueries = Readonly<Record<Similarity, RankedDocuments[]>>;

/** The best k documents of the queries of several splits, all from one stream of the corpus. */
export async function rankDocuments(
  splits: readonly RowVectors[],
  corpus: RowVectors,
  options: SearchOptions,
): Promise<RankedQueries[]> {
  const found = await searchExactly(splits, corpus, options);
  return found.map((rankings) => byName((name) => rankedQueries(rankings[name])));
}

/**
 * The best k distinct documents: of those that are the same one (`sameDocument`) the best counts. Queries whose first k hold
 * repeats are searched again for more.
 *
 * @param same what makes two documents of the corpus one, by row
 * @param distinct how many different documents there are
 */
export async function rankDistinctDocuments(
  splits: readonly RowVectors[],
  corpus: RowVectors,
  same: (row: number) => unknown,
  distinct: number,
  options: SearchOptions,
): Promise<RankedQueries[]> {
  const wanted = Math.min(options.k, distinct);
  const results = splits.map(({ index }) => byName(() => new Array<RankedDocuments>(index.length)));
  let open = splits.map(({ index }) => Array.from(index, (_, query) => query));
  for (let { k } = options; open.some((queries) => queries.length > 0); k *= 2) {
    const some = splits.map(({ source, index }, s) => ({ source, index: Int32Array.from(open[s], (q) => index[q]) }));
    const found = await rankDocuments(some, corpus, { ...options, k });
    open = open.map((queries, s) =>
      queries.filter((query, i) => {
        let complete = true;
        for (const name of SIMILARITIES) {
          const ranked = withoutRepeats(found[s][name][i], same, wanted);
          results[s][name][query] = ranked;
          complete &&= ranked.documents.length === wanted;
        }
        return !complete;
      }),
    );
  }
  return results;
}

function withoutRepeats(ranked: RankedDocuments, same: (row: number) => unknown, most: number): RankedDocuments {
  const seen = new Set<unknown>();
  const kept = ranked.documents
    .map((_, i) => i)
    .filter((i) => {
      const before = seen.size;
      return before < most && seen.add(same(ranked.documents[i])).size > before;
    });
  return { documents: kept.map((i) => ranked.documents[i]), scores: kept.map((i) => ranked.scores[i]) };
}

function rankedQueries({ queries, k, documents, scores }: Ranking): RankedDocuments[] {
  return Array.from({ length: queries }, (_, q) => ({
    documents: Array.from(documents.subarray(q * k, (q + 1) * k)),
    scores: Array.from(scores.subarray(q * k, (q + 1) * k)),
  }));
}

function byName<T>(make: (name: Similarity) => T): Record<Similarity, T> {
  return Object.fromEntries(SIMILARITIES.map((name) => [name, make(name)])) as Record<Similarity, T>;
}
