import { searchExactly } from '../dist/search/exact-search.js';
import { matrix } from '../dist/numeric/matrix.js';
import { vectorsInMemory } from '../dist/vectors/in-memory.js';
import { groupedVectors } from './pseudo-random.js';
import { best } from './timing.js';

const SIZE = { documents: 200_000, queries: 1_000, dims: 384 };
/** One similarity is held against the Gemm and the peers; all three come from one stream of the documents. */
const CASES = [
  { k: 10, similarities: ['cosine_similarity'] },
  { k: 10, similarities: undefined },
  { k: 1000, similarities: ['cosine_similarity'] },
];

/** Exact search of 1,000 queries among 200,000 documents. */
export async function* searchBenchmarks({ threads, peers, gemm }) {
  const { documents, queries, dims } = SIZE;
  const docData = groupedVectors(documents, dims, 500, 1).data;
  const queryData = groupedVectors(queries, dims, 500, 1, 1.2).data;
  const docs = rows(docData, documents, dims);
  const asked = rows(queryData, queries, dims);
  const products = 2 * documents * queries * dims;
  const arrays = {
    docs: { data: docData, shape: [documents, dims] },
    queries: { data: queryData, shape: [queries, dims] },
  };
  for (const { k, similarities } of CASES) {
    const options = { k, threads, maxMemory: 2 ** 31, similarities };
    const seconds = await best(3, () => searchExactly([asked], docs, options));
    const rate = products / seconds / 1e9;
    yield {
      name: `search ${documents} x ${dims}, ${queries} queries, top ${k}, ${similarities?.[0] ?? 'all three similarities'}`,
      seconds,
      rate: `${((documents * queries) / seconds / 1e9).toFixed(2)} G scores/s`,
      share: similarities === undefined ? null : rate / gemm,
      peers: similarities === undefined ? [] : await peers.ask('search', { ...SIZE, k }, arrays),
    };
  }
}

function rows(data, count, dims) {
  const source = vectorsInMemory(matrix(data, count, dims));
  return { source, index: Int32Array.from({ length: count }, (_, i) => i) };
}
