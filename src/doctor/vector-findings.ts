import { findCause, shown, type Evidence } from './find-causes.js';
import { cosinesReach, lowBuckets, neighboursReach } from './thresholds.js';
import type { DoctorReport, Finding, Thresholds, VectorReport } from './types.js';

/** Ratios of one factor: their spread against it. */
const ONE_FACTOR = 0.01;
const UNIT = 1e-3;

/** Smallest and largest. */
export type Range = readonly [number, number];

/** What is known of the vectors of a model and its reference. */
export interface ComparedVectors extends Pick<DoctorReport, 'model' | 'reference' | 'vectors' | 'thresholds'> {
  /** Lengths of the vectors; null where all are zero. */
  readonly norms: { readonly model: Range | null; readonly reference: Range | null };
  /** Where vectors were compared. */
  readonly evidence: Evidence | null;
}

/** What is wrong with vectors beside those of a reference, with the likely cause. */
export function vectorFindings({ model, reference, vectors, thresholds, norms, evidence }: ComparedVectors): Finding[] {
  if (reference === null) return [];
  if (model.dims !== reference.dims)
    return [
      {
        code: 'dims-differ',
        severity: 'failure',
        what: `vectors have ${model.dims} dimensions, those of the reference ${reference.dims}`,
        cause: 'another model, other modules behind it, or an output before or behind its last layer',
      },
    ];
  if (vectors === null || thresholds === null || evidence === null) return [];
  const misses = [...cosineMisses(vectors, thresholds), ...neighbourMisses(vectors, thresholds)];
  const cause = misses.length === 0 ? undefined : findCause(evidence);
  const findings = misses.map((miss): Finding => ({ ...miss, severity: 'failure', ...cause }));
  const lengths = normFinding(vectors.normRatio, norms, thresholds.length);
  return lengths === undefined ? findings : [...findings, lengths];
}

type Miss = Pick<Finding, 'code' | 'what'>;

function cosineMisses({ cosine: { median, p5 }, buckets, lengthUnit }: VectorReport, expected: Thresholds): Miss[] {
  const code = 'cosine-low';
  if (!cosinesReach({ median, p5 }, expected)) {
    const what = `the cosine to the reference is ${shown(median)} in the median and ${shown(p5)} for the lowest twentieth; at least ${expected.median} and ${expected.p5} are expected of ${expected.of} exports`;
    return [{ code, what }];
  }
  return lowBuckets(buckets, expected).map((bucket) => {
    const texts = `texts of ${bucket.from}${bucket.to === null ? ' and more' : ` to ${bucket.to}`} ${lengthUnit}`;
    const what = `the median cosine to the reference is ${shown(bucket.median)} in ${texts}; at least ${expected.p5} is expected of ${expected.of} exports`;
    return { code, what };
  });
}

function neighbourMisses({ overlapAt10 }: VectorReport, expected: Thresholds): Miss[] {
  if (overlapAt10 === null || neighboursReach(overlapAt10, expected)) return [];
  const what = `${percent(overlapAt10)} of the ten nearest texts are those of the reference; at least ${percent(expected.overlapAt10)} are expected of ${expected.of} exports`;
  return [{ code: 'neighbours-differ', what }];
}

function normFinding(
  ratio: { min: number; median: number; max: number },
  norms: ComparedVectors['norms'],
  tolerance: number,
): Finding | undefined {
  if (Math.abs(ratio.median - 1) <= tolerance) return undefined;
  const isUnit = (range: Range | null): boolean => range !== null && range[0] > 1 - UNIT && range[1] < 1 + UNIT;
  const [own, others] = [isUnit(norms.model), isUnit(norms.reference)];
  const isFactor = (ratio.max - ratio.min) / ratio.median < ONE_FACTOR;
  const what = `vectors are ${ratio.median.toPrecision(3)} times as long as those of the reference`;
  const found = { code: 'norms-differ', severity: 'failure' } as const;
  if (others && !own)
    return {
      ...found,
      what,
      cause: 'normalization: only the reference has vectors of length 1',
      fix: 'give --normalize true, or add the Normalize module.',
    };
  if (own && !others)
    return {
      ...found,
      what,
      cause: 'normalization: only the export has vectors of length 1',
      fix: 'give --normalize false, or remove the Normalize module.',
    };
  const cause = isFactor
    ? 'scale: the factor is the same for every text, so cosines are not touched, but dot products and distances are'
    : 'the factor changes from text to text: pooling, or the weights';
  return { ...found, what, cause };
}

export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
