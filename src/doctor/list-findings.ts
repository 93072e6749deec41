import type { ModelRole } from '../definitions/types.js';
import { SAME_VECTOR } from './batch-probe.js';
import { shown, tokenCause } from './find-causes.js';
import type { DoctorReport, Finding, SideReport } from './types.js';
import { percent, vectorFindings, type ComparedVectors } from './vector-findings.js';

/** Above this mean cosine texts cannot be told apart in float32 similarities. */
const COLLAPSED = 0.999;
/** A reference below this spreads its texts well enough for a collapse to be the export's own. */
const SPREAD = 0.99;
/** More unknown tokens than this, and much of a text is not read. */
const MANY_UNKNOWN = 0.1;

/** Everything that was measured. */
export interface Measured extends ComparedVectors, Omit<DoctorReport, 'schema' | 'verdict' | 'findings' | 'timing'> {
  /** Remarks about the model, and whether its prompts are left out on purpose. */
  readonly warnings: readonly string[];
  readonly leavesPromptsOut: boolean;
  readonly referenceMeanCosine: number | null;
}

/** What is wrong, the failures first. */
export function listFindings(measured: Measured): Finding[] {
  const findings = [
    ...fromSanity(measured),
    ...fromPrompts(measured),
    ...fromTokens(measured),
    ...vectorFindings(measured),
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

function count(n: number, one: string, many: string): string {
  return `${n} ${n === 1 ? one : many}`;
}
