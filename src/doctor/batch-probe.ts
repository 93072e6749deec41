import { TextFault } from '../embedding/token-embedder.js';
import type { Watch } from './embed-texts.js';
import type { Embedder } from '../embedding/types.js';
import type { Matrix } from '../numeric/matrix.js';
import { pickRows } from './compare-vectors.js';
import { compareRows } from './row-cosines.js';
import type { BatchEffect, BatchReport } from './types.js';

/** Texts that are probed. */
const PROBED = 24;
const COPIES = 4;
/** Groups of equally long texts, and texts of a group. */
const GROUPS = 8;
const MATES = 4;
/**
 * Cosines below this are another vector. Sums in another order move a cosine by 1e-13 in float32 and by 1e-7 in half
 * precision; a range of activations that is taken over the whole batch moves it by 1e-4 and more.
 */
export const SAME_VECTOR = 1 - 1e-5;

export interface ProbedTexts {
  /** Final strings that have a vector; some of all lengths are taken. */
  readonly strings: readonly string[];
  /** Tokens (or characters) of each. */
  readonly lengths: readonly number[];
  /** How the model puts texts into batches; null where another program does it. */
  readonly policy: string | null;
}

/**
 * Whether the vector of a text depends on the texts that are computed with it, and on padding.
 *
 * Each text by itself is what the others are held against: it beside copies of itself (no other text, no padding), beside
 * others of its length (no padding), and all in one batch, padded to the longest.
 */
export async function probeBatches(
  embedder: Embedder,
  dims: number,
  { strings, lengths, policy }: ProbedTexts,
  watch: Watch = {},
): Promise<BatchReport | null> {
  const probed = spread(lengths, PROBED);
  const vectors = async (some: readonly number[]): Promise<Matrix> => {
    const texts = some.map((i) => strings[i]);
    const { rows } = await embedder.embed(texts, { prompt: '', inOneBatch: true, ...watch });
    return { data: rows, rows: some.length, dims };
  };
  try {
    const mates = ofOneLength(lengths);
    const all = [...new Set([...probed, ...mates.flat()])];
    const alone = await joined(
      all.map((i) => [i]),
      vectors,
      dims,
    );
    const measure = async (way: BatchEffect['way'], groups: readonly (readonly number[])[]): Promise<BatchEffect[]> => {
      if (groups.length === 0) return [];
      const places = groups.flat();
      const apart = pickRows(
        alone,
        places.map((i) => all.indexOf(i)),
      );
      return [effectOf(way, apart, await joined(groups, vectors, dims))];
    };
    const effects = [
      ...(await measure(
        'copies',
        probed.map((i) => Array.from({ length: COPIES }, () => i)),
      )),
      ...(await measure('mates', mates)),
      ...(await measure('padding', [probed])),
    ];
    return verdictOf(effects, policy);
  } catch (thrown) {
    // A text that has a vector only in some batches is told with the vectors.
    if (thrown instanceof TextFault) return null;
    throw thrown;
  }
}

function verdictOf(effects: readonly BatchEffect[], policy: string | null): BatchReport {
  const dependent = effects.some(({ minCosine }) => minCosine < SAME_VECTOR);
  const verdict = dependent
    ? 'dependent'
    : effects.every(({ maxDifference }) => maxDifference === 0)
      ? 'same'
      : 'rounding';
  return {
    effects,
    verdict,
    policy,
    cacheSafe: !dependent || policy === 'single',
    advice: policy === null ? null : dependent ? 'single' : 'bucketed',
  };
}

async function joined(
  groups: readonly (readonly number[])[],
  vectors: (some: readonly number[]) => Promise<Matrix>,
  dims: number,
): Promise<Matrix> {
  const rows = groups.reduce((sum, group) => sum + group.length, 0);
  const data = new Float32Array(rows * dims);
  let at = 0;
  for (const group of groups) {
    const part = await vectors(group);
    data.set(part.data, at);
    at += part.data.length;
  }
  return { data, rows, dims };
}

function effectOf(way: BatchEffect['way'], apart: Matrix, together: Matrix): BatchEffect {
  const cosines = compareRows(together, apart).map(({ cosine }) => cosine ?? 1);
  let maxDifference = 0;
  for (let i = 0; i < apart.rows; i++) {
    const range = [i * apart.dims, (i + 1) * apart.dims] as const;
    const [x, y] = [apart.data.subarray(...range), together.data.subarray(...range)];
    const largest = x.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    for (let j = 0; j < x.length; j++) {
      const difference = Math.abs(x[j] - y[j]);
      if (difference > 0) maxDifference = Math.max(maxDifference, difference / (largest === 0 ? 1 : largest));
    }
  }
  return {
    way,
    texts: apart.rows,
    minCosine: cosines.reduce((least, value) => Math.min(least, value), 1),
    maxDifference,
  };
}

/** Places of texts of all lengths, from the shortest to the longest, as evenly as they come. */
export function spread(lengths: readonly number[], count: number): number[] {
  const order = [...lengths.keys()].sort((a, b) => lengths[a] - lengths[b] || a - b);
  if (order.length <= count) return order;
  return Array.from({ length: count }, (_, i) => order[Math.round((i * (order.length - 1)) / (count - 1))]);
}

/** Groups of a few texts that are equally long, of all lengths. */
function ofOneLength(lengths: readonly number[]): number[][] {
  const byLength = new Map<number, number[]>();
  for (const [i, length] of lengths.entries()) {
    const group = byLength.get(length);
    if (group === undefined) byLength.set(length, [i]);
    else if (group.length < MATES) group.push(i);
  }
  const groups = [...byLength.values()].filter((group) => group.length > 1);
  return spread(
    groups.map(([i]) => lengths[i]),
    GROUPS,
  ).map((place) => groups[place]);
}
