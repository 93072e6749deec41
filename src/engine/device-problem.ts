import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { messageOf, type Problem } from '../errors.js';
import { thisMachine, type Machine } from './gpus.js';

/** What the runtime loads for CUDA, from the folder of its own library. */
const CUDA_LIBRARIES = ['libonnxruntime_providers_shared.so', 'libonnxruntime_providers_cuda.so'];

/**
 * Why a device other than the CPU cannot be used, and what to do: the runtime itself says little more than that it cannot.
 *
 * @param thrown what the runtime said
 */
export function deviceProblem(device: string, thrown: unknown, machine: Machine = thisMachine): Problem {
  const where = `--device ${device}`;
  const problem = device === 'webgpu' ? webgpuProblem(machine) : cudaProblem(machine);
  const said = firstLine(messageOf(thrown));
  return {
    where,
    what: `the device cannot be used: ${problem.what ?? said}`,
    fix: `${problem.fix}, or use --device cpu`,
  };
}

interface Found {
  /** Undefined where the runtime knows best. */
  readonly what?: string;
  readonly fix: string;
}

function cudaProblem({ platform, arch, exists }: Machine): Found {
  if (platform !== 'linux' || arch !== 'x64')
    return { what: `the runtime has CUDA on Linux x64 only, this is ${platform} ${arch}`, fix: 'use --device webgpu' };
  const folder = libraryFolder(platform, arch);
  const missing = CUDA_LIBRARIES.filter((name) => !exists(join(folder, name)));
  if (missing.length > 0)
    return {
      what: `${missing.join(' and ')} ${missing.length === 1 ? 'is' : 'are'} not in ${folder}`,
      fix: 'run "npm run setup:cuda" once (needs the network), copy them there from a build of the same version for CUDA',
    };
  if (!exists('/dev/nvidia0') && !exists('/dev/dxg'))
    return {
      what: 'no NVIDIA GPU is seen (there is no /dev/nvidia0)',
      fix: 'check the driver, and in a container that it was given the GPU',
    };
  return { fix: 'install CUDA 13 and cuDNN 9 where the loader finds them (LD_LIBRARY_PATH)' };
}

function webgpuProblem({ platform, arch }: Machine): Found {
  if (platform === 'linux' && arch !== 'x64')
    return { what: `the runtime has no WebGPU on ${platform} ${arch}`, fix: 'use another machine' };
  const needs = 'a Vulkan driver for it (libvulkan.so.1 and, say, mesa-vulkan-drivers)';
  return { fix: platform === 'linux' ? `WebGPU needs a GPU and ${needs}: install it` : 'check the driver of the GPU' };
}

/** Where the runtime's own library lies. */
function libraryFolder(platform: string, arch: string): string {
  const entry = createRequire(import.meta.url).resolve('onnxruntime-node');
  return join(dirname(entry), '..', 'bin', 'napi-v6', platform, arch);
}

/** The runtime puts the place in its source before the reason. */
function firstLine(message: string): string {
  const [line] = message
    .slice(message.lastIndexOf(' was false. ') + 1)
    .replace(/^was false\. /, '')
    .trim()
    .split('\n');
  return line;
}
