import type { Family } from '../../src/definitions/types.js';
import type { RunRecord, TaskResult } from '../../src/results/types.js';

const CHOICES: Record<Family, { metric: string; name: string; candidates: [string, string] }> = {
  Retrieval: { metric: 'ndcg@10', name: 'optimal_distance_metric', candidates: ['cosine_similarity', 'dot_score'] },
  STS: { metric: 'spearman', name: 'optimal_similarity_metric', candidates: ['cosine_similarity', 'dot_score'] },
  Classification: { metric: 'macro_f1', name: 'optimal_classifier_name', candidates: ['knn_cosine_k_2', 'logreg'] },
  Reranking: { metric: 'ndcg@10', name: 'optimal_distance_metric', candidates: ['cosine_similarity', 'dot_score'] },
  Clustering: {
    metric: 'v_measure_score',
    name: 'optimal_clustering_model_name',
    candidates: ['MiniBatchKMeans', 'Birch'],
  },
  PairClassification: {
    metric: 'binary_f1',
    name: 'optimal_distance_metric',
    candidates: ['cosine_distances', 'dot_similarities'],
  },
};

export const HASH = '0123456789abcdef'.repeat(4);

/** A made-up result that is done, with `value` as its main score; `change` replaces fields. */
export function taskResult(
  task: string,
  family: Family,
  value: number | null,
  change: Partial<TaskResult> = {},
): TaskResult {
  const { metric, name, candidates } = CHOICES[family];
  return {
    schema: 'jmteb/task-result/1',
    task,
    taskVersion: 1,
    family,
    state: 'done',
    protocol: 'published',
    main: { metric, value },
    choice: { name, value: candidates[0] },
    validation: { [candidates[0]]: { [metric]: 0.75 }, [candidates[1]]: { [metric]: 0.5 } },
    test: { [candidates[0]]: { [metric]: value }, [candidates[1]]: { [metric]: 0.25 } },
    counts: { rows: 10 },
    dataset: {
      repo: 'sbintuitions/JMTEB',
      revision: '6064d6d0',
      files: [{ path: `${task}/test.parquet`, sha256: HASH, rows: 10 }],
    },
    embedding: {
      keys: { 'test/text': 'abc' },
      texts: 20,
      uniqueTexts: 18,
      tokens: 300,
      truncated: 0,
      unknownTokens: null,
    },
    example: { text: '検索クエリ: 東京' },
    warnings: [],
    timing: { seconds: 1.5 },
    ...change,
  };
}

/** A task without scores. */
export function withoutScore(task: string, family: Family, state: 'failed' | 'skipped', reason: string): TaskResult {
  const { metric } = CHOICES[family];
  return taskResult(task, family, null, {
    state,
    reason,
    main: { metric, value: null },
    choice: null,
    validation: null,
    test: null,
    embedding: null,
  });
}

export function runRecord(change: Partial<RunRecord> = {}): RunRecord {
  return {
    schema: 'jmteb/run/1',
    model: {
      id: 'cl-nagoya/ruri-small',
      kind: 'sentence-transformers',
      revision: '0'.repeat(40),
      files: [{ path: 'model.safetensors', sha256: HASH, bytes: 12 }],
      settings: { dims: 768, dtype: 'fp32', prompts: { query: 'クエリ: ' } },
      key: 'model-key',
    },
    variant: '0000000.fp32.published',
    protocol: { name: 'published', deviations: [] },
    settings: { seed: 0 },
    suite: 'jmteb-v1',
    versions: { jmteb: '0.1.0' },
    environment: { threads: 2 },
    timing: { started: '2026-01-01T00:00:00Z' },
    ...change,
  };
}
