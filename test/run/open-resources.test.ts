import { describe, expect, it } from 'vitest';
import type { BatchRunner } from '../../src/embedding/types.js';
import { UserError } from '../../src/errors.js';
import { openResources, resourcesOn } from '../../src/run/open-resources.js';
import { smallGraph, someBatches } from './small-graph.js';

const BATCHES = 24;

/** All batches, as many under way as the runner wants, by their number. */
async function all(runner: BatchRunner): Promise<Float32Array[]> {
  const rows: Float32Array[] = [];
  const batches = [...someBatches(BATCHES).entries()];
  const worker = async () => {
    for (let next = batches.shift(); next !== undefined; next = batches.shift()) {
      rows[next[0]] = await runner.run(next[1]);
    }
  };
  await Promise.all(Array.from({ length: runner.parallel }, worker));
  return rows;
}

async function rowsOn(devices: readonly string[], threads: number): Promise<Float32Array[]> {
  const runner = await resourcesOn(devices, threads).openRunner(smallGraph());
  try {
    return await all(runner);
  } finally {
    await runner.close();
  }
}

describe('the processes of several devices', () => {
  it('give the same bits in the same order as one process, with threads of their own or shared', async () => {
    const one = await rowsOn(['cpu'], 1);
    expect(one).toHaveLength(BATCHES);
    expect(await rowsOn(['cpu', 'cpu'], 2)).toEqual(one);
    expect(await rowsOn(['cpu', 'cpu', 'cpu'], 1)).toEqual(one);
  });

  it('keep two batches a process under way', async () => {
    const runner = await resourcesOn(['cpu', 'cpu'], 2).openRunner(smallGraph());
    await runner.close();
    expect(runner.parallel).toBe(4);
  });
});

describe('a device that is not to be had', () => {
  it('is an error of the user that names the device and what is missing, also beside one that works', async () => {
    const opening = resourcesOn(['cpu', 'cuda:99'], 2).openRunner(smallGraph());
    await expect(opening).rejects.toThrow(UserError);
    await expect(opening).rejects.toThrow(/--device cuda:99.*setup:cuda/s);
  });

  it('is refused by name where there is no such device, with the names that are taken', () => {
    for (const name of ['auto', 'gpu', 'cuda:', 'cuda:0,', 'cuda:-1', 'cpu,cpu', '']) {
      expect(() => openResources(name, 1)).toThrow(
        /is not a device.*use cpu, cuda, cuda:0,1, webgpu or, on the command line, auto/s,
      );
    }
  });
});
