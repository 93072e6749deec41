import type { Family } from '../definitions/types.js';
import type { ItemTable } from '../families/types.js';
import type { McNemar } from '../metrics/mcnemar.js';
import type { Run } from '../results/read-run.js';
import type { SettingDifference } from './setting-differences.js';

/** A run with the item tables of its tasks. */
export interface RunItems {
  /** How tables and messages call it; distinct among the runs of a comparison. */
  readonly name: string;
  readonly run: Pick<Run, 'record' | 'tasks' | 'folder'>;
  /** By task id; a task without its table is left out of paired statistics. */
  readonly items: ReadonlyMap<string, ItemTable>;
  /** Tasks that the model's definition says it was trained on; null where nobody knows. */
  readonly trainedOn: readonly string[] | null;
}

export interface CompareOptions {
  /** Bootstrap resamples and swaps; default 2,000. */
  readonly resamples?: number;
  /** Default 0. */
  readonly seed?: number;
  /** Of the intervals; default 0.95. */
  readonly confidence?: number;
}

/** The second run minus the first, in points. */
export interface Difference {
  readonly difference: number;
  /** Percentile bootstrap over items at the confidence asked for. */
  readonly interval: readonly [number, number];
  /** The bound that the true difference lies above, one-sided, at that confidence. */
  readonly lowerBound: number;
  readonly standardError: number;
  /** Two-sided: how often chance gives as large a difference. */
  readonly p: number;
  /** One-sided: how often chance gives as large a loss. */
  readonly lossP: number;
}

export interface PairDifference extends Difference {
  /** Names of runs: `b` minus `a`. */
  readonly a: string;
  readonly b: string;
}

export interface TaskDifference extends PairDifference {
  /** Two-sided p after Holm's adjustment over the tasks of this pair of runs. */
  readonly holmP: number;
  /** The smallest difference that the task could have shown: 80 % power at 5 %, two-sided. */
  readonly detectable: number;
  /** Decisions right and wrong; classification and pairs only. */
  readonly mcNemar: McNemar | null;
  /** Of items' means only; null where all items differ alike. */
  readonly pairedT: { readonly t: number; readonly p: number } | null;
}

export interface ComparedTask {
  readonly task: string;
  readonly family: Family;
  readonly metric: string;
  readonly items: number;
  readonly partial: boolean;
  /** Fractions, in the order of the runs. */
  readonly scores: readonly number[];
  /** Names of runs whose model is known to have been trained on it. */
  readonly seenBy: readonly string[];
  /** False for a clustering without seeds enough: its intervals and p hold the noise of its documents only. */
  readonly noiseKnown: boolean;
  /** One a pair of runs; those against the first run come first. */
  readonly differences: readonly TaskDifference[];
  readonly notes: readonly string[];
}

/** `unseen`: without tasks that a model is known to have been trained on; `stable`: without those of unknown noise. */
export type AverageKind = 'datasets' | 'families' | 'unseen' | 'stable';

export interface ComparedAverage {
  readonly average: AverageKind;
  /** What it is over, in words: `mean over datasets (16)`. */
  readonly name: string;
  readonly tasks: readonly string[];
  readonly scores: readonly number[];
  readonly differences: readonly PairDifference[];
  /** Runs, best first, in groups that this average cannot tell apart from their best. */
  readonly tieGroups: readonly (readonly string[])[];
}

/** A score that others reported, beside those of the runs: no items, so no test. */
export interface ReportedScores {
  readonly name: string;
  readonly model: string;
  readonly protocol: string;
  /** The file that it was imported from. */
  readonly from: string;
  readonly tasks: readonly ReportedTask[];
  /** The mean over the datasets that all of them have; null where there are none. */
  readonly mean: {
    readonly tasks: readonly string[];
    readonly reported: number;
    readonly scores: readonly number[];
  } | null;
}

export interface ReportedTask {
  readonly task: string;
  readonly family: Family;
  readonly metric: string;
  /** Fractions. */
  readonly reported: number;
  /** In the order of the runs; null where a run has no such score, or of another metric. */
  readonly scores: readonly (number | null)[];
}

/** A task that not all runs have a score for. */
export interface LeftOut {
  readonly task: string;
  readonly run: string;
  readonly reason: string;
}

export interface ComparedRun {
  readonly name: string;
  readonly model: string;
  readonly variant: string;
  /** Whether it is known what the model was trained on; where not, `seenBy` says nothing of it. */
  readonly trainingKnown: boolean;
}

export interface Comparison {
  readonly schema: 'jmteb/comparison/1';
  readonly runs: readonly ComparedRun[];
  /** Scores of others that stand beside the runs. */
  readonly reported: readonly ReportedScores[];
  /** Of each run against the first: what may explain a difference. */
  readonly settingDifferences: readonly { readonly run: string; readonly fields: readonly SettingDifference[] }[];
  readonly protocol: string;
  /** null: whole tasks. */
  readonly limit: number | null;
  readonly settings: { readonly resamples: number; readonly seed: number; readonly confidence: number };
  readonly tasks: readonly ComparedTask[];
  readonly averages: readonly ComparedAverage[];
  readonly leftOut: readonly LeftOut[];
  readonly warnings: readonly string[];
}
