import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findGpu } from '../../src/engine/gpus.js';
import { jmteb, temporaryFolder } from './jmteb.js';

const MODEL = ['--model', 'baseline:char-ngram'];

describe('--device', () => {
  it.skipIf(findGpu() !== undefined)(
    'auto is the CPU where there is no GPU: it is said, and the vectors are those of cpu',
    async () => {
      const folder = temporaryFolder();
      const input = join(folder, 'texts.txt');
      writeFileSync(input, '雪をかぶった山\n海\n');
      const [auto, cpu] = ['auto', 'cpu'].map((device) => join(folder, `${device}.npy`));
      const first = await jmteb(['encode', ...MODEL, '--input', input, '--output', auto, '--device', 'auto']);
      expect(first).toMatchObject({
        code: 0,
        stderr: expect.stringContaining('device cpu: no GPU was found') as string,
      });
      expect((await jmteb(['encode', ...MODEL, '--input', input, '--output', cpu])).code).toBe(0);
      expect(readFileSync(auto)).toEqual(readFileSync(cpu));
    },
  );

  it('that is not there is found before anything is written, each of several by itself', async () => {
    const folder = temporaryFolder();
    const places = ['--output', join(folder, 'results'), '--cache-dir', join(folder, 'cache')];
    const { code, stderr } = await jmteb(['run', ...MODEL, '--suite', 'sample', ...places, '--device', 'cuda:98,99']);
    expect(code).toBe(2);
    expect(stderr).toMatch(/--device cuda:98: the device cannot be used/);
    expect(stderr).toMatch(/--device cuda:99: the device cannot be used/);
    expect(existsSync(join(folder, 'results'))).toBe(false);
    expect(existsSync(join(folder, 'cache'))).toBe(false);
  });

  it('of vectors that are given is none: nothing is tried', async () => {
    const { stderr } = await jmteb([
      'run',
      '--model',
      `vectors:${temporaryFolder()}`,
      '--suite',
      'sample',
      '--device',
      'cuda:99',
    ]);
    expect(stderr).not.toMatch(/cannot be used/);
  });
});
