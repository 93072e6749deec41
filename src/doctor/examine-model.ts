import type { EmbeddingResources, ResolvedModel, Tokenizing } from '../embedding/types.js';
import type { Matrix } from '../numeric/matrix.js';
import { probeBatches } from './batch-probe.js';
import { checkSanity } from './check-sanity.js';
import type { TextLengths } from './compare-vectors.js';
import { embedTexts, finalStrings, type EmbeddedSide, type RolePrompts, type Watch } from './embed-texts.js';
import type { BatchReport, DoctorText, SanityReport } from './types.js';

/** A model with the prompts that it is run with. */
export interface Side {
  readonly model: ResolvedModel;
  readonly prompts: RolePrompts;
  readonly tokenizing: Tokenizing | undefined;
}

/** What a model gave. */
export interface Examined {
  readonly embedded: EmbeddedSide;
  /** Vectors with the prompts of the reference, where these are others; the same as `embedded` else. */
  readonly fair: EmbeddedSide;
  readonly lengths: TextLengths;
  readonly batches: BatchReport | null;
  readonly sanity: SanityReport;
}

/** Embeds the texts, and probes what the model does with batches; `referencePrompts` are those to compare under. */
export async function examineModel(
  { model, prompts, tokenizing }: Side,
  referencePrompts: RolePrompts,
  texts: readonly DoctorText[],
  resources: EmbeddingResources,
  watch?: Watch,
): Promise<Examined> {
  const strings = finalStrings(texts, prompts);
  const lengths = lengthsOf(strings, tokenizing);
  const embedder = await model.open(resources);
  try {
    const embedded = await embedTexts(embedder, model.dims, texts, prompts, watch);
    const isFair = finalStrings(texts, referencePrompts).every((text, i) => text === strings[i]);
    const fair = isFair ? embedded : await embedTexts(embedder, model.dims, texts, referencePrompts, watch);
    const places = [...strings.keys()].filter((i) => !embedded.failed.has(i));
    const policy = model.settings.batchPolicy;
    const batches =
      model.kind === 'vectors' || places.length === 0
        ? null
        : await probeBatches(
            embedder,
            model.dims,
            {
              strings: places.map((i) => strings[i]),
              lengths: places.map((i) => lengths.lengths[i]),
              policy: typeof policy === 'string' ? policy : null,
            },
            watch,
          );
    return { embedded, fair, lengths, batches, sanity: checkSanity(embedded, strings, tokenizing) };
  } finally {
    await embedder.close();
  }
}

/** Vectors of the reference. */
export async function embedReference(
  { model, prompts }: Side,
  texts: readonly DoctorText[],
  resources: EmbeddingResources,
  watch?: Watch,
): Promise<EmbeddedSide> {
  const embedder = await model.open(resources);
  try {
    return await embedTexts(embedder, model.dims, texts, prompts, watch);
  } finally {
    await embedder.close();
  }
}

function lengthsOf(strings: readonly string[], tokenizing: Tokenizing | undefined): TextLengths {
  const tokens = strings.map((text) => tokenizing?.cut(text).ids?.length);
  if (tokens.every((length) => length !== undefined)) return { unit: 'tokens', lengths: tokens };
  return { unit: 'characters', lengths: strings.map((text) => Array.from(text).length) };
}

/** Smallest and largest length of the rows, zero rows left out; null where there is no other. */
export function normRange({ data, rows, dims }: Matrix): readonly [number, number] | null {
  let [least, most] = [Infinity, 0];
  for (let i = 0; i < rows; i++) {
    const norm = Math.sqrt(data.subarray(i * dims, (i + 1) * dims).reduce((sum, x) => sum + x * x, 0));
    if (norm === 0) continue;
    least = Math.min(least, norm);
    most = Math.max(most, norm);
  }
  return most === 0 ? null : [least, most];
}
