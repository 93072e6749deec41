import type { CandidateRows, DocumentId, QueryRows, RerankingData, RetrievalData } from '../../src/datasets/types.js';
import type { Deviation, Protocol } from '../../src/definitions/types.js';
import type { Scores, VectorsOf } from '../../src/families/types.js';
import { SIMILARITIES, type Similarity } from '../../src/search/similarity.js';
import { slowSimilarity } from '../search/slow-search.js';

const discount = (rank: number): number => 1 / Math.log2(rank + 1);
const mean = (rows: readonly Scores[]): Scores =>
  Object.fromEntries(
    Object.keys(rows[0]).map((metric) => [
      metric,
      rows.reduce((sum, row) => sum + (row[metric] ?? 0), 0) / rows.length,
    ]),
  );

async function vectorList(vectors: VectorsOf, split: 'validation' | 'test' | 'corpus'): Promise<Float32Array[]> {
  const { source, index } = vectors(split, split === 'corpus' ? 'document' : 'query');
  const all = await source.gather(index);
  return Array.from(index, (_, i) => all.subarray(i * source.dims, (i + 1) * source.dims));
}

/** The retrieval of the protocol's text, one query after the other, every document compared and sorted. */
export async function slowRetrieval(
  data: RetrievalData,
  vectors: VectorsOf,
  split: 'validation' | 'test',
  protocol: Protocol,
): Promise<{ readonly scores: Record<Similarity, Scores>; readonly rankings: Record<Similarity, number[][]> }> {
  const has = (name: Deviation): boolean => protocol.deviations.has(name);
  const same = (a: DocumentId, b: DocumentId): boolean =>
    has('retrieval-id-types') ? String(a) === String(b) : a === b;
  const rows = data.splits[split] as QueryRows;
  const ids = [...data.corpus.ids];
  const [queries, documents] = [await vectorList(vectors, split), await vectorList(vectors, 'corpus')];
  const kept = has('retrieval-few-queries') ? 10 : Math.min(10, queries.length);
  const scores = {} as Record<Similarity, Scores>;
  const rankings = {} as Record<Similarity, number[][]>;
  for (const name of SIMILARITIES) {
    rankings[name] = queries.map((query) => {
      const similarity = documents.map((document) => slowSimilarity(name, query, document));
      const order = [...ids.keys()].sort((a, b) => similarity[b] - similarity[a] || a - b);
      if (!has('retrieval-duplicate-ids')) return order.slice(0, kept);
      return order.filter((row, i) => order.findIndex((other) => same(ids[other], ids[row])) === i).slice(0, kept);
    });
    const perQuery = rankings[name].map((ranking, q): Scores => {
      let relevant = [...rows.relevant[q]];
      if (has('retrieval-duplicate-ids')) {
        relevant = relevant.filter((id, i) => relevant.findIndex((other) => same(other, id)) === i);
      }
      const hits = ranking.map((row) => relevant.some((id) => same(id, ids[row])));
      const ideal = has('retrieval-ideal-cut') ? Math.min(10, relevant.length) : relevant.length;
      let [gain, best] = [0, 0];
      hits.forEach((hit, i) => (gain += hit ? discount(i + 1) : 0));
      for (let rank = 1; rank <= ideal; rank++) best += discount(rank);
      const first = hits.indexOf(true);
      return {
        'accuracy@1': Number(hits.slice(0, 1).includes(true)),
        'accuracy@3': Number(hits.slice(0, 3).includes(true)),
        'accuracy@5': Number(hits.slice(0, 5).includes(true)),
        'accuracy@10': Number(hits.includes(true)),
        'ndcg@10': relevant.length === 0 ? 0 : gain / best,
        'mrr@10': first < 0 ? 0 : 1 / (first + 1),
      };
    });
    scores[name] = mean(perQuery);
  }
  return { scores, rankings };
}

/** The reranking of the protocol's text. */
export async function slowReranking(
  data: RerankingData,
  vectors: VectorsOf,
  split: 'validation' | 'test',
  protocol: Protocol,
): Promise<Record<Similarity, Scores>> {
  const rows = data.splits[split] as CandidateRows;
  const [queries, documents] = [await vectorList(vectors, split), await vectorList(vectors, 'corpus')];
  const scores = {} as Record<Similarity, Scores>;
  for (const name of SIMILARITIES) {
    const perQuery = queries.map((query, q): Scores => {
      const list = rows.candidates[q];
      const similarity = list.map((id) => slowSimilarity(name, query, documents[[...data.corpus.ids].lastIndexOf(id)]));
      const order = [...list.keys()].sort((a, b) => similarity[b] - similarity[a] || a - b);
      const gains = order.map((i) =>
        protocol.deviations.has('rerank-duplicate-ids') ? rows.grades[q][i] : rows.grades[q][list.indexOf(list[i])],
      );
      const ideal = [...rows.grades[q]].sort((a, b) => b - a);
      const dcg = (values: number[], k: number): number =>
        values.slice(0, k).reduce((sum, gain, i) => sum + gain * discount(i + 1), 0);
      return Object.fromEntries([10, 20, 40].map((k) => [`ndcg@${k}`, dcg(gains, k) / dcg(ideal, k)]));
    });
    scores[name] = mean(perQuery);
  }
  return scores;
}
