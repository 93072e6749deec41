import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { inProcess } from '../../src/embedding/in-process-runner.js';
import { resolveModel } from '../../src/embedding/resolve-model.js';
import type { ModelOptions } from '../../src/embedding/types.js';
import { readFloat32 } from '../npy.js';
import { describeShared, sharedPath } from '../shared.js';

/** shared/models/README.md, by the kind of file. */
const FLOAT = 1e-5;
const BATCHED = 2 * FLOAT;
const FOUR_BITS = 1e-3;
const HALF_COSINE = 0.9999;
const EIGHT_BITS_COSINE = 0.995;
/** 8-bit products are whole numbers: on a processor with the same instructions the rest is as exact as float32. */
const EIGHT_BITS_SAME_CPU = 1e-5;

interface ExportGolden {
  readonly cpu: readonly string[];
  readonly files: Readonly<Record<string, { readonly vectors: string }>>;
}

const FOLDER = sharedPath('models', 'onnx-export-all-dtypes');
const MINILM = sharedPath('models', 'all-MiniLM-L6-v2');

interface Difference {
  /** Of any two components. */
  readonly largest: number;
  /** The same, in units of the largest component of the row where that is above 1. */
  readonly relative: number;
  readonly cosine: number;
}

async function embedded(folder: string, options: ModelOptions) {
  const { texts } = JSON.parse(readFileSync(`${folder}/golden.json`, 'utf8')) as { texts: string[] };
  const model = await resolveModel(folder, options);
  const embedder = await model.open(inProcess({ threads: 1 }));
  const { rows } = await embedder.embed(texts, { prompt: '' });
  await embedder.close();
  return { model, rows };
}

function compare(expected: { data: Float32Array; dims: number; rows: number }, rows: Float32Array): Difference {
  expect(rows.length).toBe(expected.data.length);
  let [largest, relative, cosine] = [0, 0, 1];
  for (let row = 0; row < expected.rows; row++) {
    let [dot, a, b, unit, difference] = [0, 0, 0, 1, 0];
    for (let i = row * expected.dims; i < (row + 1) * expected.dims; i++) {
      const [x, y] = [expected.data[i], rows[i]];
      unit = Math.max(unit, Math.abs(x));
      difference = Math.max(difference, Math.abs(x - y));
      dot += x * y;
      a += x * x;
      b += y * y;
    }
    largest = Math.max(largest, difference);
    relative = Math.max(relative, difference / unit);
    cosine = Math.min(cosine, dot / Math.sqrt(a * b));
  }
  return { largest, relative, cosine };
}

function hasSameCpu(golden: ExportGolden): boolean {
  const line = /^flags\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1] ?? '';
  return golden.cpu.every((flag) => line.split(' ').includes(flag));
}

describeShared('exports of all number types', () => {
  const golden = JSON.parse(readFileSync(`${FOLDER}/onnx/golden.json`, 'utf8')) as ExportGolden;
  const dtypes = { fp32: '', fp16: '_fp16', q8: '_quantized', int8: '_int8', uint8: '_uint8' };
  const fourBits = { q4: '_q4', bnb4: '_bnb4', q4f16: '_q4f16' };
  for (const [dtype, suffix] of Object.entries({ ...dtypes, ...fourBits })) {
    it(`give the golden vectors as ${dtype}`, async () => {
      const file = `model${suffix}.onnx`;
      const { model, rows } = await embedded(FOLDER, { dtype });
      const expected = readFloat32(`${FOLDER}/onnx/${golden.files[file].vectors}`);
      const { largest, cosine } = compare(expected, rows);
      const isDynamic = /int8|q8/.test(dtype);
      if (dtype === 'fp32') expect(largest).toBeLessThan(BATCHED);
      else if (dtype === 'q4' || dtype === 'bnb4') expect(largest).toBeLessThan(FOUR_BITS);
      else expect(cosine).toBeGreaterThan(isDynamic ? EIGHT_BITS_COSINE : HALF_COSINE);
      if (isDynamic && hasSameCpu(golden)) expect(largest).toBeLessThan(EIGHT_BITS_SAME_CPU);

      expect(model).toMatchObject({ kind: 'onnx', dtype, dims: 64, options: {} });
      expect(model.settings).toMatchObject({
        graph: 'exported',
        onnxFile: `onnx/${file}`,
        output: 'last_hidden_state',
        pooling: 'mean',
        batchPolicy: isDynamic ? 'single' : 'bucketed',
      });
      expect(model.files.map(({ path }) => path)).toContain(`onnx/${file}`);
    });
  }

  it('are those of sentence-transformers in fp32', async () => {
    const { rows } = await embedded(FOLDER, {});
    expect(compare(readFloat32(`${FOLDER}/golden.npy`), rows).largest).toBeLessThan(BATCHED);
  });

  it('have another key each, and the same one by every name of the same file', async () => {
    const key = async (options: ModelOptions): Promise<string> => (await resolveModel(FOLDER, options)).key;
    const keys = await Promise.all(['fp32', 'q8', 'int8', 'q4'].map((dtype) => key({ dtype })));
    expect(new Set(keys).size).toBe(4);
    expect(await key({})).toBe(keys[0]);
    expect(await key({ dtype: 'quantized' })).toBe(keys[1]);
    expect(await key({ onnxFile: 'onnx/model_int8.onnx' })).toBe(keys[2]);
    expect(await key({ onnxFile: `${FOLDER}/onnx/model_q4.onnx` })).toBe(keys[3]);
    expect(await key({ dtype: 'int8', batchPolicy: 'bucketed' })).not.toBe(keys[2]);
  });

  it('warn where texts that change each other are put into one batch', async () => {
    const model = await resolveModel(FOLDER, { dtype: 'uint8', batchPolicy: 'bucketed' });
    expect(model.options).toEqual({ 'batch-policy': 'bucketed' });
    expect(model.warnings.join()).toContain('depends on the texts in its batch');
    expect((await resolveModel(FOLDER, { dtype: 'uint8', batchPolicy: 'single' })).options).toEqual({});
  });

  it('are listed where the one that is asked for is not there', async () => {
    await expect(resolveModel(FOLDER, { dtype: 'q8f16' })).rejects.toThrow(
      /--dtype q8f16: is no number type[\s\S]*did you mean "q4f16"\?[\s\S]*fp32 \(onnx\/model\.onnx\)[\s\S]*bnb4/,
    );
    await expect(resolveModel(MINILM, { dtype: 'q4' })).rejects.toThrow(
      /--dtype q4: .*has no onnx\/model_q4\.onnx[\s\S]*there is fp32 \(its weights\), q8 \(onnx\/model_quantized\.onnx\)/,
    );
    await expect(resolveModel(FOLDER, { onnxFile: 'onnx/model_int4.onnx' })).rejects.toThrow(
      /--onnx-file onnx\/model_int4\.onnx: there is no such file[\s\S]*did you mean "onnx\/model_int8\.onnx"/,
    );
    await expect(resolveModel(FOLDER, { onnxFile: 'onnx/model_int8.onnx', dtype: 'q4' })).rejects.toThrow(
      /--dtype q4: onnx\/model_int8\.onnx is an export in int8/,
    );
  });
});

describeShared('all-MiniLM-L6-v2', () => {
  it('gives the golden vectors of its 8-bit export', async () => {
    const golden = JSON.parse(readFileSync(`${MINILM}/onnx/golden.json`, 'utf8')) as ExportGolden;
    const { model, rows } = await embedded(MINILM, { dtype: 'q8', normalize: false });
    const { largest, cosine } = compare(readFloat32(`${MINILM}/onnx/golden_quantized.npy`), rows);
    expect(cosine).toBeGreaterThan(EIGHT_BITS_COSINE);
    if (hasSameCpu(golden)) expect(largest).toBeLessThan(EIGHT_BITS_SAME_CPU);
    expect(model).toMatchObject({ dtype: 'q8', settings: { batchPolicy: 'single' }, options: { normalize: false } });
  });

  it('is built from its weights in fp32, and says so', async () => {
    const model = await resolveModel(MINILM);
    expect(model).toMatchObject({ kind: 'sentence-transformers', settings: { graph: 'built' } });
    const exported = await resolveModel(MINILM, { dtype: 'q8' });
    expect(exported.settings).toMatchObject({ modules: ['normalize'], normalize: true, graph: 'exported' });
  });
});

describeShared('a static model', () => {
  it('gives the golden vectors, zeros for an empty text', async () => {
    const folder = sharedPath('models', 'static-embedding');
    const { model, rows } = await embedded(folder, {});
    const expected = readFloat32(`${folder}/golden.npy`);
    expect(compare(expected, rows).relative).toBeLessThan(FLOAT);
    const { texts } = JSON.parse(readFileSync(`${folder}/golden.json`, 'utf8')) as { texts: string[] };
    const empty = texts.indexOf('');
    expect(rows.subarray(empty * 64, (empty + 1) * 64)).toEqual(new Float32Array(64));
    expect(model).toMatchObject({ kind: 'static', dims: 64, settings: { stripText: false, maxTokens: null } });
    await expect(resolveModel(folder, { pooling: 'cls', dtype: 'q8', onnxFile: 'x' })).rejects.toThrow(
      /--dtype[\s\S]*--pooling[\s\S]*--onnx-file/,
    );
  });

  it('counts the tokens of the reference', async () => {
    const folder = sharedPath('models', 'static-embedding');
    const golden = JSON.parse(readFileSync(`${folder}/golden.json`, 'utf8')) as {
      texts: string[];
      sets: { ids: number[][] }[];
    };
    const embedder = await (await resolveModel(folder)).open(inProcess({ threads: 1 }));
    const ids = golden.texts.map((text) => embedder.tokenize?.(text));
    await embedder.close();
    expect(ids).toEqual(golden.sets[0].ids);
  });
});
