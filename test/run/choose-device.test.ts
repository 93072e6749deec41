import { describe, expect, it } from 'vitest';
import type { Gpu } from '../../src/engine/gpus.js';
import { findGpu } from '../../src/engine/gpus.js';
import { chooseDevice, gpuHint } from '../../src/run/choose-device.js';

const NVIDIA: Gpu = { sign: '/dev/nvidia0', devices: ['cuda', 'webgpu'] };

/** A machine on which these devices work; the others are refused, in the order in which they are tried. */
function working(...devices: readonly string[]) {
  const tried: string[] = [];
  const tryDevice = async (device: string) => {
    tried.push(device);
    return devices.includes(device) ? undefined : 'its library is missing';
  };
  return { tried, tryDevice };
}

describe('the device that auto means', () => {
  it('is CUDA where it works, and nothing else is tried', async () => {
    const { tried, tryDevice } = working('cuda', 'webgpu');
    expect(await chooseDevice(NVIDIA, tryDevice)).toEqual({ device: 'cuda', why: '/dev/nvidia0' });
    expect(tried).toEqual(['cuda']);
  });

  it('is WebGPU where CUDA does not work, and says why', async () => {
    const { tried, tryDevice } = working('webgpu');
    const why = '/dev/nvidia0; cuda: its library is missing';
    expect(await chooseDevice(NVIDIA, tryDevice)).toEqual({ device: 'webgpu', why });
    expect(tried).toEqual(['cuda', 'webgpu']);
  });

  it('is the CPU where neither works, and says why', async () => {
    const choice = await chooseDevice(NVIDIA, working().tryDevice);
    expect(choice.device).toBe('cpu');
    expect(choice.why).toMatch(/nvidia0 is there; cuda: its library is missing; webgpu: its library is missing/);
  });

  it('is the CPU where there is no GPU; no driver is loaded to find out', async () => {
    const { tried, tryDevice } = working('cuda', 'webgpu');
    // A machine without signs: undefined would be looked up on this one.
    if (findGpu() === undefined) expect((await chooseDevice(undefined, tryDevice)).device).toBe('cpu');
    expect((await chooseDevice({ sign: 'none', devices: [] }, tryDevice)).device).toBe('cpu');
    expect(tried).toEqual([]);
  });

  it('is found by a small graph in a process of its own, so that what a driver does there ends nothing here', async () => {
    // The CPU stands for a device that works, and a number that no machine has for one that does not.
    const cpu = { sign: 'the CPU', devices: ['cpu' as 'cuda'] };
    expect(await chooseDevice(cpu)).toEqual({ device: 'cpu', why: 'the CPU' });
    const absent = await chooseDevice({ sign: 'a sign', devices: ['cuda:99' as 'cuda'] });
    expect(absent.device).toBe('cpu');
    expect(absent.why).toMatch(/^a sign is there; cuda:99: the device cannot be used/);
  });

  it('is hinted at where there is a GPU that nobody asked for', () => {
    expect(gpuHint(NVIDIA)).toMatch(/\/dev\/nvidia0.*--device cuda/);
    expect(gpuHint({ sign: 'none', devices: ['webgpu'] })).toMatch(/--device webgpu/);
  });
});
