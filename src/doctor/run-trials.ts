import { resolveModel } from '../embedding/resolve-model.js';
import type { EmbeddingResources, ModelOptions, ResolvedModel } from '../embedding/types.js';
import { UserError } from '../errors.js';
import type { Matrix } from '../numeric/matrix.js';
import { spread } from './batch-probe.js';
import { pickRows } from './compare-vectors.js';
import { distributionOf } from './distribution.js';
import { embedTexts, type RolePrompts, type Watch } from './embed-texts.js';
import { compareRows } from './row-cosines.js';
import { cosinesReach } from './thresholds.js';
import type { DifferingSetting, DoctorText, Thresholds, Trial } from './types.js';

/** Texts of a trial. */
const TRIED = 48;
const POOLINGS = ['mean', 'cls', 'last_token'] as const;

export interface TrialRequest {
  /** As the command line names the model, with its options. */
  readonly spec: string;
  readonly options: ModelOptions;
  readonly model: ResolvedModel;
  readonly resources: EmbeddingResources;
  readonly texts: readonly DoctorText[];
  /** Lengths of the texts, so that some of all lengths are taken. */
  readonly lengths: readonly number[];
  /** Prompts of the reference. */
  readonly prompts: RolePrompts;
  /** Vectors of the reference, shape (texts, dims). */
  readonly reference: Matrix;
  readonly settings: readonly DifferingSetting[];
  readonly thresholds: Thresholds;
  readonly watch?: Watch;
}

/** Runs a model that misses its reference in other ways: other poolings, and the reference's longest input. */
export async function runTrials(request: TrialRequest): Promise<Trial[]> {
  const { model, options, settings } = request;
  if (model.kind !== 'onnx' && model.kind !== 'sentence-transformers') return [];
  const own = String(model.settings.pooling);
  const poolings = POOLINGS.filter((pooling) => pooling.replace('_', '') !== own && pooling !== options.pooling);
  const trials: Trial[] = [];
  for (const pooling of poolings) {
    const trial = await tryWay(request, { pooling }, `--pooling ${pooling}`, 'the pooling');
    if (trial !== undefined) trials.push(trial);
  }
  const maxTokens = settings.find(({ name }) => name === 'maxTokens')?.reference;
  if (typeof maxTokens === 'number') {
    const trial = await tryWay(request, { maxTokens }, `--max-tokens ${maxTokens}`, 'the longest input');
    if (trial !== undefined) trials.push(trial);
  }
  return trials;
}

/** @returns undefined where the model cannot be run in that way */
async function tryWay(
  { spec, options, resources, texts, lengths, prompts, reference, thresholds, watch }: TrialRequest,
  change: ModelOptions,
  name: string,
  subject: string,
): Promise<Trial | undefined> {
  const places = spread(lengths, TRIED);
  try {
    const model = await resolveModel(spec, { ...options, ...change });
    if (model.dims !== reference.dims) return undefined;
    const embedder = await model.open(resources);
    try {
      const some = places.map((i) => texts[i]);
      const { vectors } = await embedTexts(embedder, model.dims, some, prompts, watch);
      const rows = compareRows(vectors, pickRows(reference, places));
      const cosines = rows.flatMap(({ cosine }) => (cosine === null ? [] : [cosine]));
      if (cosines.length === 0) return undefined;
      const { median, p5 } = distributionOf(cosines);
      const agrees = cosinesReach({ median, p5 }, thresholds);
      return {
        name,
        subject,
        what: `with ${name}`,
        fix: `give ${name}, or mend the configuration.`,
        median,
        p5,
        agrees,
      };
    } finally {
      await embedder.close();
    }
  } catch (thrown) {
    if (thrown instanceof UserError) return undefined;
    throw thrown;
  }
}
