import type { LengthBucket, Thresholds } from './types.js';

/** Number types by what they can keep, the finest first. */
const CLASSES = ['single', 'half', 'int8', '4-bit'] as const;
type DtypeClass = (typeof CLASSES)[number];

/**
 * What an export must reach, by the class of its number type: the cosines of half and of nineteen in twenty of all texts,
 * the
 * share of the ten nearest texts that stay, and by how much the median ratio of lengths may differ from 1.
 */
const THRESHOLDS = {
  single: {
    median: 0.99999,
    p5: 0.9999,
    overlapAt10: 0.99,
    length: 0.001,
    why: 'the same weights computed twice in float32 agree to 1e-9; the rest is for other operators and machines',
  },
  half: {
    median: 0.9999,
    p5: 0.999,
    overlapAt10: 0.97,
    length: 0.005,
    why: 'rounding to half precision leaves 0.999999; bfloat16 and deep models lose more',
  },
  int8: {
    median: 0.98,
    p5: 0.97,
    overlapAt10: 0.82,
    length: 0.02,
    why: 'a healthy int8 export of all-MiniLM-L6-v2 reaches 0.985, 0.977 and 0.854; with the scale of one layer doubled it falls below 0.975, 0.95 and 0.82',
  },
  '4-bit': {
    median: 0.96,
    p5: 0.94,
    overlapAt10: 0.7,
    length: 0.03,
    why: 'healthy 4-bit exports of a small model reach 0.975, 0.968 and 0.757',
  },
} as const satisfies Record<DtypeClass, Omit<Thresholds, 'of'>>;

const CLASS_OF: Readonly<Record<string, DtypeClass>> = {
  fp32: 'single',
  fp16: 'half',
  bf16: 'half',
  q8: 'int8',
  int8: 'int8',
  uint8: 'int8',
  q4: '4-bit',
  bnb4: '4-bit',
  q4f16: '4-bit',
};
/** What is not known: servers compute in half precision as a rule. */
const UNKNOWN: DtypeClass = 'half';

export interface ThresholdOptions {
  /** In place of both thresholds of cosines. */
  readonly minCosine?: number;
  readonly minOverlap?: number;
}

/** The thresholds for two number types: those of the coarser one, unless others are asked for. */
export function thresholdsFor(dtypes: readonly string[], { minCosine, minOverlap }: ThresholdOptions = {}): Thresholds {
  const places = dtypes.map((dtype) => CLASSES.indexOf(CLASS_OF[dtype] ?? UNKNOWN));
  const of = CLASSES[Math.max(...places)];
  const { median, p5, overlapAt10, length, why } = THRESHOLDS[of];
  const asked = [
    ...(minCosine === undefined ? [] : ['--min-cosine']),
    ...(minOverlap === undefined ? [] : ['--min-overlap']),
  ];
  return {
    of,
    median: minCosine ?? median,
    p5: minCosine ?? p5,
    overlapAt10: minOverlap ?? overlapAt10,
    length,
    why: asked.length === 0 ? why : `${asked.join(' and ')}; else: ${why}`,
  };
}

/** Whether cosines reach the thresholds. */
export function cosinesReach(cosine: { readonly median: number; readonly p5: number }, to: Thresholds): boolean {
  return cosine.median >= to.median && cosine.p5 >= to.p5;
}

/** Texts of which a median says something. */
export const ENOUGH = 5;

/**
 * Lengths whose texts are low as a group, few as they may be among all texts: the median of each has to reach what nineteen
 * in twenty of all have to.
 */
export function lowBuckets(buckets: readonly LengthBucket[], { p5 }: Thresholds): LengthBucket[] {
  return buckets.filter(({ texts, median }) => texts >= ENOUGH && median < p5);
}

/** Whether the share of neighbours that stay reaches the threshold; it does where there is none. */
export function neighboursReach(overlap: number | null, { overlapAt10 }: Thresholds): boolean {
  return overlap === null || overlap >= overlapAt10;
}
