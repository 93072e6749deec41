import { collectProblems } from './collect-problems.js';
import { resolveModel } from '../embedding/resolve-model.js';
import type { Embedder, ModelOptions, ResolvedModel } from '../embedding/types.js';
import { type Problem, throwProblems, UserError } from '../errors.js';
import { checkWritable } from '../run/check-folder.js';
import { defaultThreads } from '../run/defaults.js';
import { EmbeddingProgress } from '../run/embedding-progress.js';
import type { OnRunEvent } from '../run/events.js';
import { openResources } from '../run/open-resources.js';
import { readTexts } from '../run/read-texts.js';
import { writeLines, writeVectors, type VectorChunk } from '../run/write-vectors.js';
import { dirname } from 'node:path';
import { fetchMissing } from './fetch-missing.js';
import { modelOptionsOf } from './model-options.js';
import { settleDevice } from './settle-device.js';

export interface EncodeOptions extends ModelOptions {
  readonly model: string;
  /** `.jsonl` or `.txt`. */
  readonly input: string;
  /** `.npy` or `.arrow`. */
  readonly output: string;
  /** Whose prompt to put before the texts; default `sentence`. */
  readonly role?: 'query' | 'document' | 'sentence';
  /** Also write token ids to this file. */
  readonly ids?: string;
  readonly truncateDim?: number;
  readonly threads?: number;
  /** Nothing is asked over the network: what is not in the cache of the Hub is missing. */
  readonly offline?: boolean;
  readonly cacheDir?: string;
  readonly onEvent?: OnRunEvent;
  readonly signal?: AbortSignal;
}

export interface EncodeReport {
  readonly model: ResolvedModel;
  readonly texts: number;
  readonly dims: number;
  readonly prompt: string;
  readonly tokens: number | null;
  readonly truncated: number | null;
}

/** Texts that are embedded at once; batches are made within. */
const CHUNK = 4096;

/**
 * Vectors of a file of texts, in its order.
 *
 * @throws UserError with all problems at once; then nothing is written
 */
export async function encode(given: EncodeOptions): Promise<EncodeReport> {
  const options = await settleDevice(given, (device, message) =>
    given.onEvent?.({ event: 'device', asked: 'auto', device, message }),
  );
  const { model, texts, prompt, dims } = await preflight(options);
  const { onEvent } = options;
  for (const message of model.warnings) onEvent?.({ event: 'warning', message });
  const embedder = await model.open(openResources(options.device ?? 'cpu', options.threads ?? defaultThreads()));
  const progress = new EmbeddingProgress(texts.length, onEvent ?? (() => undefined));
  const counts = { tokens: null as number | null, truncated: null as number | null };
  try {
    if (options.ids !== undefined) await writeIds(options.ids, texts, embedder, model);
    await writeVectors(options.output, { rows: texts.length, dims }, chunks(texts, prompt));
  } finally {
    await embedder.close();
  }
  return { model, texts: texts.length, dims, prompt, ...counts };

  async function* chunks(all: readonly string[], head: string): AsyncGenerator<VectorChunk> {
    for (let start = 0; start < all.length; start += CHUNK) {
      const part = all.slice(start, start + CHUNK);
      const onProgress = (done: number, tokens: number) => progress.tell('encode', options.input, done, tokens);
      const onRemark = (message: string) => onEvent?.({ event: 'warning', message });
      const { rows, tokens, truncated } = await embedder.embed(part, { prompt: head, onProgress, onRemark });
      progress.finish(part.length, tokens ?? 0);
      if (tokens !== null) counts.tokens = (counts.tokens ?? 0) + tokens;
      if (truncated !== null) counts.truncated = (counts.truncated ?? 0) + truncated;
      yield { texts: part, rows: firstDims(rows, model.dims, dims) };
    }
  }
}

async function preflight(options: EncodeOptions) {
  const problems: Problem[] = [];
  const caught = collectProblems(problems);
  const model = await caught(async () => {
    throwProblems((await fetchMissing({ tasks: [], models: [options.model] }, options)).problems);
    return resolveModel(options.model, modelOptionsOf(options));
  });
  const plain = await caught(() => readTexts(options.input));
  if (!/\.(npy|arrow)$/i.test(options.output))
    problems.push({
      where: `--output ${options.output}`,
      what: 'ends in neither .npy nor .arrow.',
      fix: 'name the format by the ending.',
    });
  for (const [option, path] of Object.entries({ '--output': options.output, '--ids': options.ids }))
    if (path !== undefined) problems.push(...checkWritable(dirname(path), option));
  const dims = options.truncateDim ?? model?.dims ?? 0;
  if (model !== undefined && dims > model.dims)
    problems.push({ where: `--truncate-dim ${dims}`, what: `the vectors have ${model.dims} dimensions.` });
  const prompt = model === undefined ? '' : promptOf(model, options.role ?? 'sentence');
  const texts = (plain ?? []).map((text) => prompt + text);
  if (model?.check !== undefined) problems.push(...(await model.check(texts, options.input)));
  throwProblems(problems);
  return { model: model as ResolvedModel, texts, prompt, dims };
}

/** The prompt for texts that belong to no task. */
export function promptOf(model: ResolvedModel, role: 'query' | 'document' | 'sentence'): string {
  if (role === 'sentence') return model.promptFor({ id: '', family: 'STS' }, 'sentence1');
  return model.promptFor({ id: '', family: 'Retrieval' }, role);
}

async function writeIds(path: string, texts: readonly string[], embedder: Embedder, model: ResolvedModel) {
  const tokenize = embedder.tokenize?.bind(embedder);
  if (tokenize === undefined)
    throw new UserError({ where: '--ids', what: `${model.id} has no tokens`, fix: 'leave out --ids' });
  const lines = function* () {
    for (const text of texts) yield JSON.stringify(tokenize(text));
  };
  await writeLines(path, lines());
}

/** The leading dimensions of every row, as sentence-transformers truncates: without making them unit length again. */
function firstDims(rows: Float32Array, dims: number, kept: number): Float32Array {
  if (kept === dims) return rows;
  const count = rows.length / dims;
  const cut = new Float32Array(count * kept);
  for (let i = 0; i < count; i++) cut.set(rows.subarray(i * dims, i * dims + kept), i * kept);
  return cut;
}
