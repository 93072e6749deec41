import type { SplitName } from '../datasets/types.js';
import type { TaskDefinition, TextRole } from '../definitions/types.js';
import type { FamilyResult } from '../families/types.js';
import type { DataOptions } from './open-tasks.js';
import type { ScoreSettings } from './score-settings.js';

/** Where the vectors of one list stand, and which row of the data has which of them. */
export interface StoredListReference {
  readonly split: SplitName;
  readonly role: TextRole;
  readonly folder: string;
  readonly index: Int32Array;
}

/** What scoring a task needs; it is sent to a child, so paths and numbers only. */
export interface ScoringRequest {
  readonly definition: TaskDefinition;
  readonly data: DataOptions;
  /** SHA-256 of the files as they were when their texts were embedded, in their order; a split can have several files. */
  readonly hashes: readonly string[];
  readonly lists: readonly StoredListReference[];
  readonly settings: Omit<ScoreSettings, 'protocol'>;
  /** Canonical name of the protocol. */
  readonly protocol: string;
  readonly threads: number;
  /** Bytes for search and distance matrices. */
  readonly maxMemory: number;
}

export interface ScoringProgress {
  readonly step: string;
  readonly done: number;
  readonly total: number;
}

export type OnScoringProgress = (progress: ScoringProgress) => void;

/** A place where tasks are scored. */
export interface Scorer {
  score(request: ScoringRequest, onProgress?: OnScoringProgress): Promise<FamilyResult>;
  close(): Promise<void>;
}
