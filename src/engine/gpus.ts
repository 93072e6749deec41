import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** What of a machine tells which devices it may have. */
export interface Machine {
  readonly platform: NodeJS.Platform;
  readonly arch: string;
  readonly exists: (path: string) => boolean;
  /** Names in a folder, none where it is not there. */
  readonly names: (folder: string) => readonly string[];
}

export const thisMachine: Machine = {
  platform: process.platform,
  arch: process.arch,
  exists: existsSync,
  names: (folder) => (existsSync(folder) ? readdirSync(folder) : []),
};

/** A GPU that may be there. */
export interface Gpu {
  /** What gave it away. */
  readonly sign: string;
  /** Devices of the runtime that may use it, the best first. */
  readonly devices: readonly ('cuda' | 'webgpu')[];
}

/**
 * A GPU that the runtime's build for this machine could use, by signs that cost nothing to look at: nothing is loaded.
 * Whether it can be used is another question.
 */
export function findGpu(machine: Machine = thisMachine): Gpu | undefined {
  const { platform, arch, exists, names } = machine;
  if (platform === 'darwin') return arch === 'arm64' ? { sign: 'Apple silicon', devices: ['webgpu'] } : undefined;
  if (platform === 'win32') {
    const driver = join(process.env.SystemRoot ?? 'C:\\Windows', 'System32', 'nvcuda.dll');
    return exists(driver) ? { sign: driver, devices: ['webgpu'] } : undefined;
  }
  if (platform !== 'linux' || arch !== 'x64') return undefined;
  const nvidia = ['/dev/nvidia0', '/dev/dxg'].find(exists);
  if (nvidia !== undefined) return { sign: nvidia, devices: ['cuda', 'webgpu'] };
  // Screens without a processor of their own have no such node.
  const node = names('/dev/dri').find((name) => name.startsWith('renderD'));
  return node === undefined ? undefined : { sign: `/dev/dri/${node}`, devices: ['webgpu'] };
}
