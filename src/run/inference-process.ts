import { BatchFault } from '../embedding/batch-fault.js';
import type { BatchRunner, ModelGraph, TokenBatch } from '../embedding/types.js';
import { messageOf } from '../errors.js';
import { ChildLost, childEntry } from './child-process.js';
import type { InferenceRequest } from './inference-request.js';
import { RestartingChild } from './restarting-child.js';

export interface InferenceOptions {
  /** One device: `cpu`, `cuda:1`, `webgpu`. */
  readonly device: string;
  /** Threads inside one operator, >= 1. */
  readonly threads: number;
  /** Another entry file of the process; for tests. */
  readonly childEntry?: string;
}

/** A model that runs in a process of its own. */
export interface InferenceProcess extends BatchRunner {
  /** Number of the process that runs now; another after it ended and was started again. */
  readonly pid: number | undefined;
}

/** Batches on their way: one is computed while the next is sent. */
const PARALLEL = 2;

/**
 * Runs a model in a process of its own, with the same bits as in this one.
 *
 * When the process ends over a batch (killed for its memory, an error in native code), it is started again and gets the
 * batch once more, whole, because the bits of a vector can depend on its batch; when it ends over it again, in halves. One
 * text over which it ends twice is a BatchFault that names the row.
 *
 * @throws UserError when the device is not to be had; MachineError when the process ends while it starts; Error when the
 *   runtime refuses the graph
 */
export async function openInferenceProcess(graph: ModelGraph, options: InferenceOptions): Promise<InferenceProcess> {
  const { device, threads, childEntry: entry = childEntry('inference-child') } = options;
  const opening: InferenceRequest = { kind: 'open', graph, device, threads };
  const child = new RestartingChild({
    entry,
    name: `the process that runs the model on ${device}`,
    opening,
    fix: 'run again with less in memory: smaller batches (--batch-tokens), a smaller number type (--dtype)',
  });
  await child.open();
  return {
    parallel: PARALLEL,
    run: (batch, onSplit) => runWithHalving(child, batch, 0, 2, onSplit),
    close: () => child.close(),
    get pid() {
      return child.pid;
    },
  };
}

/**
 * @param first row of the whole batch at which this part of it begins
 * @param tries that a batch has before it is halved
 * @param onSplit called when the whole is halved, not for halves of halves
 */
async function runWithHalving(
  child: RestartingChild,
  batch: TokenBatch,
  first: number,
  tries: number,
  onSplit?: () => void,
): Promise<Float32Array> {
  let faults = 0;
  let how: string;
  do {
    try {
      const request: InferenceRequest = { kind: 'run', batch };
      return (await child.call(request)) as Float32Array;
    } catch (thrown) {
      how = messageOf(thrown);
      if (isOutOfMemory(thrown)) await child.restart();
      else if (!(thrown instanceof ChildLost)) throw thrown;
      // One that only waited behind another is not to blame.
      if (!(thrown instanceof ChildLost) || thrown.wasAtWork) faults++;
    }
  } while (faults < tries);
  if (batch.rows === 1)
    throw new BatchFault(first, `the process that runs the model failed ${faults} times at this text alone: ${how}`);
  onSplit?.();
  const middle = batch.rows >> 1;
  const halves: Float32Array[] = [];
  for (const [from, to] of [
    [0, middle],
    [middle, batch.rows],
  ]) {
    halves.push(await runWithHalving(child, rowsOf(batch, from, to), first + from, to - from === 1 ? 2 : 1));
  }
  return joined(halves);
}

/** Rows of a batch, padded as they were: with less padding, sums over tokens can have other last bits. */
function rowsOf(batch: TokenBatch, from: number, to: number): TokenBatch {
  const ids = batch.ids.slice(from * batch.length, to * batch.length);
  return { ...batch, ids, lengths: batch.lengths.slice(from, to), rows: to - from };
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** What the runtime says when memory, the device's or the machine's, is used up and the process lives on. */
function isOutOfMemory(thrown: unknown): boolean {
  return thrown instanceof Error && /bad_alloc|out of memory|failed to allocate|alloc.*failed/i.test(thrown.message);
}
