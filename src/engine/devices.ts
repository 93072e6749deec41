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
    fix: 'use cpu, cuda, cuda:0,1, webgpu or auto',
  });
}

/** What can change the bits of a vector: the kind of device, not its number. */
export function deviceClass(device: string): 'cpu' | 'cuda' | 'webgpu' {
  return device === 'cpu' || device === 'webgpu' ? device : 'cuda';
}

/** The runtime's execution providers for one device. */
export function executionProviders(device: string): InferenceSession.ExecutionProviderConfig[] {
  if (device === 'cpu') return ['cpu'];
  if (device === 'webgpu') return ['webgpu', 'cpu'];
  return [{ name: 'cuda', deviceId: Number(device.slice('cuda:'.length) || 0) }, 'cpu'];
}
