import { describe, expect, it } from 'vitest';
import { deviceProblem } from '../../src/engine/device-problem.js';
import { findGpu, type Machine } from '../../src/engine/gpus.js';

function machine(platform: NodeJS.Platform, arch: string, ...files: readonly string[]): Machine {
  const under = (folder: string) => files.filter((file) => file.startsWith(`${folder}/`));
  return {
    platform,
    arch,
    exists: (path) => files.includes(path) || files.some((file) => path.endsWith(file)),
    names: (folder) => under(folder).map((file) => file.slice(folder.length + 1)),
  };
}

describe('signs of a GPU', () => {
  it('are device nodes on Linux: of NVIDIA for CUDA first, of others for WebGPU', () => {
    expect(findGpu(machine('linux', 'x64', '/dev/nvidia0', '/dev/dri/renderD128'))).toEqual({
      sign: '/dev/nvidia0',
      devices: ['cuda', 'webgpu'],
    });
    expect(findGpu(machine('linux', 'x64', '/dev/dxg'))?.devices).toEqual(['cuda', 'webgpu']);
    expect(findGpu(machine('linux', 'x64', '/dev/dri/card0', '/dev/dri/renderD129'))).toEqual({
      sign: '/dev/dri/renderD129',
      devices: ['webgpu'],
    });
  });

  it('are none where the runtime could not use it, or where there is only a screen', () => {
    expect(findGpu(machine('linux', 'x64'))).toBeUndefined();
    expect(findGpu(machine('linux', 'x64', '/dev/dri/card0'))).toBeUndefined();
    expect(findGpu(machine('linux', 'arm64', '/dev/nvidia0'))).toBeUndefined();
    expect(findGpu(machine('darwin', 'x64'))).toBeUndefined();
    expect(findGpu(machine('win32', 'x64'))).toBeUndefined();
  });

  it('are the machine itself on a Mac and the driver on Windows', () => {
    expect(findGpu(machine('darwin', 'arm64'))?.devices).toEqual(['webgpu']);
    expect(findGpu(machine('win32', 'x64', 'nvcuda.dll'))?.devices).toEqual(['webgpu']);
  });
});

describe('why a device cannot be used', () => {
  const shared = 'libonnxruntime_providers_shared.so';
  const cuda = 'libonnxruntime_providers_cuda.so';

  it('names the libraries of CUDA that are not there, and the command that brings them', () => {
    const { where, what, fix } = deviceProblem('cuda:0', new Error('Failed to load'), machine('linux', 'x64'));
    expect(where).toBe('--device cuda:0');
    expect(what).toMatch(new RegExp(`${shared} and ${cuda} are not in .*onnxruntime-node`));
    expect(fix).toMatch(/npm run setup:cuda/);
    expect(deviceProblem('cuda:0', new Error('Failed'), machine('linux', 'x64', shared)).what).toMatch(
      /: libonnxruntime_providers_cuda\.so is not in /,
    );
  });

  it('names the missing GPU, or what the runtime says where all seems to be there', () => {
    expect(deviceProblem('cuda:0', new Error('no'), machine('linux', 'x64', shared, cuda)).what).toMatch(
      /no NVIDIA GPU/,
    );
    const all = machine('linux', 'x64', shared, cuda, '/dev/nvidia0');
    const { what, fix } = deviceProblem('cuda:1', new Error('libcudnn.so.9: cannot open shared object file'), all);
    expect(what).toMatch(/libcudnn\.so\.9/);
    expect(fix).toMatch(/CUDA 13 and cuDNN 9/);
  });

  it('says where the runtime has the device at all', () => {
    expect(deviceProblem('cuda:0', new Error('no'), machine('darwin', 'arm64')).what).toMatch(/Linux x64 only/);
    expect(deviceProblem('webgpu', new Error('no'), machine('linux', 'arm64')).what).toMatch(
      /no WebGPU on linux arm64/,
    );
  });

  it('tells of WebGPU what the runtime says, without the place in its source', () => {
    const said =
      '/src/webgpu_context.cc:136 Initialize(const Config&) status == Success was false. No supported adapters\n';
    const { what, fix } = deviceProblem('webgpu', new Error(said), machine('linux', 'x64'));
    expect(what).toBe('the device cannot be used: No supported adapters');
    expect(fix).toMatch(/Vulkan/);
  });
});
