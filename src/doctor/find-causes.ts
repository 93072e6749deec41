import { distributionOf } from './distribution.js';
import { cosinesReach, ENOUGH } from './thresholds.js';
import type { DifferingSetting, LengthBucket, Thresholds, TokenReport, Trial } from './types.js';

/** What is known where vectors are not near enough. */
export interface Evidence {
  readonly thresholds: Thresholds;
  /** Cosines of the texts, with the prompts of the reference; null where there is none. */
  readonly cosines: readonly (number | null)[];
  /** Texts whose ids differ; undefined where ids are not known. */
  readonly different: ReadonlySet<number> | undefined;
  readonly tokens: TokenReport | null;
  readonly buckets: readonly LengthBucket[];
  readonly lengthUnit: string;
  readonly settings: readonly DifferingSetting[];
  readonly trials: readonly Trial[];
}

/** The likely cause of vectors that differ, and what to do about it. */
export interface Cause {
  readonly cause: string;
  readonly fix?: string;
}

/**
 * Why vectors differ, the first cause that explains it: another way of running the model that meets the reference, ids
 * that differ, a setting, else the weights.
 */
export function findCause(evidence: Evidence): Cause {
  return fromTrials(evidence) ?? fromTokens(evidence) ?? fromSettings(evidence) ?? fromWeights(evidence);
}

function fromTrials({ trials }: Evidence): Cause | undefined {
  const helped = trials.find(({ agrees }) => agrees);
  if (helped === undefined) return undefined;
  return {
    cause: `${helped.subject}: ${helped.what} the vectors agree (median cosine ${shown(helped.median)})`,
    fix: helped.fix,
  };
}

function fromTokens({ different, cosines, thresholds, tokens }: Evidence): Cause | undefined {
  if (different === undefined || tokens === null || different.size === 0) return undefined;
  const of = (isDifferent: boolean): number[] =>
    cosines.filter((cosine, i): cosine is number => cosine !== null && different.has(i) === isDifferent);
  const [equal, other] = [of(false), of(true)];
  const why = tokenCause(tokens);
  if (equal.length < ENOUGH) return { cause: `almost no text has the same ids: ${why}` };
  const same = distributionOf(equal);
  if (!cosinesReach(same, thresholds))
    return {
      cause: `not the ids alone: texts with equal ids differ, too (median cosine ${shown(same.median)}); ${why}`,
    };
  const median = other.length === 0 ? '' : `, those with other ids do not (${shown(distributionOf(other).median)})`;
  return { cause: `the ids: texts with equal ids agree (median cosine ${shown(same.median)})${median}` };
}

/** Why ids differ. */
export function tokenCause({ different, cut, ends, unknown }: TokenReport): string {
  if (cut === different) return 'texts are cut at another length';
  if (ends === different) return 'other special tokens stand at the ends';
  const [own, others] = [unknown.model ?? 0, unknown.reference ?? 0];
  if (own > others)
    return `its vocabulary lacks pieces that the reference has (${own} unknown tokens, the reference ${others})`;
  if (own < others)
    return `its vocabulary has pieces that the reference lacks (${own} unknown tokens, the reference ${others})`;
  return 'another tokenizer, or other settings of it (normalizer, pre-tokenizer, special tokens)';
}

function fromSettings({ settings }: Evidence): Cause | undefined {
  if (settings.length === 0) return undefined;
  const listed = settings.map(
    ({ name, model, reference }) => `${name} (${told(model)}, the reference ${told(reference)})`,
  );
  return { cause: `settings differ: ${listed.join(', ')}` };
}

function fromWeights({ buckets, lengthUnit, thresholds, trials, tokens }: Evidence): Cause {
  const isBad = ({ median }: LengthBucket): boolean => median < thresholds.median;
  const firstBad = buckets.findIndex(isBad);
  const onlyLong = firstBad > 0 && buckets.slice(firstBad).every(isBad);
  const ids = tokens === null ? '' : 'the ids are equal';
  const tried =
    trials.length === 0 ? '' : `none of these gives the reference: ${trials.map(({ name }) => name).join(', ')}`;
  const known = [ids, tried].filter((part) => part !== '').join(' and ');
  const where = onlyLong
    ? `positions or the attention mask (only texts of ${buckets[firstBad].from} ${lengthUnit} and more differ)`
    : 'the weights or the number type';
  return {
    cause: `${where}${known === '' ? '' : `: ${known}`}`,
    fix: 'export again from the reference; for a quantised export look at layers that were left out or calibrated.',
  };
}

export function shown(cosine: number): string {
  return cosine.toFixed(cosine > 0.999 ? 6 : 4);
}

function told(value: unknown): string {
  return value === null ? 'none' : String(value);
}
