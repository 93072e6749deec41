import type { ModelRole } from '../definitions/types.js';
import { SAME_VECTOR } from './batch-probe.js';
import { findCause, shown, tokenCause, type Evidence } from './find-causes.js';
import { cosinesReach, lowBuckets, neighboursReach } from './thresholds.js';
import type { DoctorReport, Finding, SideReport, Thresholds, VectorReport } from './types.js';

/** Above this mean cosine texts cannot be told apart in float32 similarities. */
const COLLAPSED = 0.999;
/** A reference below this spreads its texts well enough for a collapse to be the export's own. */
const SPREAD = 0.99;
/** More unknown tokens than this, and much of a text is not read. */
const MANY_UNKNOWN = 0.1;
/** Ratios of one factor: their spread against it. */
const ONE_FACTOR = 0.01;
const UNIT = 1e-3;

/** Everything that was measured. */
export interface Measured extends Omit<DoctorReport, 'schema' | 'verdict' | 'findings' | 'timing'> {
  /** Remarks about the model, and whether its prompts are left out on purpose. */
  readonly warnings: readonly string[];
  readonly leavesPromptsOut: boolean;
  /** Lengths of the vectors: smallest and largest. */
  readonly norms: { readonly model: Range | null; readonly reference: Range | null };
  readonly referenceMeanCosine: number | null;
  /** Where vectors were compared. */
  readonly evidence: Evidence | null;
}
export type Range = readonly [number, number];

/** What is wrong, the failures first. */
export function listFindings(measured: Measured): Finding[] {
  const findings = [
    ...fromSanity(measured),
    ...fromPrompts(measured),
    ...fromTokens(measured),
    ...fromVectors(measured),
    ...fromBatches(measured),
    ...fromSettings(measured),
    ...measured.warnings.map((what): Finding => ({ code: 'model-warning', severity: 'warning', what })),
  ];
  return [...findings.filter(isFailure), ...findings.filter((finding) => !isFailure(finding))];
}

export function isFailure({ severity }: Finding): boolean {
  return severity === 'failure';
}

function fromSanity({ sanity, reference, vectors, referenceMeanCosine }: Measured): Finding[] {
  const { failedTexts, failed, texts, zeroVectors, meanCosine, sameVectors, unknownShare } = sanity;
  const findings: Finding[] = [];
  const fail = (code: Finding['code'], what: string, cause?: string): void =>
    void findings.push({ code, severity: 'failure', what, cause });
  if (failedTexts > 0) fail('not-embedded', `${failedTexts} of ${texts} texts have no vector`, failed[0].why);
  const zeros = reference === null ? zeroVectors : (vectors?.onlyOneZero ?? 0);
  if (zeros > 0) fail('zero-vectors', `${count(zeros, 'text has', 'texts have')} a vector of zeros`);
  const isCollapsed = meanCosine !== null && meanCosine >= COLLAPSED;
  if (isCollapsed && (referenceMeanCosine ?? 0) < SPREAD)
    fail(
      'collapsed',
      `all texts have almost the same vector (mean cosine ${shown(meanCosine)} between different texts)`,
    );
  else if (sameVectors > texts / 20)
    findings.push({
      code: 'collapsed',
      severity: 'warning',
      what: `${sameVectors} of ${texts} texts have the vector of another one, although their ids differ`,
    });
  if (unknownShare !== null && unknownShare > MANY_UNKNOWN)
    findings.push({
      code: 'unknown-tokens',
      severity: 'warning',
      what: `${percent(unknownShare)} of all tokens are unknown: the model does not read much of these texts`,
      cause: 'its vocabulary was made for other texts, or is cut short',
    });
  return findings;
}

function fromPrompts({ model, reference, leavesPromptsOut }: Measured): Finding[] {
  const findings: Finding[] = [];
  if (leavesPromptsOut)
    findings.push({
      code: 'prompts-unused',
      severity: 'warning',
      what: 'the model has prompts, and --no-prompt leaves them out',
    });
  const roles = reference === null ? [] : differingRoles(model, reference);
  if (reference === null || roles.length === 0) return findings;
  const each = roles.map(
    (role) => `${role} ${quoted(model.prompts[role])}, the reference ${quoted(reference.prompts[role])}`,
  );
  const lacks = roles.every((role) => model.prompts[role] === '');
  findings.push({
    code: 'prompts-differ',
    severity: 'failure',
    what: `prompts differ: ${each.join('; ')}`,
    cause: lacks ? 'the export has no prompts: its config_sentence_transformers.json lacks them' : undefined,
    fix: promptFix(model, reference),
  });
  return findings;
}

/** Roles before whose texts two models put different prompts. */
function differingRoles(model: SideReport, reference: SideReport): ModelRole[] {
  return (['query', 'document', 'sentence'] as const).filter((role) => model.prompts[role] !== reference.prompts[role]);
}

export function promptFix(model: SideReport, reference: SideReport): string {
  const option = (role: ModelRole): string => (role === 'sentence' ? '--prompt' : `--${role}-prompt`);
  const options = differingRoles(model, reference).map((role) => `${option(role)} ${quoted(reference.prompts[role])}`);
  return `copy config_sentence_transformers.json of the reference, or give ${options.join(' ')}.`;
}

function fromTokens({ tokens }: Measured): Finding[] {
  if (tokens === null || tokens.different === 0 || tokens.first === null) return [];
  return [
    {
      code: 'ids-differ',
      severity: tokens.cut === tokens.different ? 'warning' : 'failure',
      what: `the token ids of ${tokens.different} of ${tokens.compared} texts differ`,
      cause: tokenCause(tokens),
      fix: tokens.cut === tokens.different ? 'see --max-tokens.' : 'take the tokenizer files of the reference.',
    },
  ];
}

function fromVectors({ model, reference, vectors, thresholds, norms, evidence }: Measured): Finding[] {
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
  norms: Measured['norms'],
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

function fromBatches({ batches, model }: Measured): Finding[] {
  if (batches === null || batches.verdict !== 'dependent') return [];
  const lowest = batches.effects.reduce((a, b) => (b.minCosine < a.minCosine ? b : a));
  const mates = batches.effects.some(({ way, minCosine }) => way === 'mates' && minCosine < SAME_VECTOR);
  const cause = mates
    ? 'activations are rounded by the range of the whole batch (dynamic quantisation)'
    : 'padding is taken for text: the graph has no attention mask, or does not use it everywhere';
  const what = `the vector of a text depends on the texts in its batch (lowest cosine to the text by itself ${shown(lowest.minCosine)}, ${lowest.way})`;
  const served = model.kind === 'endpoint';
  if (batches.cacheSafe || served)
    return [
      {
        code: 'batch-dependent',
        severity: 'warning',
        what,
        cause,
        fix: served
          ? 'have the server compute texts one by one, or do not compare single vectors with others.'
          : 'texts are computed one by one here (--batch-policy single), so vectors can be stored; whoever runs the export in batches gets others.',
      },
    ];
  return [
    {
      code: 'batch-dependent',
      severity: 'failure',
      what,
      cause,
      fix: 'leave --batch-policy out or give single, so that vectors can be stored.',
    },
  ];
}

function fromSettings({ settings }: Measured): Finding[] {
  return settings.map(({ name, model, reference }) => ({
    code: 'settings-differ',
    severity: 'warning',
    what: `${name} is ${JSON.stringify(model)}, that of the reference ${JSON.stringify(reference)}`,
  }));
}

function quoted(text: string): string {
  return text === '' ? 'none' : JSON.stringify(text);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function count(n: number, one: string, many: string): string {
  return `${n} ${n === 1 ? one : many}`;
}
