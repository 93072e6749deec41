import type { RowVectors } from '../vectors/types.js';
import type { BestLists } from './best-lists.js';
import { planBlocks } from './block-plan.js';
import { SearchGraphs } from './search-graphs.js';
import { SearchPass } from './search-pass.js';
import { SIMILARITIES, type Similarity } from './similarity.js';
import { uniqueDocuments, type UniqueDocuments } from './unique-documents.js';

export interface SearchOptions {
  /** Documents wanted for each query, >= 1. */
  readonly k: number;
  /** Similarities to rank by, all from one stream of the documents; every one unless given. */
  readonly similarities?: readonly Similarity[];
  /** Intra-op threads of the engine, >= 1. */
  readonly threads: number;
  /** Bytes that the search may take. */
  readonly maxMemory: number;
  /** Device of the products; `cpu` unless given. */
  readonly device?: string;
  /** Called from time to time; done <= total, in documents times passes. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** The best documents of each query; both row-major, shape (queries, k), best first. */
export interface Ranking {
  readonly queries: number;
  /** min(k asked for, documents). */
  readonly k: number;
  /** Rows of the documents. */
  readonly documents: Int32Array;
  /** Similarities in float64. */
  readonly scores: Float64Array;
}

export type Rankings = Readonly<Record<Similarity, Ranking>>;

/**
 * Exact top k of several sets of queries by several similarities.
 *
 * The order is that of (similarity in float64 descending, document ascending): ties, and documents with equal vectors, go
 * to the lower document. It depends on nothing but the vectors: not on block sizes, memory, threads or device. The engine
 * multiplies in float32 and a rounding bound says which documents need a float64 similarity (see certified-bounds).
 *
 * @param querySets each with its own source; the documents are streamed once for all of them, as far as they fit the memory
 * @param documents all documents; those that share a vector are compared once
 * @returns one set of rankings for each set of queries; only the similarities that were asked for are there
 * @throws RangeError when dimensions differ, k < 1, or a vector that decides is not finite
 */
export async function searchExactly(
  querySets: readonly RowVectors[],
  documents: RowVectors,
  options: SearchOptions,
): Promise<readonly Rankings[]> {
  const { dims } = documents.source;
  if (!(Number.isInteger(options.k) && options.k >= 1))
    throw new RangeError(`top ${options.k} is not a whole number >= 1`);
  for (const { source, index } of querySets) {
    if (index.length > 0 && source.dims !== dims)
      throw new RangeError(`queries of ${source.dims}, documents of ${dims} dimensions`);
  }
  const similarities = SIMILARITIES.filter((name) => (options.similarities ?? SIMILARITIES).includes(name));
  const unique = uniqueDocuments(documents);
  const k = Math.min(options.k, unique.rows);
  const results = querySets.map(({ index }) => emptyRankings(similarities, index.length, k));
  const queries = querySets.reduce((sum, { index }) => sum + index.length, 0);
  if (k === 0 || queries === 0) return results;

  const vectors = unique.source.rows;
  const size = { queries, documents: vectors, dims, k, similarities: similarities.length };
  const plan = planBlocks(size, options.maxMemory);
  const setting = { dims, similarities, k: Math.min(k, vectors), plan, device: options.device };
  const graphs = new SearchGraphs(dims, options);
  const passes = Math.ceil(queries / plan.queriesAPass);
  try {
    for (let done = 0; done < passes; done++) {
      const parts = partsOfPass(querySets, done * plan.queriesAPass, plan.queriesAPass);
      const pass = new SearchPass(graphs, await gatherQueries(querySets, parts, dims), unique, setting);
      await pass.run((rows) => options.onProgress?.(done * vectors + rows, passes * vectors));
      for (const [similarity, lists] of pass.best) {
        let list = 0;
        for (const { set, from, to } of parts) {
          for (let q = from; q < to; q++, list++) copyBest(results[set][similarity], q, lists, list, unique);
        }
      }
    }
  } finally {
    await graphs.close();
  }
  return results;
}

interface Part {
  readonly set: number;
  readonly from: number;
  readonly to: number;
}

/** Which queries of which sets stand at `start` .. `start + count - 1` when all sets are laid in a row. */
function partsOfPass(sets: readonly RowVectors[], start: number, count: number): Part[] {
  const parts: Part[] = [];
  let offset = 0;
  sets.forEach(({ index }, set) => {
    const from = Math.max(0, start - offset);
    const to = Math.min(index.length, start + count - offset);
    if (from < to) parts.push({ set, from, to });
    offset += index.length;
  });
  return parts;
}

async function gatherQueries(
  sets: readonly RowVectors[],
  parts: readonly Part[],
  dims: number,
): Promise<{ data: Float32Array; rows: number }> {
  const rows = parts.reduce((sum, { from, to }) => sum + to - from, 0);
  const data = new Float32Array(rows * dims);
  let at = 0;
  for (const { set, from, to } of parts) {
    data.set(await sets[set].source.gather(sets[set].index.subarray(from, to)), at * dims);
    at += to - from;
  }
  return { data, rows };
}

function emptyRankings(similarities: readonly Similarity[], queries: number, k: number): Rankings {
  const empty = (): Ranking => ({
    queries,
    k,
    documents: new Int32Array(queries * k),
    scores: new Float64Array(queries * k),
  });
  return Object.fromEntries(similarities.map((name) => [name, empty()])) as unknown as Rankings;
}

/** Turns the best vectors of a query into its best documents. */
function copyBest(ranking: Ranking, query: number, lists: BestLists, list: number, unique: UniqueDocuments): void {
  const { k, documents, scores } = ranking;
  const first = list * lists.k;
  const end = first + lists.lengths[list];
  let at = 0;
  for (let i = first; i < end && at < k;) {
    // Vectors with one and the same score: their documents are sorted together.
    const score = lists.scores[i];
    const tied: number[] = [];
    for (; i < end && lists.scores[i] === score; i++) addDocuments(tied, lists.documents[i], k - at, unique);
    tied.sort((a, b) => a - b);
    for (const document of tied.slice(0, k - at)) {
      documents[query * k + at] = document;
      scores[query * k + at] = score;
      at += 1;
    }
  }
}

/** The first documents with a vector, as many as can be needed. */
function addDocuments(to: number[], first: number, most: number, unique: UniqueDocuments): void {
  let document = first;
  for (let i = 0; i < most && document >= 0; i++) {
    to.push(document);
    document = unique.nextDocument(document);
  }
}
