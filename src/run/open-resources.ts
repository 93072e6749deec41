import type { BatchRunner, EmbeddingResources, ModelGraph, TokenBatch } from '../embedding/types.js';
import { parseDevices } from '../engine/devices.js';
import { openInferenceProcess } from './inference-process.js';

/**
 * Runs batches in one child process a device, each with its share of the threads.
 *
 * @param device as the option names it: `cpu`, `cuda:0,1`, `webgpu`
 * @throws UserError for what is no device
 */
export function openResources(device: string, threads: number): EmbeddingResources {
  return resourcesOn(parseDevices(device), threads);
}

/**
 * Runs batches in one child process for each of the devices, which may name one more than once. What a batch gives does
 * not depend on their number: batches are planned before they are spread.
 *
 * @param devices one name a process: `cpu`, `cuda:1`, `webgpu`
 * @param threads of all processes together
 */
export function resourcesOn(devices: readonly string[], threads: number): EmbeddingResources {
  const share = Math.max(1, Math.floor(threads / devices.length));
  return {
    async openRunner(graph: ModelGraph): Promise<BatchRunner> {
      const opened: BatchRunner[] = [];
      try {
        for (const name of devices) opened.push(await openInferenceProcess(graph, { device: name, threads: share }));
      } catch (thrown) {
        await Promise.all(opened.map((runner) => runner.close()));
        throw thrown;
      }
      return opened.length === 1 ? opened[0] : spread(opened);
    },
  };
}

/** Sends every batch to the runner that has the fewest under way. */
function spread(runners: readonly BatchRunner[]): BatchRunner {
  const underWay = runners.map(() => 0);
  return {
    parallel: runners.reduce((sum, { parallel }) => sum + parallel, 0),
    async run(batch: TokenBatch, onSplit?: () => void): Promise<Float32Array> {
      const next = underWay.indexOf(Math.min(...underWay));
      underWay[next]++;
      try {
        return await runners[next].run(batch, onSplit);
      } finally {
        underWay[next]--;
      }
    },
    async close(): Promise<void> {
      await Promise.all(runners.map((runner) => runner.close()));
    },
  };
}
