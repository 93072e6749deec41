import type { Matrix } from '../numeric/matrix.js';
import { distributionOf } from './distribution.js';
import { neighbourOverlap } from './neighbours.js';
import { compareRows } from './row-cosines.js';
import type { DoctorText, LengthBucket, VectorReport } from './types.js';

const NEIGHBOURS = 10;
/** Of a longer list the first texts, since every text is compared with every other. */
const MOST_NEIGHBOURS = 1000;
const WORST = 10;
/** Lengths that share a bucket end here. */
const BUCKET_ENDS = [8, 32, 128] as const;

/** Lengths of texts, and what they count. */
export interface TextLengths {
  readonly unit: 'tokens' | 'characters';
  readonly lengths: readonly number[];
}

/**
 * How near a model's vectors are to those of the reference.
 *
 * @param model shape (texts, dims)
 * @param reference the same shape
 * @returns undefined where no text has two vectors other than zero
 */
export function compareVectors(
  model: Matrix,
  reference: Matrix,
  texts: readonly DoctorText[],
  { unit, lengths }: TextLengths,
): VectorReport | undefined {
  const rows = compareRows(model, reference);
  const compared = [...rows.keys()].filter((i) => rows[i].cosine !== null);
  if (compared.length === 0) return undefined;
  const cosine = (i: number): number => rows[i].cosine as number;
  const near = (side: Matrix): Matrix => pickRows(side, compared.slice(0, MOST_NEIGHBOURS));
  const worst = [...compared].sort((a, b) => cosine(a) - cosine(b) || a - b).slice(0, WORST);
  return {
    compared: compared.length,
    cosine: distributionOf(compared.map(cosine)),
    normRatio: distributionOf(compared.map((i) => rows[i].ratio as number)),
    overlapAt10: neighbourOverlap(near(model), near(reference), NEIGHBOURS),
    onlyOneZero: [...rows.keys()].filter((i) => isZero(model, i) !== isZero(reference, i)).length,
    lengthUnit: unit,
    buckets: bucketsOf(compared.map((i) => ({ length: lengths[i], cosine: cosine(i) }))),
    worst: worst.map((i) => ({ ...texts[i], cosine: cosine(i) })),
  };
}

function bucketsOf(texts: readonly { readonly length: number; readonly cosine: number }[]): LengthBucket[] {
  const ends = [...BUCKET_ENDS, null];
  return ends.flatMap((to, i) => {
    const from = i === 0 ? 0 : (ends[i - 1] as number) + 1;
    const inside = texts.filter(({ length }) => length >= from && length <= (to ?? Infinity));
    if (inside.length === 0) return [];
    const { min, median } = distributionOf(inside.map(({ cosine }) => cosine));
    return [{ from, to, texts: inside.length, min, median }];
  });
}

/** Some rows, copied. */
export function pickRows({ data, dims }: Matrix, places: readonly number[]): Matrix {
  const picked = new Float32Array(places.length * dims);
  for (const [row, i] of places.entries()) picked.set(data.subarray(i * dims, (i + 1) * dims), row * dims);
  return { data: picked, rows: places.length, dims };
}

function isZero({ data, dims }: Matrix, i: number): boolean {
  return data.subarray(i * dims, (i + 1) * dims).every((value) => value === 0);
}
