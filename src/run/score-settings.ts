import type { Protocol } from '../definitions/types.js';

/** Number types in which vectors can be stored. */
export type StoreDtype = 'fp32' | 'fp16';

/** Options that decide scores and not what a model computes. */
export interface ScoreSettings {
  readonly protocol: Protocol;
  /** 0 .. 2^32 - 1 */
  readonly seed: number;
  readonly seedMode: 'each' | 'stream';
  /** >= 1 */
  readonly clusteringSeeds: number;
  readonly clusterers: readonly 'k-means'[];
  /** Leading dimensions to score with; all unless given. */
  readonly truncateDim?: number;
  /** How vectors are stored, and scored; by the length of a list unless given. */
  readonly storeDtype?: StoreDtype;
  /** Queries, pairs or rows a split in a smoke run; all unless given. */
  readonly limit?: number;
}

const DEFAULTS = { seed: 0, seedMode: 'each', clusteringSeeds: 1 } as const;

/** The settings that differ from the defaults, as the command line spells them: part of the variant's name. */
export function settingsInVariant(settings: ScoreSettings): Record<string, string | number> {
  const named: Record<string, string | number> = {};
  if (settings.seed !== DEFAULTS.seed) named.seed = settings.seed;
  if (settings.seedMode !== DEFAULTS.seedMode) named['seed-mode'] = settings.seedMode;
  if (settings.clusteringSeeds !== DEFAULTS.clusteringSeeds) named['clustering-seeds'] = settings.clusteringSeeds;
  if (settings.clusterers.length > 0) named.clusterer = settings.clusterers.join(',');
  if (settings.truncateDim !== undefined) named['truncate-dim'] = settings.truncateDim;
  if (settings.storeDtype !== undefined) named['store-dtype'] = settings.storeDtype;
  if (settings.limit !== undefined) named.limit = settings.limit;
  return named;
}

/** The settings as `run.json` records them. */
export function recordedSettings(settings: ScoreSettings): Record<string, unknown> {
  return {
    seed: settings.seed,
    seedMode: settings.seedMode,
    clusteringSeeds: settings.clusteringSeeds,
    clusterers: [...settings.clusterers],
    truncateDim: settings.truncateDim ?? null,
    storeDtype: settings.storeDtype ?? null,
    limit: settings.limit ?? null,
  };
}
