import type { DataOf, SplitName } from '../datasets/types.js';
import type { Family, Protocol, TextRole } from '../definitions/types.js';
import type { Problem } from '../errors.js';
import type { RowVectors } from '../vectors/types.js';

/** Metric values of one candidate; `null` is undefined, with a reason among the warnings. */
export type Scores = Record<string, number | null>;
/** By candidate, in the protocol's order. */
export type CandidateScores = Record<string, Scores>;

/** One column of the item table, one value a row of the test split. */
export type ItemColumn =
  | { readonly name: string; readonly type: 'float64'; readonly values: readonly (number | null)[] | Float64Array }
  | { readonly name: string; readonly type: 'text'; readonly values: readonly string[] }
  | { readonly name: string; readonly type: 'texts'; readonly values: readonly (readonly string[])[] }
  | { readonly name: string; readonly type: 'floats'; readonly values: readonly (readonly number[] | Float64Array)[] };

/** One row a query, pair or document of the test split: enough to recompute the score and to test differences. */
export interface ItemTable {
  readonly rows: number;
  readonly columns: readonly ItemColumn[];
}

/** What a family answers: numbers only, the run adds where they come from. */
export interface FamilyResult {
  readonly main: { readonly metric: string; readonly value: number | null };
  /** `name` is the reference's `optimal_*` key, `value` the candidate chosen on validation (or fixed). */
  readonly choice: { readonly name: string; readonly value: string };
  /** `null` where there is no validation split. */
  readonly validation: CandidateScores | null;
  /** Every candidate, not only the chosen one. */
  readonly test: CandidateScores;
  /** Sizes that the scores rest on: queries, pairs, documents, labels, clusters, ties ... */
  readonly counts: Readonly<Record<string, number>>;
  readonly warnings: readonly string[];
  readonly items: ItemTable;
  /** What only some families have (seeds and draws of clusterings, convergence of solvers); JSON values. */
  readonly details?: Readonly<Record<string, unknown>>;
}

export interface FamilyOptions {
  readonly protocol: Protocol;
  /** 0 .. 2^32 - 1 */
  readonly seed: number;
  readonly seedMode: 'each' | 'stream';
  /** >= 1 */
  readonly clusteringSeeds: number;
  /** Extra, unranked candidates. */
  readonly clusterers: readonly 'k-means'[];
  /** Intra-op threads of the engine. */
  readonly threads: number;
  /** Bytes that search and distance matrices may take together. */
  readonly maxMemory: number;
  /** The candidate to use where there is no validation split. */
  readonly fixedChoice?: string;
  /** Classification: the definition's `average`. */
  readonly average?: string | readonly string[];
  /** Called from time to time on long work; done <= total. */
  readonly onProgress?: (label: string, done: number, total: number) => void;
}

/** The vectors of a split and role; throws when the task has no such list. */
export type VectorsOf = (split: SplitName, role: TextRole) => RowVectors;

/** One of the six: the record that the registry in `families/registry.ts` holds. */
export interface FamilyEvaluator<F extends Family> {
  readonly family: F;
  readonly mainMetric: string;
  /** Candidates in the protocol's order (ties on validation go to the first). */
  readonly candidates: readonly string[];
  /** The reference's `optimal_*` key. */
  readonly choiceName: string;
  /** What is wrong with the rows for this family (labels, unknown candidates, empty splits ...), all of it. `where` begins with the file name. */
  check(data: DataOf<F>, protocol: Protocol): Problem[];
  evaluate(data: DataOf<F>, vectors: VectorsOf, options: FamilyOptions): Promise<FamilyResult>;
}
