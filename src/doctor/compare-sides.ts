import type { EmbeddingResources, ModelOptions } from '../embedding/types.js';
import { compareTokens } from './compare-tokens.js';
import { compareVectors, pickRows } from './compare-vectors.js';
import { differingSettings } from './differing-settings.js';
import { finalStrings, type EmbeddedSide, type Watch } from './embed-texts.js';
import type { Examined, Side } from './examine-model.js';
import type { Evidence } from './find-causes.js';
import { promptFix } from './list-findings.js';
import { compareRows } from './row-cosines.js';
import { runTrials } from './run-trials.js';
import { cosinesReach, lowBuckets, neighboursReach, thresholdsFor, type ThresholdOptions } from './thresholds.js';
import type {
  DifferingSetting,
  DoctorText,
  SideReport,
  Thresholds,
  TokenReport,
  Trial,
  VectorReport,
} from './types.js';
import { distributionOf } from './distribution.js';

export interface Comparison {
  readonly settings: readonly DifferingSetting[];
  readonly tokens: TokenReport | null;
  readonly vectors: VectorReport | null;
  readonly thresholds: Thresholds;
  readonly trials: readonly Trial[];
  /** null where no vectors could be compared. */
  readonly evidence: Evidence | null;
}

export interface ComparisonRequest extends ThresholdOptions {
  /** As the command line names the model, with its options. */
  readonly spec: string;
  readonly options: ModelOptions;
  readonly side: Side;
  readonly reference: Side;
  readonly report: { readonly model: SideReport; readonly reference: SideReport };
  readonly examined: Examined;
  readonly referenceVectors: EmbeddedSide;
  readonly texts: readonly DoctorText[];
  readonly resources: EmbeddingResources;
  readonly watch?: Watch;
}

/** Holds what a model gave against its reference; where vectors differ, other ways of running the model are tried. */
export async function compareSides(request: ComparisonRequest): Promise<Comparison> {
  const { side, reference, texts, examined, referenceVectors } = request;
  const settings = differingSettings(side.model, reference.model);
  const thresholds = thresholdsFor([side.model.dtype, reference.model.dtype], request);
  const strings = finalStrings(texts, reference.prompts);
  const tokens =
    side.tokenizing === undefined || reference.tokenizing === undefined
      ? undefined
      : compareTokens(side.tokenizing, reference.tokenizing, strings);
  const nothing = { settings, tokens: tokens?.report ?? null, thresholds, vectors: null, trials: [], evidence: null };
  if (side.model.dims !== reference.model.dims) return nothing;
  const places = [...texts.keys()].filter((i) => !examined.embedded.failed.has(i) && !referenceVectors.failed.has(i));
  const pick = ({ vectors }: EmbeddedSide) => pickRows(vectors, places);
  const [own, others] = [pick(examined.embedded), pick(referenceVectors)];
  const some = places.map((i) => texts[i]);
  const lengths = places.map((i) => examined.lengths.lengths[i]);
  const vectors = compareVectors(own, others, some, { unit: examined.lengths.unit, lengths });
  if (vectors === undefined) return nothing;
  const cosines = compareRows(pick(examined.fair), others).map(({ cosine }) => cosine);
  const isNear =
    cosinesReach(vectors.cosine, thresholds) &&
    lowBuckets(vectors.buckets, thresholds).length === 0 &&
    neighboursReach(vectors.overlapAt10, thresholds);
  const trials = isNear
    ? []
    : [
        ...promptTrial(request, cosines, thresholds),
        ...(await runTrials({
          ...request,
          ...{ model: side.model, texts: some, lengths, prompts: reference.prompts, reference: others },
          ...{ settings, thresholds },
        })),
      ];
  const different =
    tokens === undefined ? undefined : new Set(places.flatMap((i, row) => (tokens.different.has(i) ? [row] : [])));
  const evidence = {
    ...{ thresholds, cosines, different, tokens: tokens?.report ?? null },
    ...{ buckets: vectors.buckets, lengthUnit: vectors.lengthUnit, settings, trials },
  };
  return { ...nothing, vectors, trials, evidence };
}

/** Where prompts differ: whether those of the reference are the whole difference. */
function promptTrial(
  { examined, report }: ComparisonRequest,
  cosines: readonly (number | null)[],
  thresholds: Thresholds,
): Trial[] {
  const known = cosines.filter((cosine) => cosine !== null);
  if (examined.fair === examined.embedded || known.length === 0) return [];
  const { median, p5 } = distributionOf(known);
  return [
    {
      ...{ name: 'prompts of the reference', subject: 'the prompts', what: 'with those of the reference' },
      fix: promptFix(report.model, report.reference),
      ...{ median, p5, agrees: cosinesReach({ median, p5 }, thresholds) },
    },
  ];
}
