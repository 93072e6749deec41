import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { doctor, type DoctorOptions } from '../../src/commands/doctor.js';
import type { DoctorReport } from '../../src/doctor/types.js';
import { inProcess } from '../../src/embedding/in-process-runner.js';
import { jmteb, temporaryFolder } from '../cli/jmteb.js';
import { describeFull, describeShared, sharedPath } from '../shared.js';
import { withDoubledScale } from './doubled-scale.js';
import { japaneseModel, withFile } from './tiny-japanese.js';

const examine = (model: string, options: Partial<DoctorOptions>): Promise<DoctorReport> =>
  doctor({ model, resources: inProcess({ threads: 2 }), ...options });

const codes = ({ findings }: DoctorReport): string[] =>
  findings.filter(({ severity }) => severity === 'failure').map(({ code }) => code);

describeShared('exports of every number type', () => {
  const folder = sharedPath('models', 'onnx-export-all-dtypes');

  it.each(['fp32', 'fp16', 'q8', 'int8', 'uint8', 'q4', 'bnb4', 'q4f16'])('%s passes against fp32', async (dtype) => {
    const report = await examine(folder, { dtype, reference: folder });
    expect(codes(report)).toEqual([]);
    expect(report.model.dtype).toBe(dtype);
    const isDynamic = ['q8', 'int8', 'uint8'].includes(dtype);
    expect([report.batches?.verdict, report.batches?.policy]).toEqual(
      isDynamic ? ['dependent', 'single'] : ['rounding', 'bucketed'],
    );
    expect(report.batches?.cacheSafe).toBe(true);
  });

  it('a file that --onnx-file names is the same as its number type', async () => {
    const byFile = await examine(folder, { onnxFile: 'onnx/model_int8.onnx', reference: folder });
    const byType = await examine(folder, { dtype: 'int8', reference: folder });
    expect(byFile.model.dtype).toBe('int8');
    expect(byFile.vectors).toEqual(byType.vectors);
  });

  it('an int8 export run in batches is no good for a cache', async () => {
    const report = await examine(folder, { dtype: 'q8', batchPolicy: 'bucketed', reference: folder });
    expect(codes(report)).toContain('batch-dependent');
    expect(report.batches).toMatchObject({ cacheSafe: false, advice: 'single' });
  });

  it('an int8 export with the scale of one layer doubled fails for its weights', async () => {
    const damaged = withDoubledScale(folder, 'model_quantized.onnx', 'onnx::MatMul_267_scale');
    const report = await examine(damaged, { dtype: 'q8', reference: folder });
    expect(codes(report)).toEqual(['cosine-low', 'neighbours-differ']);
    const { cause } = report.findings[0];
    expect(cause).toMatch(/^the weights or the number type: the ids are equal and none of these gives the reference/);
  });
});

it('the command ends with 0, 3 or 2, and prints the report as text or JSON', async () => {
  const folder = temporaryFolder();
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const reference = japaneseModel();
  const other = japaneseModel({
    '1_Pooling/config.json': { pooling_mode_cls_token: true, pooling_mode_mean_tokens: false },
  });
  const passed = await jmteb(['doctor', '-m', reference, '-o', join(folder, 'ref', 'vectors.arrow')]);
  expect([passed.code, passed.stdout.trimEnd().split('\n').at(-1)]).toEqual([0, 'passed']);
  const failed = await jmteb(['doctor', '-m', other, '--reference', `vectors:${join(folder, 'ref')}`, '--json']);
  expect(failed.code).toBe(3);
  const report = JSON.parse(failed.stdout) as DoctorReport;
  expect(report.verdict).toBe('failed');
  expect(report.findings[0].cause).toContain('--pooling mean');
  const wrong = await jmteb(['doctor', '-m', join(folder, 'nothing'), '--reference', reference, '--min-cosine', '2']);
  expect([wrong.code, wrong.stdout]).toEqual([2, '']);
  expect(wrong.stderr).toContain('--min-cosine: cannot be "2".');
  expect((await jmteb(['doctor', '--reference', reference])).code).toBe(2);
});

describeFull('all-MiniLM-L6-v2', () => {
  const folder = sharedPath('models', 'all-MiniLM-L6-v2');

  it('in fp32 passes against itself', async () => {
    const report = await examine(folder, { reference: folder });
    expect(codes(report)).toEqual([]);
    expect(report.batches).toMatchObject({ verdict: 'rounding', cacheSafe: true });
  });

  it('in int8 passes, and depends on the batch', async () => {
    const report = await examine(folder, { dtype: 'q8', reference: folder });
    expect(codes(report)).toEqual([]);
    expect(report.findings.map(({ code }) => code)).toContain('batch-dependent');
    expect(report.batches).toMatchObject({ verdict: 'dependent', policy: 'single', advice: 'single' });
    expect(report.batches?.effects.find(({ way }) => way === 'copies')?.minCosine).toBeGreaterThan(1 - 1e-9);
  });

  it.each([681, 729])('with the scale of one layer of its int8 export doubled (matrix %i) fails', async (matrix) => {
    const damaged = withDoubledScale(folder, 'model_quantized.onnx', `onnx::MatMul_${matrix}_scale`);
    const report = await examine(damaged, { dtype: 'q8', reference: folder });
    expect(codes(report)).toContain('cosine-low');
    expect(report.findings[0].cause).toMatch(/^the weights or the number type: the ids are equal/);
  });

  it('without the second half of its vocabulary is told by its unknown tokens', async () => {
    const damaged = withFile(folder, 'tokenizer.json', (bytes) => {
      const json = JSON.parse(bytes.toString()) as { model: { vocab: Record<string, number> } };
      const kept = Object.entries(json.model.vocab).filter(([, id]) => id < 1900);
      json.model.vocab = Object.fromEntries(kept);
      return Buffer.from(JSON.stringify(json));
    });
    const report = await examine(damaged, { reference: folder });
    expect(codes(report)).toEqual(expect.arrayContaining(['ids-differ', 'cosine-low']));
    expect(report.findings.find(({ code }) => code === 'cosine-low')?.cause).toMatch(/^the ids: /);
  });
});
