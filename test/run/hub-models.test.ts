import { existsSync, mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { jmteb, type Ended } from '../cli/jmteb.js';
import type { TestContent } from '../hub/repository.js';
import { startTestHub, type TestHub } from '../hub/test-hub.js';
import { describeShared, sharedPath } from '../shared.js';

const COMMIT = '00112233445566778899aabbccddeeff00112233';

/** A shared model's files as a repository has them, among others that no run needs. */
function filesOf(name: string, more: Readonly<Record<string, TestContent>> = {}): Record<string, TestContent> {
  const folder = sharedPath('models', name);
  const paths = (readdirSync(folder, { recursive: true }) as string[]).filter((path) => /\.(?!npy)\w+$/.test(path));
  const files = paths
    .filter((path) => !/golden/.test(path))
    .map((path) => [path, { file: join(folder, path) }] as const);
  return { ...Object.fromEntries(files), 'README.md': '# A model', '.gitattributes': '*.bin filter=lfs', ...more };
}

describeShared('models by their id', () => {
  let hub: TestHub;

  beforeAll(async () => {
    const model = (id: string, files: Record<string, TestContent>) => ({
      kind: 'model' as const,
      id,
      commits: { [COMMIT]: files },
    });
    const others = { 'pytorch_model.bin': 'no weights', 'onnx/model.onnx': 'no graph', 'tf_model.h5': 'no weights' };
    hub = await startTestHub({
      repositories: [
        model('owner/dense', filesOf('bert-dense-layernorm', others)),
        model('owner/sharded', filesOf('llama-sharded-flags')),
        model('owner/exports', filesOf('onnx-export-all-dtypes')),
        { ...model('owner/gated', filesOf('bert-bin-only')), isGated: true },
      ],
    });
  });
  afterAll(() => hub.close());

  const newHome = (): string => mkdtempSync(join(tmpdir(), 'jmteb-hub-'));
  const withHub = (args: readonly string[], home: string, endpoint = hub.endpoint): Promise<Ended> => {
    const env = { HF_HUB_OFFLINE: undefined, HF_HOME: home, HF_ENDPOINT: endpoint, HF_TOKEN: undefined };
    return jmteb([...args, '--cache-dir', join(home, 'cache')], { env });
  };
  const snapshot = (home: string, id: string): string =>
    join(home, 'hub', `models--${id.replace('/', '--')}`, 'snapshots', COMMIT);

  it('are fetched with what they need and nothing else, run, and run again offline', async () => {
    const home = newHome();
    const run = ['run', '-t', 'sample_sts', '-m', 'owner/dense', '-o', join(home, 'results')];
    const first = await withHub(run, home);
    expect(first.stderr).toContain('to fetch: model owner/dense at 0011223');
    expect(first.code).toBe(0);
    const there = (readdirSync(snapshot(home, 'owner/dense'), { recursive: true }) as string[]).sort();
    expect(there).toContain('model.safetensors');
    expect(there).toContain(join('4_LayerNorm', 'model.safetensors'));
    for (const name of ['pytorch_model.bin', 'onnx', 'tf_model.h5', 'README.md']) expect(there).not.toContain(name);
    const again = await withHub([...run, '--offline', '--overwrite', 'always'], home, 'http://127.0.0.1:1');
    expect(again.code).toBe(0);
    expect(again.stdout).toBe(first.stdout);
  });

  it('have all parts of their weights, or the one export that is chosen', async () => {
    const home = newHome();
    expect((await withHub(['fetch', '-m', 'owner/sharded'], home)).code).toBe(0);
    const parts = readdirSync(snapshot(home, 'owner/sharded')).filter((name) => name.endsWith('.safetensors'));
    expect(parts).toHaveLength(3);
    expect((await withHub(['fetch', '-m', 'owner/exports', '--dtype', 'q8'], home)).code).toBe(0);
    expect(readdirSync(join(snapshot(home, 'owner/exports'), 'onnx'))).toEqual(['model_quantized.onnx']);
    const shown = await withHub(['show', '-m', 'owner/exports', '--dtype', 'q8', '--offline'], home);
    expect(shown.stdout).toContain('model_quantized.onnx');
    const missing = await withHub(['show', '-m', 'owner/exports', '--dtype', 'fp16', '--offline'], home);
    expect(missing.code).toBe(2);
    expect(missing.stderr).toContain('jmteb fetch -m owner/exports');
    const wrong = await withHub(['fetch', '-m', 'owner/exports', '--onnx-file', 'onnx/model_fp61.onnx'], home);
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain('did you mean "onnx/model_fp16.onnx"?');
  });

  it('are examined by the doctor, each with the files that it asks for, and again offline', async () => {
    const home = newHome();
    const doctor = ['doctor', '-m', 'owner/exports', '--dtype', 'fp16', '--reference', 'owner/dense', '--json'];
    const without = await withHub([...doctor, '--offline'], home);
    expect(without.code).toBe(2);
    expect(without.stderr).toContain('jmteb fetch -m owner/exports');
    expect(without.stderr).toContain('jmteb fetch -m owner/dense');
    const first = await withHub(doctor, home);
    expect(first.stderr).toContain('to fetch: model owner/exports at 0011223');
    expect(first.stderr).toContain('to fetch: model owner/dense at 0011223');
    expect(readdirSync(join(snapshot(home, 'owner/exports'), 'onnx'))).toEqual(['model_fp16.onnx']);
    const told = (ended: Ended): unknown => ({ ...(JSON.parse(ended.stdout) as object), timing: undefined });
    expect(told(first)).toMatchObject({ model: { id: 'owner/exports' }, reference: { id: 'owner/dense' } });
    const again = await withHub([...doctor, '--offline'], home, 'http://127.0.0.1:1');
    expect(again.code).toBe(first.code);
    expect(told(again)).toEqual(told(first));
  });

  it('are refused in words when they are gated or not there', async () => {
    const home = newHome();
    const gated = await withHub(['fetch', '-m', 'owner/gated'], home);
    expect(gated.code).toBe(2);
    expect(gated.stderr).toContain('owner/gated');
    const none = await withHub(['run', '-m', 'owner/none', '-t', 'sample_sts', '-o', join(home, 'results')], home);
    expect(none.code).toBe(2);
    expect(none.stderr).toContain('owner/none');
    expect(existsSync(join(home, 'results'))).toBe(false);
  });
});
