import { nearestName } from '../definitions/nearest-name.js';
import { parseProtocol, PUBLISHED } from '../definitions/protocol.js';
import type { Problem } from '../errors.js';
import type { ScoreSettings, StoreDtype } from '../run/score-settings.js';

/** Options that decide scores and not vectors, as they are given. */
export interface ScoreOptions {
  /** Default `published`. */
  readonly protocol?: string;
  readonly seed?: number;
  readonly seedMode?: 'each' | 'stream';
  readonly clusteringSeeds?: number;
  readonly clusterer?: readonly string[];
  readonly truncateDim?: number;
  readonly storeDtype?: StoreDtype;
  readonly limit?: number;
}

const CLUSTERERS = ['k-means'] as const;

/** Settings from options; what is not given has its default. */
export function scoreSettings(options: ScoreOptions): { settings: ScoreSettings; problems: readonly Problem[] } {
  const { protocol, problems } = parseProtocol(options.protocol ?? 'published');
  const names = [...new Set((options.clusterer ?? []).flatMap((name) => name.split(',')))].map((name) => name.trim());
  const unknown = names.filter((name) => !(CLUSTERERS as readonly string[]).includes(name));
  const faults = unknown.map((name): Problem => {
    const nearest = nearestName(name, CLUSTERERS);
    const fix = nearest === undefined ? `use one of ${CLUSTERERS.join(', ')}.` : `did you mean "${nearest}"?`;
    return { where: '--clusterer', what: `there is no extra clusterer "${name}".`, fix };
  });
  const settings: ScoreSettings = {
    protocol: protocol ?? PUBLISHED,
    seed: options.seed ?? 0,
    seedMode: options.seedMode ?? 'each',
    clusteringSeeds: options.clusteringSeeds ?? 1,
    clusterers: names as 'k-means'[],
    ...(options.truncateDim === undefined ? {} : { truncateDim: options.truncateDim }),
    ...(options.storeDtype === undefined ? {} : { storeDtype: options.storeDtype }),
    ...(options.limit === undefined ? {} : { limit: options.limit }),
  };
  return { settings, problems: [...problems, ...faults] };
}
