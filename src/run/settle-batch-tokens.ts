import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checkSchema } from '../definitions/schema-check.js';
import type { BatchRunner, EmbeddingResources, ResolvedModel, TokenBatch } from '../embedding/types.js';
import { writeAtomically } from '../write-atomically.js';
import { findBatchTokens, type Measured } from './find-batch-tokens.js';

const SCHEMA = 'jmteb/batch-budget/1';

/** Where doubling begins and ends, by the class of the device; a CPU has one number, which its caches decide. */
const BOUNDS: Readonly<Record<string, { readonly from: number; readonly to: number }>> = {
  cuda: { from: 4096, to: 131_072 },
  webgpu: { from: 1024, to: 32_768 },
};

/** Tokens of a text with which it is measured: passages are so long. */
const TEXT_TOKENS = 128;
/** Batches that are timed after one that is not. */
const TIMED = 4;
/** A batch that takes longer is too large, whatever the rate: a lost one is computed again. */
const MOST_SECONDS = 5;

export interface BatchTokens {
  readonly batchTokens: number;
  readonly measured: readonly Measured[];
}

/**
 * Tokens a batch of a model on a GPU: found once by doubling and kept in the cache, so that later runs make the same
 * batches; the number is part of the model's key. Deleted, it may be found to be another; `--batch-tokens` sets it.
 *
 * @param model resolved with its default budget
 * @returns undefined on a CPU, for texts that are computed one by one, and where the model cannot be run
 */
export async function settleBatchTokens(
  model: ResolvedModel,
  cacheDir: string,
  resources: EmbeddingResources,
): Promise<BatchTokens | undefined> {
  const { device, batchPolicy, maxTokens } = model.settings;
  const bounds = BOUNDS[String(device)] as (typeof BOUNDS)[string] | undefined;
  if (bounds === undefined || batchPolicy !== 'bucketed') return undefined;
  const path = join(cacheDir, 'budgets', `${model.key}.json`);
  const known = await readBudget(path);
  if (known !== undefined) return known;
  const length = typeof maxTokens === 'number' ? Math.min(TEXT_TOKENS, maxTokens) : TEXT_TOKENS;
  const found = await measureModel(model, resources, (runner) =>
    findBatchTokens((tokens) => measure(runner, tokens, length), bounds),
  );
  if (found === undefined) return undefined;
  await writeAtomically(path, `${JSON.stringify({ schema: SCHEMA, model: model.id, ...found }, null, 2)}\n`);
  return found;
}

async function readBudget(path: string): Promise<BatchTokens | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'));
    if (checkSchema('batch-budget', value, path, 'batch budget').length > 0) return undefined;
    const { batchTokens, measured } = value as BatchTokens;
    return { batchTokens, measured };
  } catch {
    return undefined;
  }
}

/** Opens the model and works with the place where its batches run. What fails here fails again, and is told, in the run. */
async function measureModel<Result>(
  model: ResolvedModel,
  resources: EmbeddingResources,
  work: (runner: BatchRunner) => Promise<Result>,
): Promise<Result | undefined> {
  let opened: BatchRunner | undefined;
  try {
    const embedder = await model.open({
      openRunner: async (graph) => {
        opened = await resources.openRunner(graph);
        return opened;
      },
    });
    try {
      return opened === undefined ? undefined : await work(opened);
    } finally {
      await embedder.close();
    }
  } catch {
    return undefined;
  }
}

/** Tokens a second of batches of equally long texts; null where one is too slow or does not fit the memory. */
async function measure(runner: BatchRunner, tokens: number, length: number): Promise<number | null> {
  const batch = batchOf(Math.max(2, Math.floor(tokens / length)), length);
  let isSplit = false;
  const run = () => runner.run(batch, () => (isSplit = true));
  const before = performance.now();
  await run();
  if (isSplit || performance.now() - before > MOST_SECONDS * 1000) return null;
  const began = performance.now();
  await Promise.all(Array.from({ length: TIMED }, run));
  const seconds = (performance.now() - began) / 1000;
  return isSplit ? null : (TIMED * batch.rows * length) / Math.max(seconds, 1e-6);
}

/** How long it takes does not depend on the ids; the first few are in every vocabulary. */
function batchOf(rows: number, length: number): TokenBatch {
  const ids = Int32Array.from({ length: rows * length }, (_, i) => i % 4);
  return { ids, lengths: new Int32Array(rows).fill(length), rows, length };
}
