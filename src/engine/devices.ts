import { UserError } from '../errors.js';
import type { InferenceSession } from 'onnxruntime-node';

/**
 * The devices that an option names: `cpu`, `webgpu`, `cuda` (the first), `cuda:0,1` (one each).
 *
 * @throws UserError for anything else
 */
export function parseDevices(option: string): string[] {
  if (option === 'cpu' || option === 'webgpu') return [option];
  const cuda = /^cuda(?::(\d{1,2}(?:,\d{1,2})*))?$/.exec(option);
  if (cuda !== null) return [...new Set((cuda[1] ?? '0').split(',').map((id) => `cuda:${Number(id)}`))];
  throw new UserError({
    where: `--device ${option}`,
    what: 'is not a device',
    fix: 'use cpu, cuda, cuda:0,1, webgpu or, on the command line, auto',
  });
}

export type DeviceClass = 'cpu' | 'cuda' | 'webgpu';

/** What can change the bits of a vector: the kind of device, not its number. */
export function deviceClass(device: string): DeviceClass {
  return device === 'cpu' || device === 'webgpu' ? device : 'cuda';
}

/**
 * Number types that the runtime has kernels of all operators of an encoder for, by the class of the device. On the CPU it
 * computes in fp32 whatever the graph says: fp16 is converted to and fro at every operator, bf16 is refused.
 *
 * Source: OperatorKernels.md and the WebGPU provider of ONNX Runtime 1.30.
 */
export const DEVICE_DTYPES: Readonly<Record<DeviceClass, readonly string[]>> = {
  cpu: ['fp32'],
  cuda: ['fp32', 'fp16', 'bf16'],
  webgpu: ['fp32', 'fp16'],
};

/** The runtime's execution providers for one device. */
export function executionProviders(device: string): InferenceSession.ExecutionProviderConfig[] {
  if (device === 'cpu') return ['cpu'];
  if (device === 'webgpu') return ['webgpu', 'cpu'];
  return [{ name: 'cuda', deviceId: Number(device.slice('cuda:'.length) || 0) }, 'cpu'];
}
