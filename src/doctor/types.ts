import type { ModelRole } from '../definitions/types.js';

/** A text that models are compared on. */
export interface DoctorText {
  readonly text: string;
  /** Whose prompt is put before it. */
  readonly role: ModelRole;
  /** What it stands for: `query`, `emoji`, `half-width kana`; `given` for the user's own. */
  readonly about: string;
}

/** Order statistics of some numbers; `p5` is the value below which one in twenty lies. */
export interface Distribution {
  readonly min: number;
  readonly p1: number;
  readonly p5: number;
  readonly median: number;
  readonly mean: number;
  readonly max: number;
}

/** One model of a comparison. */
export interface SideReport {
  readonly id: string;
  readonly kind: string;
  readonly dtype: string;
  readonly dims: number;
  readonly localHash: string;
  /** Prompts by role. */
  readonly prompts: Readonly<Record<ModelRole, string>>;
}

/** A setting in which two models differ; null where one does not say. */
export interface DifferingSetting {
  readonly name: string;
  readonly model: unknown;
  readonly reference: unknown;
}

/** Token ids of the same strings by both tokenizers. */
export interface TokenReport {
  readonly compared: number;
  readonly different: number;
  /** Of those, texts whose ids agree as far as the shorter list goes, special tokens at the end left aside. */
  readonly cut: number;
  /** Of those, texts whose ids differ at their ends alone, where special tokens stand. */
  readonly ends: number;
  readonly unknown: { readonly model: number | null; readonly reference: number | null };
  /** The first text whose ids differ. */
  readonly first: {
    readonly text: string;
    readonly model: readonly number[];
    readonly reference: readonly number[];
  } | null;
}

export interface LengthBucket {
  /** Tokens (characters where tokens are not known), from and to. */
  readonly from: number;
  readonly to: number | null;
  readonly texts: number;
  readonly min: number;
  readonly median: number;
}

export interface WorstText {
  readonly text: string;
  readonly role: ModelRole;
  readonly about: string;
  readonly cosine: number;
}

/** How near vectors are to those of the reference. */
export interface VectorReport {
  readonly compared: number;
  /** Cosine between a text's two vectors. */
  readonly cosine: Distribution;
  /** Length of the model's vector over that of the reference's. */
  readonly normRatio: Distribution;
  /** Mean share of the ten nearest texts that are the same. */
  readonly overlapAt10: number | null;
  /** Texts of which one vector is zero and the other is not. */
  readonly onlyOneZero: number;
  readonly lengthUnit: 'tokens' | 'characters';
  readonly buckets: readonly LengthBucket[];
  readonly worst: readonly WorstText[];
}

/** How far vectors move when the batch changes, against each text by itself. */
export interface BatchEffect {
  /** `copies`: beside itself; `mates`: beside others of its length; `padding`: padded beside longer ones. */
  readonly way: 'copies' | 'mates' | 'padding';
  readonly texts: number;
  readonly minCosine: number;
  /** Largest difference of a number, over the largest absolute number of its vector. */
  readonly maxDifference: number;
}

export interface BatchReport {
  readonly effects: readonly BatchEffect[];
  /** `same`: bit by bit; `rounding`: as sums in another order; `dependent`: other vectors. */
  readonly verdict: 'same' | 'rounding' | 'dependent';
  /** How texts are put into batches here; null where another program does it. */
  readonly policy: string | null;
  /** Whether a stored vector of a text is that of any later run. */
  readonly cacheSafe: boolean;
  /** The policy to use. */
  readonly advice: 'bucketed' | 'single' | null;
}

/** What can be said of the vectors of one model by themselves. */
export interface SanityReport {
  readonly texts: number;
  /** Texts without a vector; the first ones with the reason. */
  readonly failedTexts: number;
  readonly failed: readonly { readonly text: string; readonly why: string }[];
  readonly zeroVectors: number;
  /** Pairs of texts with the same vector although their token ids (or strings) differ. */
  readonly sameVectors: number;
  /** Dimensions that have the same value in every text. */
  readonly constantDims: number;
  /** Mean cosine between different texts. */
  readonly meanCosine: number | null;
  readonly unknownShare: number | null;
  readonly truncated: number | null;
}

/** Another way of running the model, tried to find out why it differs. */
export interface Trial {
  /** `--pooling cls`. */
  readonly name: string;
  /** What it would show to be the cause: `the pooling`. */
  readonly subject: string;
  /** As a part of a sentence: `with --pooling cls`. */
  readonly what: string;
  readonly fix: string;
  readonly median: number;
  readonly p5: number;
  /** Whether the reference is met that way. */
  readonly agrees: boolean;
}

export type FindingCode =
  | 'dims-differ'
  | 'ids-differ'
  | 'prompts-differ'
  | 'prompts-unused'
  | 'settings-differ'
  | 'norms-differ'
  | 'cosine-low'
  | 'neighbours-differ'
  | 'zero-vectors'
  | 'batch-dependent'
  | 'not-embedded'
  | 'collapsed'
  | 'unknown-tokens'
  | 'model-warning';

/** Something that was found; a failure fails the gate. */
export interface Finding {
  readonly code: FindingCode;
  readonly severity: 'failure' | 'warning';
  readonly what: string;
  /** The likely cause. */
  readonly cause?: string;
  readonly fix?: string;
}

/** What a comparison must reach. */
export interface Thresholds {
  /** Class of the number type that they are for. */
  readonly of: string;
  readonly median: number;
  readonly p5: number;
  readonly overlapAt10: number;
  /** By how much the median ratio of lengths may differ from 1. */
  readonly length: number;
  readonly why: string;
}

/** Everything that `jmteb doctor` found out; `schemas/doctor.schema.json`. */
export interface DoctorReport {
  readonly schema: 'jmteb/doctor/1';
  readonly verdict: 'passed' | 'failed';
  readonly model: SideReport;
  readonly reference: SideReport | null;
  readonly texts: { readonly builtIn: number; readonly given: number };
  readonly settings: readonly DifferingSetting[];
  readonly tokens: TokenReport | null;
  readonly vectors: VectorReport | null;
  readonly thresholds: Thresholds | null;
  readonly trials: readonly Trial[];
  readonly batches: BatchReport | null;
  readonly sanity: SanityReport;
  readonly findings: readonly Finding[];
  readonly timing: Readonly<Record<string, number>>;
}
