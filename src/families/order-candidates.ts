import { norm, SIMILARITIES, SIMILARITY_FUNCTIONS, type Similarity } from '../search/similarity.js';
import type { RowVectors } from '../vectors/types.js';

/** The candidates of one query in the order of a similarity: positions in its list, and their similarities. */
export interface OrderedCandidates {
  readonly positions: readonly number[];
  readonly similarities: readonly number[];
}

export interface CandidateOptions {
  /** Bytes that vectors may take while they are compared. */
  readonly maxMemory: number;
  readonly onProgress?: (done: number, total: number) => void;
}

/** Of the memory, for the vectors of candidates: a gather may hold as much again while it reads. */
const SHARE = 1 / 4;

/**
 * Orders the candidates of each query by each similarity, descending; equal similarities keep the order of the list.
 *
 * @param queries one a list
 * @param lists rows of the corpus
 * @returns by similarity, one entry a query
 */
export async function orderCandidates(
  queries: RowVectors,
  corpus: RowVectors,
  lists: readonly Int32Array[],
  options: CandidateOptions,
): Promise<Record<Similarity, OrderedCandidates[]>> {
  const { dims } = corpus.source;
  if (lists.length > 0 && queries.source.dims !== dims) {
    throw new RangeError(`queries of ${queries.source.dims}, documents of ${dims} dimensions`);
  }
  const pairs = pairsOf(lists);
  const similarities = SIMILARITIES.map(() => new Float64Array(pairs.row.length));
  // At most one query a pair, so half of the vectors are queries at worst.
  const step = Math.max(1, Math.floor((options.maxMemory * SHARE) / (8 * dims)));
  for (let from = 0; from < pairs.row.length; from += step) {
    const to = Math.min(pairs.row.length, from + step);
    const first = pairs.query[from];
    const own = await queries.source.gather(queries.index.subarray(first, pairs.query[to - 1] + 1));
    const documents = await corpus.source.gather(pairs.row.subarray(from, to).map((row) => corpus.index[row]));
    for (let i = from; i < to; i++) {
      const at = (pairs.query[i] - first) * dims;
      const length = norm(own, at, dims);
      SIMILARITIES.forEach((name, s) => {
        const value = SIMILARITY_FUNCTIONS[name](own, at, length, documents, (i - from) * dims, dims);
        if (!Number.isFinite(value))
          throw new RangeError(`query ${pairs.query[i]} or a candidate has no finite vector`);
        similarities[s][i] = value;
      });
    }
    options.onProgress?.(to, pairs.row.length);
  }
  const named = SIMILARITIES.map((name, s) => [name, orderedLists(similarities[s], lists)]);
  return Object.fromEntries(named) as Record<Similarity, OrderedCandidates[]>;
}

/** All lists in a row: the query and the corpus row of each candidate. */
function pairsOf(lists: readonly Int32Array[]): { readonly query: Int32Array; readonly row: Int32Array } {
  const total = lists.reduce((sum, list) => sum + list.length, 0);
  const pairs = { query: new Int32Array(total), row: new Int32Array(total) };
  let at = 0;
  lists.forEach((list, q) => {
    pairs.query.fill(q, at, at + list.length);
    pairs.row.set(list, at);
    at += list.length;
  });
  return pairs;
}

function orderedLists(similarities: Float64Array, lists: readonly Int32Array[]): OrderedCandidates[] {
  let end = 0;
  return lists.map(({ length }) => {
    const own = similarities.subarray(end, (end += length));
    const positions = Array.from(own.keys()).sort((a, b) => own[b] - own[a] || a - b);
    return { positions, similarities: positions.map((position) => own[position]) };
  });
}
