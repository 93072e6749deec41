import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { BatchRunner, ResolvedModel, TokenBatch } from '../../src/embedding/types.js';
import { findBatchTokens } from '../../src/run/find-batch-tokens.js';
import { settleBatchTokens } from '../../src/run/settle-batch-tokens.js';
import { temporaryFolder } from '../cli/jmteb.js';

const BOUNDS = { from: 1024, to: 65_536 };

/** A device that is twice as fast with twice the batch, up to a number of tokens, and holds no more than another number. */
function deviceOf(full: number, memory = Infinity) {
  const asked: number[] = [];
  const measure = async (tokens: number) => {
    asked.push(tokens);
    return tokens > memory ? null : Math.min(tokens, full) + tokens / 1e4;
  };
  return { asked, measure };
}

describe('the number of tokens a batch', () => {
  it('is doubled as long as that is faster by three percent', async () => {
    const { asked, measure } = deviceOf(16_000);
    expect((await findBatchTokens(measure, BOUNDS)).batchTokens).toBe(16_384);
    expect(asked).toEqual([1024, 2048, 4096, 8192, 16_384, 32_768]);
  });

  it('is the largest that fits the memory, and everything measured is told', async () => {
    const { batchTokens, measured } = await findBatchTokens(deviceOf(1e6, 5000).measure, BOUNDS);
    expect(batchTokens).toBe(4096);
    expect(measured.map(({ batchTokens: tokens, tokensPerSecond }) => [tokens, tokensPerSecond === null])).toEqual([
      [1024, false],
      [2048, false],
      [4096, false],
      [8192, true],
    ]);
  });

  it('is the largest allowed where more is always better, and the smallest where nothing fits', async () => {
    expect((await findBatchTokens(deviceOf(1e9).measure, BOUNDS)).batchTokens).toBe(65_536);
    expect((await findBatchTokens(deviceOf(1e9, 0).measure, BOUNDS)).batchTokens).toBe(1024);
  });
});

/** A model whose batches run in a fake place that says of larger ones than `memory` that they were split. */
function modelOn(settings: Record<string, unknown>, memory: number, fault?: Error) {
  const batches: TokenBatch[] = [];
  let opened = 0;
  const runner: BatchRunner = {
    parallel: 2,
    run: async (batch, onSplit) => {
      batches.push(batch);
      if (batch.rows * batch.length > memory) onSplit?.();
      return new Float32Array(batch.rows);
    },
    close: async () => void opened--,
  };
  const model = {
    id: 'local/model',
    key: 'a'.repeat(64),
    settings,
    open: async (resources: Parameters<ResolvedModel['open']>[0]) => {
      if (fault !== undefined) throw fault;
      const own = await resources.openRunner({} as Parameters<typeof resources.openRunner>[0]);
      return { embed: async () => Promise.reject(new Error('not asked for')), close: () => own.close() };
    },
  } as unknown as ResolvedModel;
  const resources = { openRunner: async () => (opened++, runner) };
  return { model, resources, batches, opened: () => opened };
}

const CUDA = { device: 'cuda', batchPolicy: 'bucketed', maxTokens: 512 };

describe('the number of tokens a batch on a GPU', () => {
  it('is found once for a model, kept in the cache, and read from there', async () => {
    const cache = temporaryFolder();
    const { model, resources, batches, opened } = modelOn(CUDA, 4096);
    const found = await settleBatchTokens(model, cache, resources);
    expect(found?.batchTokens).toBe(4096);
    expect(found?.measured.at(-1)).toEqual({ batchTokens: 8192, tokensPerSecond: null });
    expect(opened()).toBe(0);
    const { length } = batches;
    expect(await settleBatchTokens(model, cache, resources)).toEqual(found);
    expect(batches.length).toBe(length);
    expect(batches[0]).toMatchObject({ rows: 32, length: 128 });
    expect(readdirSync(join(cache, 'budgets'))).toEqual([`${model.key}.json`]);
  });

  it('is found again where the file is broken', async () => {
    const cache = temporaryFolder();
    const { model, resources } = modelOn(CUDA, 4096);
    await settleBatchTokens(model, cache, resources);
    const path = join(cache, 'budgets', `${model.key}.json`);
    for (const broken of ['', '{"batchTokens": 1e9}', readFileSync(path, 'utf8').replace('4096', '-1')]) {
      writeFileSync(path, broken);
      expect((await settleBatchTokens(model, cache, resources))?.batchTokens).toBe(4096);
      expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({
        schema: 'jmteb/batch-budget/1',
        batchTokens: 4096,
      });
    }
  });

  it('is measured with texts no longer than the model takes', async () => {
    const { model, resources, batches } = modelOn({ ...CUDA, maxTokens: 32 }, 4096);
    await settleBatchTokens(model, temporaryFolder(), resources);
    expect(batches[0]).toMatchObject({ rows: 128, length: 32 });
  });

  it('is not looked for on a CPU, nor where each text is computed by itself, nor where the model does not open', async () => {
    const cache = temporaryFolder();
    const { model, resources, batches } = modelOn({ ...CUDA, device: 'cpu' }, 4096);
    expect(await settleBatchTokens(model, cache, resources)).toBeUndefined();
    const single = modelOn({ ...CUDA, batchPolicy: 'single' }, 4096);
    expect(await settleBatchTokens(single.model, cache, single.resources)).toBeUndefined();
    const broken = modelOn(CUDA, 4096, new Error('no such graph'));
    expect(await settleBatchTokens(broken.model, cache, broken.resources)).toBeUndefined();
    expect(batches).toEqual([]);
    expect(readdirSync(cache)).toEqual([]);
  });
});
