import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BatchFault } from '../../src/embedding/batch-fault.js';
import { openInProcessRunner } from '../../src/embedding/in-process-runner.js';
import type { TokenBatch } from '../../src/embedding/types.js';
import { MachineError, UserError } from '../../src/errors.js';
import { openInferenceProcess, type InferenceProcess } from '../../src/run/inference-process.js';
import { batchOf, smallGraph, someBatches } from './small-graph.js';
import { congruential } from '../pseudo-random.js';

const options = { device: 'cpu', threads: 1 };
const faulty = { ...options, childEntry: join(import.meta.dirname, 'faulty-child.mjs') };
/** As in faulty-child.mjs. */
const KILLS = 900;
const NEEDS_MEMORY = 901;
const THROWS = 902;

async function inThisProcess(batches: readonly TokenBatch[], graph = smallGraph()): Promise<Float32Array[]> {
  const runner = await openInProcessRunner(graph, options);
  const rows: Float32Array[] = [];
  for (const batch of batches) rows.push(await runner.run(batch));
  await runner.close();
  return rows;
}

/** Runs with as many under way as the runner wants. */
async function all(runner: InferenceProcess, batches: readonly TokenBatch[]): Promise<Float32Array[]> {
  const rows: Float32Array[] = [];
  let next = 0;
  const worker = async () => {
    while (next < batches.length) {
      const i = next++;
      rows[i] = await runner.run(batches[i]);
    }
  };
  await Promise.all(Array.from({ length: runner.parallel }, worker));
  return rows;
}

describe('a model in a process of its own', () => {
  it('gives the bits that it gives in this process', async () => {
    const batches = someBatches(20);
    const runner = await openInferenceProcess(smallGraph(), options);
    const rows = await all(runner, batches);
    await runner.close();
    expect(rows).toEqual(await inThisProcess(batches));
  });

  it('ends when it is closed, and takes nothing afterwards', async () => {
    const runner = await openInferenceProcess(smallGraph(), options);
    const pid = runner.pid as number;
    await runner.close();
    expect(await isGone(pid)).toBe(true);
    await expect(runner.run(someBatches(1)[0])).rejects.toThrow(/is closed/);
    await runner.close();
  });

  it('answers what was sent before it is closed', async () => {
    const batches = someBatches(2);
    const runner = await openInferenceProcess(smallGraph(), options);
    const rows = Promise.all(batches.map((batch) => runner.run(batch)));
    await runner.close();
    expect(await rows).toEqual(await inThisProcess(batches));
  });

  it('says what this process would say of a device that is not to be had', async () => {
    const failed = openInferenceProcess(smallGraph(), { device: 'cuda:0', threads: 1 });
    const here = openInProcessRunner(smallGraph(), { device: 'cuda:0', threads: 1 });
    const problems = await here.catch((thrown: UserError) => thrown.problems);
    await expect(failed).rejects.toBeInstanceOf(UserError);
    await expect(failed).rejects.toMatchObject({ problems });
  });

  it('says what the runtime has against a graph', async () => {
    const graph = { ...smallGraph(), bytes: Uint8Array.of(1, 2, 3) };
    await expect(openInferenceProcess(graph, options)).rejects.toThrow(/protobuf|model/i);
  });

  it('says when the entry of the process does not start, with its last words', async () => {
    const childEntry = join(import.meta.dirname, 'none.mjs');
    const failed = openInferenceProcess(smallGraph(), { ...options, childEntry });
    await expect(failed).rejects.toBeInstanceOf(MachineError);
    await expect(failed).rejects.toThrow(
      /runs the model on cpu: ended while it started \(exit code 1.*last words[^]*none\.mjs/,
    );
  });
});

describe('a process that is killed', () => {
  it('at random moments changes no bit', async () => {
    const batches = someBatches(60, 40);
    const graph = smallGraph(6, 192);
    const expected = await inThisProcess(batches, graph);
    const runner = await openInferenceProcess(graph, options);
    const next = congruential(7);
    let kills = 0;
    let isDone = false;
    const killer = (async () => {
      while (!isDone) {
        await wait(40 + (next() % 200));
        const { pid } = runner;
        if (isDone || pid === undefined || kills >= 8) continue;
        try {
          process.kill(pid, 'SIGKILL');
          kills++;
        } catch {
          // It is being started again.
        }
      }
    })();
    const rows: Float32Array[] = [];
    // The same batches until there were enough kills.
    while (kills < 4) {
      const round = await all(runner, batches);
      rows.splice(0, rows.length, ...round);
      // Two kills in the same batch would halve it: still the same rows here, as no product has a single row.
      expect(rows).toEqual(expected);
    }
    isDone = true;
    await killer;
    await runner.close();
    expect(kills).toBeGreaterThanOrEqual(4);
  });

  it('while it starts is started again', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'jmteb-start-'));
    const childEntry = join(import.meta.dirname, 'dies-once-child.mjs');
    process.env.DIES_ONCE = join(folder, 'died');
    try {
      const batches = someBatches(1);
      const runner = await openInferenceProcess(smallGraph(), { ...options, childEntry });
      expect(await readFile(process.env.DIES_ONCE, 'utf8')).toBe('');
      expect(await all(runner, batches)).toEqual(await inThisProcess(batches));
      await runner.close();
    } finally {
      delete process.env.DIES_ONCE;
      await rm(folder, { recursive: true });
    }
  });

  it('while it has nothing to do is started again', async () => {
    const batches = someBatches(1);
    const runner = await openInferenceProcess(smallGraph(), options);
    const before = runner.pid as number;
    process.kill(before, 'SIGKILL');
    expect(await isGone(before)).toBe(true);
    expect(await all(runner, batches)).toEqual(await inThisProcess(batches));
    expect(runner.pid).not.toBe(before);
    await runner.close();
  });
});

describe('a text over which the process ends', () => {
  it.each([0, 3, 6])('is named by its row (%i), and the others go on', async (row) => {
    const texts = Array.from({ length: 7 }, (_, i) => (i === row ? [5, KILLS] : [i + 1, 2, 3]));
    const good = someBatches(3);
    const runner = await openInferenceProcess(smallGraph(), faulty);
    const failing = runner.run(batchOf(texts)).catch((thrown: unknown) => thrown);
    const rows = await all(runner, good);
    const fault = await failing;
    expect(fault).toBeInstanceOf(BatchFault);
    expect(fault).toMatchObject({ row });
    expect((fault as Error).message).toMatch(/2 times at this text alone.*signal SIGKILL[^]*the sky is falling/);
    expect(rows).toEqual(await inThisProcess(good));
    await runner.close();
  });

  it('is found in a batch of one', async () => {
    const runner = await openInferenceProcess(smallGraph(), faulty);
    await expect(runner.run(batchOf([[KILLS]]))).rejects.toMatchObject({ name: 'BatchFault', row: 0 });
    await runner.close();
  });
});

describe('a batch', () => {
  it('that is too large for the memory is run in parts', async () => {
    const batch = batchOf(Array.from({ length: 11 }, (_, i) => [i + 1, NEEDS_MEMORY, ...new Array<number>(i).fill(4)]));
    const runner = await openInferenceProcess(smallGraph(), faulty);
    expect(await runner.run(batch)).toEqual((await inThisProcess([batch]))[0]);
    await runner.close();
  });

  it('that the graph refuses is an error, and the process lives on', async () => {
    const runner = await openInferenceProcess(smallGraph(), faulty);
    const { pid } = runner;
    await expect(runner.run(batchOf([[THROWS]]))).rejects.toThrow('the graph is wrong');
    expect(await all(runner, someBatches(1))).toEqual(await inThisProcess(someBatches(1)));
    expect(runner.pid).toBe(pid);
    await runner.close();
  });
});

describe('the process of a parent that is gone', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'jmteb-orphan-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('ends by itself though it computes without a pause', async () => {
    const parent = spawn(process.execPath, [join(import.meta.dirname, 'busy-parent.mjs')]);
    const [line] = (await once(parent.stdout, 'data')) as [Buffer];
    const pid = Number(line.toString());
    await wait(200);
    parent.kill('SIGKILL');
    await once(parent, 'exit');
    expect(await isGone(pid)).toBe(true);
  });

  it('ends by itself, in the middle of its work', async () => {
    const graph = smallGraph(10, 256);
    const [batch] = someBatches(1, 200);
    const file = join(folder, 'graph.json');
    const plain = { ...batch, ids: [...batch.ids], lengths: [...batch.lengths] };
    const bytes = Buffer.from(graph.bytes).toString('base64');
    await writeFile(file, JSON.stringify({ graph: { ...graph, bytes }, batch: plain }));
    const parent = spawn(process.execPath, [join(import.meta.dirname, 'orphan-parent.mjs'), file]);
    const [line] = (await once(parent.stdout, 'data')) as [Buffer];
    const pid = Number(line.toString());
    expect(pid).toBeGreaterThan(1);
    await wait(100);
    parent.kill('SIGKILL');
    await once(parent, 'exit');
    expect(await isGone(pid)).toBe(true);
  });
});

/** Whether a process ends within five seconds; one that only waits to be collected has ended. */
async function isGone(pid: number): Promise<boolean> {
  for (let i = 0; i < 100; i++) {
    try {
      process.kill(pid, 0);
      const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
      if (/\) Z /.test(stat)) return true;
    } catch {
      return true;
    }
    await wait(50);
  }
  return false;
}
