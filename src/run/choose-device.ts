import type { ModelGraph } from '../embedding/types.js';
import { parseDevices } from '../engine/devices.js';
import { findGpu, type Gpu } from '../engine/gpus.js';
import { messageOf, UserError, type Problem } from '../errors.js';
import { GraphBuilder } from '../onnx/graph-builder.js';
import { openInferenceProcess } from './inference-process.js';

export interface DeviceChoice {
  readonly device: 'cpu' | 'cuda' | 'webgpu';
  readonly why: string;
}

/**
 * What `--device auto` means on this machine: the first of CUDA and WebGPU that a small graph runs on, else the CPU.
 *
 * @param tryDevice what keeps a device from being used, undefined where it works
 */
export async function chooseDevice(
  gpu: Gpu | undefined = findGpu(),
  tryDevice: (device: string) => Promise<string | undefined> = faultOf,
): Promise<DeviceChoice> {
  if (gpu === undefined) return { device: 'cpu', why: 'no GPU was found that the runtime could use' };
  const faults: string[] = [];
  for (const device of gpu.devices) {
    const fault = await tryDevice(device);
    const but = faults.length === 0 ? '' : `; ${faults.join('; ')}`;
    if (fault === undefined) return { device, why: `${gpu.sign}${but}` };
    faults.push(`${device}: ${fault}`);
  }
  return { device: 'cpu', why: `${gpu.sign} is there; ${faults.join('; ')}` };
}

/** Said to who computes on the CPU although there is a GPU; undefined where there is none. */
export function gpuHint(gpu: Gpu | undefined = findGpu()): string | undefined {
  if (gpu === undefined) return undefined;
  const [device] = gpu.devices;
  return `the CPU computes, though a GPU may be there (${gpu.sign}): try --device ${device}, or auto`;
}

/** What keeps a model's devices from being used, before anything is written; all of it. */
export async function checkDevices(option: string): Promise<Problem[]> {
  const problems = await Promise.all(parseDevices(option).map(problemsOf));
  return problems.flat();
}

async function faultOf(device: string): Promise<string | undefined> {
  return (await problemsOf(device === 'cuda' ? 'cuda:0' : device)).at(0)?.what;
}

/** Tried in a process of its own, which a broken driver may end. */
async function problemsOf(device: string): Promise<readonly Problem[]> {
  const where = `--device ${device}`;
  try {
    const runner = await openInferenceProcess(doublingGraph(), { device, threads: 1 });
    try {
      const batch = { ids: Int32Array.of(1, 2, 3, 4), lengths: Int32Array.of(2, 2), rows: 2, length: 2 };
      const doubled = await runner.run(batch);
      if (doubled.join() === '2,4,6,8') return [];
      return [{ where, what: `it computes 2 times 1, 2, 3, 4 as ${doubled.join(', ')}`, fix: 'use --device cpu' }];
    } finally {
      await runner.close();
    }
  } catch (thrown) {
    if (thrown instanceof UserError) return thrown.problems;
    return [{ where, what: messageOf(thrown), fix: 'use --device cpu' }];
  }
}

function doublingGraph(): ModelGraph {
  const graph = new GraphBuilder('doubling');
  const ids = graph.node('Cast', [graph.input('ids', 'int64', ['rows', 'length'])], { to: 1 });
  graph.output(graph.node('Add', [ids, ids]), 'float32', ['rows', 'length'], 'doubled');
  return { bytes: graph.build(), inputs: [{ name: 'ids', fill: 'ids', type: 'int64' }], output: 'doubled', dims: 2 };
}
