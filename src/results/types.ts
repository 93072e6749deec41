import type { Family, Subset } from '../definitions/types.js';
import type { CandidateScores } from '../families/types.js';

export type TaskState = 'done' | 'failed' | 'skipped' | 'partial';

export interface ResultFile {
  readonly path: string;
  readonly sha256: string;
  readonly rows: number;
}

/** `tasks/<task>.json`: one result a task. Everything that may differ between two equal runs stands under `timing`. */
export interface TaskResult {
  readonly schema: 'jmteb/task-result/1';
  readonly task: string;
  readonly taskVersion: number;
  readonly family: Family;
  readonly state: TaskState;
  readonly protocol: string;
  /** `value` is null unless the state is done or partial. */
  readonly main: { readonly metric: string; readonly value: number | null };
  /** The reference's `optimal_*` name and the candidate chosen; null when the task gave no scores. */
  readonly choice: { readonly name: string; readonly value: string } | null;
  readonly validation: CandidateScores | null;
  readonly test: CandidateScores | null;
  readonly counts: Readonly<Record<string, number>>;
  readonly dataset: {
    readonly repo: string | null;
    readonly revision: string | null;
    readonly files: readonly ResultFile[];
    /** Present and true when the data differs from what the definition expects and that was accepted. */
    readonly changed?: boolean;
    /** Present where the task is part of another one; `files` and their rows are whole. */
    readonly subset?: Subset;
  };
  readonly embedding: {
    /** List keys by `split/role`. */
    readonly keys: Readonly<Record<string, string>>;
    /** What was put before the texts, by role. */
    readonly prompts?: Readonly<Record<string, string>>;
    readonly texts: number;
    readonly uniqueTexts: number;
    readonly tokens: number | null;
    readonly truncated: number | null;
    readonly unknownTokens: number | null;
    /** Absent in results that were written before it was counted. */
    readonly byteFallbackTokens?: number | null;
    /** Batches that were run in parts for want of memory, where that can change last bits; absent for none. */
    readonly splitBatches?: number;
  } | null;
  /** What decided vectors and scores and stands nowhere else in the result; it holds only as long as this is the same. */
  readonly scoredBy?: {
    readonly modelKey: string;
    /** SHA-256 over what a definition says of its rows and their scoring. */
    readonly definition: string;
    readonly versions: Readonly<Record<string, string>>;
  };
  /** The exact string sent for one text of each role. */
  readonly example: Readonly<Record<string, string>>;
  readonly warnings: readonly string[];
  /** Why the state is failed, skipped or partial. */
  readonly reason?: string;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly timing: Readonly<Record<string, number | string>>;
}

/** `run.json`: what was run. `environment` and `timing` hold all that may differ between two equal runs. */
export interface RunRecord {
  readonly schema: 'jmteb/run/1';
  readonly model: {
    readonly id: string;
    readonly kind: string;
    readonly revision: string | null;
    /** Files that decide the vectors, with hashes; paths relative to the model folder. */
    readonly files: readonly { readonly path: string; readonly sha256: string; readonly bytes: number }[];
    /** dims, dtype, pooling, normalize, maxTokens, stripText, prompts, batch policy ... as resolved. */
    readonly settings: Readonly<Record<string, unknown>>;
    readonly key: string;
  };
  readonly variant: string;
  readonly protocol: { readonly name: string; readonly deviations: readonly string[] };
  /** Options that decide scores: seed, seedMode, clusteringSeeds, truncateDim, limit ... */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly suite: string | null;
  readonly versions: Readonly<Record<string, string>>;
  readonly environment: Readonly<Record<string, unknown>>;
  readonly timing: Readonly<Record<string, number | string>>;
}

/** The reference's own layout: family, task, main metric, value. */
export type Summary = Readonly<Partial<Record<Family, Readonly<Record<string, Readonly<Record<string, number>>>>>>>;
