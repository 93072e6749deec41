import type { Family, TextRole } from '../definitions/types.js';
import type { DocumentIds } from './document-ids.js';
import type { FoundFile } from './table.js';

/** An id keeps the type that the file gives it: under `published` the text "1" never matches the number 1. */
export type DocumentId = string | number;
/** A label as the file gives it; families number them. */
export type Label = number | string | boolean;

/** One file of a task as it was found. `path` is absolute (for reading); `name` is what results and messages show. */
export interface TaskFile extends FoundFile {
  /** Name in the definition's `source.files`. */
  readonly key: string;
  readonly bytes: number;
  /** SHA-256 of the bytes, hex. */
  readonly sha256: string;
  readonly rows: number;
}

export interface PairRows {
  readonly sentence1: readonly string[];
  readonly sentence2: readonly string[];
}
export interface StsRows extends PairRows {
  readonly score: Float64Array;
}
export interface LabelledPairRows extends PairRows {
  readonly label: readonly Label[];
}
export interface LabelledTextRows {
  readonly text: readonly string[];
  readonly label: readonly Label[];
}
export interface QueryRows {
  readonly query: readonly string[];
  /** Ids of the queries where the data has them. */
  readonly queryId?: readonly DocumentId[];
  readonly relevant: readonly (readonly DocumentId[])[];
}
export interface CandidateRows {
  readonly query: readonly string[];
  readonly queryId?: readonly DocumentId[];
  readonly candidates: readonly (readonly DocumentId[])[];
  readonly grades: readonly (readonly number[])[];
}
/** A corpus: ids in memory, texts streamed in file order, as often as one likes. */
export interface Corpus {
  readonly ids: DocumentIds;
  texts(): AsyncIterable<readonly string[]>;
}

interface WithFiles {
  readonly files: readonly TaskFile[];
  /** Warnings about the rows as read (not about the protocol). */
  readonly warnings: readonly string[];
}
export interface SplitsOf<Rows> {
  readonly validation: Rows | null;
  readonly test: Rows;
}
export interface StsData extends WithFiles {
  readonly family: 'STS';
  readonly splits: SplitsOf<StsRows>;
}
export interface PairData extends WithFiles {
  readonly family: 'PairClassification';
  readonly splits: SplitsOf<LabelledPairRows>;
}
export interface ClassificationData extends WithFiles {
  readonly family: 'Classification';
  readonly splits: SplitsOf<LabelledTextRows> & { readonly train: LabelledTextRows };
}
export interface ClusteringData extends WithFiles {
  readonly family: 'Clustering';
  readonly splits: SplitsOf<LabelledTextRows>;
}
export interface RetrievalData extends WithFiles {
  readonly family: 'Retrieval';
  readonly corpus: Corpus;
  readonly splits: SplitsOf<QueryRows>;
}
export interface RerankingData extends WithFiles {
  readonly family: 'Reranking';
  readonly corpus: Corpus;
  readonly splits: SplitsOf<CandidateRows>;
}
/** All rows of one task, told apart by `family`. */
export type TaskData = StsData | PairData | ClassificationData | ClusteringData | RetrievalData | RerankingData;
export type DataOf<F extends Family> = Extract<TaskData, { family: F }>;

export type SplitName = 'train' | 'validation' | 'test' | 'corpus';

/** The texts of one role of one split, in file order, repeats included, without a prompt. */
export interface TextList {
  readonly split: SplitName;
  readonly role: TextRole;
  readonly rows: number;
  texts(): AsyncIterable<readonly string[]>;
}
