import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { inProcess } from '../../src/embedding/in-process-runner.js';
import { resolveModel } from '../../src/embedding/resolve-model.js';
import type { ModelOptions } from '../../src/embedding/types.js';
import { writeTinyFolder } from '../models/tiny-bert.js';
import { WIDTH, tinyExport, tinyStates, wordBytes, writeExport, type TinyExport } from '../models/tiny-export.js';
import { float32Tensor, writeSafetensors } from '../models/write-safetensors.js';

/** Sums of a few numbers of size 1 in float32. */
const FLOAT32 = 2e-6;
/** Outputs rounded to half: 2^-11 of numbers up to 8. */
const HALF = 4e-3;

const root = mkdtempSync(join(tmpdir(), 'jmteb-exports-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let folders = 0;

const ALL = ['input_ids', 'attention_mask', 'token_type_ids', 'position_ids', 'task_id'] as const;
const TEXTS = ['a b c', 'd', 'e f g h i j k', ''];
/** `[CLS]` words `[SEP]` with the ids of the tiny tokenizer. */
const IDS = [
  [2, 4, 5, 6, 3],
  [2, 7, 3],
  [2, 8, 9, 10, 11, 12, 13, 14, 3],
  [2, 3],
];

/** A folder whose only network is this export. */
function folderWith(
  options: Partial<TinyExport>,
  files: Record<string, unknown> = {},
  name = 'onnx/model.onnx',
): string {
  const folder = writeTinyFolder(join(root, `export${folders++}`), files, null);
  writeExport(folder, name, tinyExport({ opset: 13, inputs: ALL, ...options }));
  return folder;
}

async function vectors(folder: string, options: ModelOptions = {}, call = { prompt: '' }): Promise<number[][]> {
  const model = await resolveModel(folder, options);
  const embedder = await model.open(inProcess({ threads: 1 }));
  const { rows } = await embedder.embed(TEXTS, call);
  await embedder.close();
  return TEXTS.map((_, i) => [...rows.subarray(i * model.dims, (i + 1) * model.dims)]);
}

function expectNear(actual: number[][], expected: number[][], tolerance = FLOAT32): void {
  expect(actual.map((row) => row.length)).toEqual(expected.map((row) => row.length));
  const difference = actual.flatMap((row, i) => row.map((value, d) => Math.abs(value - expected[i][d])));
  expect(Math.max(...difference)).toBeLessThan(tolerance);
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const columns = (states: number[][]): number[][] => states[0].map((_, d) => states.map((state) => state[d]));
const meanOf = (states: number[][]): number[] => columns(states).map((column) => sum(column) / column.length);
const unit = (x: number[]): number[] => x.map((value) => value / Math.hypot(...x));
const means = (inputs: TinyExport['inputs'] = ALL): number[][] => IDS.map((ids) => meanOf(tinyStates(ids, inputs)));

/** The error function, by its series; for |x| up to 5. */
function erf(x: number): number {
  let term = x;
  let total = x;
  for (let n = 1; n < 200; n++) {
    term *= (-x * x) / n;
    total += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * total;
}

const POOL_ALL = Object.fromEntries(
  ['cls_token', 'max_tokens', 'mean_tokens', 'mean_sqrt_len_tokens', 'weightedmean_tokens', 'lasttoken'].map((name) => [
    `pooling_mode_${name}`,
    true,
  ]),
);
function allPoolings(states: number[][]): number[] {
  const of = (pool: (column: number[]) => number): number[] => columns(states).map(pool);
  const n = states.length;
  return [
    ...states[0],
    ...of((column) => Math.max(...column)),
    ...of((column) => sum(column) / n),
    ...of((column) => sum(column) / Math.sqrt(n)),
    ...of((column) => sum(column.map((value, i) => value * (i + 1))) / ((n * (n + 1)) / 2)),
    ...states[n - 1],
  ];
}

describe('an export', () => {
  it('is pooled alike in every version of the operators, with all modules behind', async () => {
    const dims = 6 * WIDTH;
    const out = 5;
    const weight = Float32Array.from({ length: out * dims }, (_, i) => (((i * 31) % 37) - 18) / 80);
    const bias = Float32Array.from({ length: out }, (_, i) => i / 8 - 0.25);
    const scale = Float32Array.from({ length: out }, (_, i) => 1 + i / 4);
    const types = ['Transformer', 'Pooling', 'Dense', 'LayerNorm', 'Normalize'];
    const modules = types.map((type, idx) => ({
      idx,
      name: String(idx),
      path: idx === 0 ? '' : `${idx}_${type}`,
      type: `sentence_transformers.models.${type}`,
    }));
    const activation = 'torch.nn.modules.activation.GELU';
    const files = {
      'modules.json': modules,
      '1_Pooling/config.json': POOL_ALL,
      '2_Dense/config.json': { in_features: dims, out_features: out, bias: true, activation_function: activation },
      '3_LayerNorm/config.json': { dimension: out },
    };
    const expected = IDS.map((ids) => {
      const pooled = allPoolings(tinyStates(ids, ALL));
      const wide = [...bias].map((b, o) => b + sum(pooled.map((value, i) => value * weight[o * dims + i])));
      const bent = wide.map((x) => 0.5 * x * (1 + erf(x / Math.SQRT2)));
      const mean = sum(bent) / out;
      const variance = sum(bent.map((x) => (x - mean) ** 2)) / out;
      return unit(bent.map((x, i) => ((x - mean) / Math.sqrt(variance + 1e-5)) * scale[i] + bias[i]));
    });
    for (const opset of [11, 12, 13, 16, 17, 18, 20, 21]) {
      const folder = folderWith({ opset }, files);
      writeSafetensors(
        join(folder, '2_Dense', 'model.safetensors'),
        new Map([
          ['linear.weight', float32Tensor([out, dims], weight)],
          ['linear.bias', float32Tensor([out], bias)],
        ]),
      );
      writeSafetensors(
        join(folder, '3_LayerNorm', 'model.safetensors'),
        new Map([
          ['norm.weight', float32Tensor([out], scale)],
          ['norm.bias', float32Tensor([out], bias)],
        ]),
      );
      expectNear(await vectors(folder), expected, 2e-5);
    }
  });

  it('is given every known input, as int64 or int32', async () => {
    expectNear(await vectors(folderWith({ type: 'int64' })), means());
    expectNear(await vectors(folderWith({ type: 'int32' })), means());
    const few = ['input_ids', 'attention_mask'] as const;
    expectNear(await vectors(folderWith({ inputs: few })), means(few));
    const one = folderWith({ shapes: { task_id: [1] } });
    // One number of one row is added to all of them, as a scalar is.
    expectNear(await vectors(one), means());
    expect((await resolveModel(one)).settings).toMatchObject({ inputs: { input_ids: 'ids', task_id: 0 } });
  });

  it('is computed a text at a time where it cannot tell padding', async () => {
    const folder = folderWith({ inputs: ['input_ids', 'token_type_ids'] });
    expect((await resolveModel(folder)).settings).toMatchObject({ batchPolicy: 'single' });
    expectNear(await vectors(folder), means(['input_ids', 'token_type_ids']));
  });

  it('is refused with the names of inputs that are not known, or have fixed sizes', async () => {
    const more = ['past_key_values.0.key', 'past_key_values.0.value', 'pixels', 'x4', 'x5', 'x6'];
    await expect(resolveModel(folderWith({ more }))).rejects.toThrow(
      /inputs that are not known: past_key_values\.0\.key, past_key_values\.0\.value, pixels, x4, x5 and 1 more/,
    );
    await expect(resolveModel(folderWith({ shapes: { input_ids: [1, 128] } }))).rejects.toThrow(
      /"input_ids" has the shape \[1, 128\][\s\S]*dynamic axes/,
    );
    await expect(resolveModel(folderWith({ inputs: ['attention_mask'] }))).rejects.toThrow(/no input "input_ids"/);
    await expect(resolveModel(folderWith({ opset: 10 }))).rejects.toThrow(/version 10 of the ONNX operators/);
  });

  it('in half precision gives float32, pooled in float32', async () => {
    const actual = await vectors(folderWith({ half: true }));
    expectNear(actual, means(), HALF);
    expect(actual.flat().every((value) => Math.abs(value) < 16)).toBe(true);
  });

  it('with vectors of whole texts is not pooled again', async () => {
    const doubled = IDS.map((ids) => tinyStates(ids, ALL)[0].map((value) => 2 * value));
    const both = folderWith({ whole: 'sentence_embedding' });
    expectNear(await vectors(both), doubled);
    expectNear(await vectors(both, { normalize: true }), doubled.map(unit));
    expectNear(await vectors(both, { pooling: 'mean' }), means());
    expect((await resolveModel(both)).settings).toMatchObject({ output: 'sentence_embedding', pooling: 'none' });
    expectNear(await vectors(folderWith({ whole: 'sentence_embedding', tokens: null, half: true })), doubled, HALF);
    const only = folderWith({ whole: 'embedding', tokens: null });
    expectNear(await vectors(only), doubled);
    await expect(resolveModel(only, { pooling: 'cls' })).rejects.toThrow(/--pooling cls: .*nothing is left to pool/);
    const pooler = folderWith({ whole: 'pooler_output', tokens: 'token_embeddings' });
    expectNear(await vectors(pooler), means());
  });

  it('leaves the prompt out by pooling here where the model says so', async () => {
    const files = { '1_Pooling/config.json': { pooling_mode_mean_tokens: true, include_prompt: false } };
    const folder = folderWith({ whole: 'sentence_embedding' }, files);
    const expected = IDS.map((ids) => meanOf(tinyStates(ids, ALL).slice(Math.min(2, ids.length - 1))));
    // The prompt "x" is two tokens with the first special one; the empty text has only one behind it.
    const actual = await vectors(folder, {}, { prompt: 'm' });
    expectNear(actual.slice(0, 3), expected.slice(0, 3));
    expect((await resolveModel(folder)).promptChangesPooling).toBe(true);
  });

  it('is computed once where it does not tell its width', async () => {
    expectNear(await vectors(folderWith({ tellsWidth: false })), means());
    const whole = folderWith({ tellsWidth: false, tokens: null, whole: 'sentence_embedding' });
    expect((await resolveModel(whole)).dims).toBe(WIDTH);
  });

  it('may have its weights in another file, which is part of the key, and may not lead outside', async () => {
    const words = wordBytes();
    const at = { location: 'model.onnx_data', offset: 4, length: words.length };
    const data = (folder: string, bytes: Uint8Array, name = 'onnx/model.onnx_data'): string => {
      writeFileSync(join(folder, name), bytes);
      return folder;
    };
    const good = data(folderWith({ external: at }), Buffer.concat([Buffer.alloc(4), words]));
    expectNear(await vectors(good), means());
    const other = data(folderWith({ external: at }), Buffer.concat([Buffer.alloc(4, 1), words]));
    const [first, second] = [await resolveModel(good), await resolveModel(other)];
    expect(first.files.map(({ path }) => path)).toContain('onnx/model.onnx_data');
    expect(first.key).not.toBe(second.key);

    await expect(resolveModel(folderWith({ external: at }))).rejects.toThrow(/"model\.onnx_data", which is not there/);
    await expect(resolveModel(data(folderWith({ external: at }), words))).rejects.toThrow(/has only 480 bytes/);
    for (const location of ['../secret', '/etc/passwd', 'a/../../b', '*/_ORT_MEM_ADDR_/*']) {
      const folder = data(folderWith({ external: { ...at, location } }), words, 'secret');
      await expect(resolveModel(folder)).rejects.toThrow(/may not be used|is not there/);
    }
  });

  it('that the runtime refuses is an error that names the file', async () => {
    // The first operator is one that no version has.
    const bytes = Buffer.from(tinyExport({ opset: 13, inputs: ALL }));
    bytes.write('Gathex', bytes.indexOf(Buffer.concat([Buffer.of(0x22, 6), Buffer.from('Gather')])) + 2);
    const folder = folderWith({});
    writeExport(folder, 'onnx/model.onnx', bytes);
    await expect(vectors(folder)).rejects.toThrow(
      new RegExp(`local/export${folders - 1}/onnx/model\\.onnx: cannot be computed: .*Gathex[\\s\\S]*Fix:`),
    );
    // Nothing says that the table of positions has only 64 rows.
    const unlimited = { 'config.json': {}, 'tokenizer_config.json': { tokenizer_class: 'BertTokenizer' } };
    const model = await resolveModel(folderWith({}, unlimited));
    const embedder = await model.open(inProcess({ threads: 1 }));
    const long = Array<string>(70).fill('a').join(' ');
    await expect(embedder.embed([long], { prompt: '' })).rejects.toThrow(/model\.onnx: cannot be computed: .*bounds/);
    await embedder.close();
  });

  it('whose output is one that nothing computes, or has no name, is refused', async () => {
    const name = 'last_hidden_state';
    const damage: ((bytes: Buffer, at: number) => unknown)[] = [
      (bytes, at) => bytes.write('l', at + 1),
      // The field of the name (1) becomes one that no value has (9).
      (bytes, at) => bytes.writeUInt8(0x4a, at - 2),
    ];
    for (const spoil of damage) {
      const bytes = Buffer.from(tinyExport({ opset: 13, inputs: ALL }));
      spoil(bytes, bytes.lastIndexOf(name));
      const folder = folderWith({});
      writeExport(folder, 'onnx/model.onnx', bytes);
      await expect(resolveModel(folder)).rejects.toThrow(/has no output with one vector a token or a text/);
    }
  });

  it('is found by number type at the root, too, or by its own path anywhere', async () => {
    const folder = folderWith({}, {}, 'model_q4.onnx');
    expect(await resolveModel(folder, { dtype: 'q4' })).toMatchObject({ dtype: 'q4', options: {} });
    await expect(resolveModel(folder)).rejects.toThrow(/has no weights[\s\S]*--dtype fp32[\s\S]*q4 \(model_q4\.onnx\)/);
    const elsewhere = join(root, 'elsewhere', 'my model_O4.onnx');
    writeExport(root, 'elsewhere/my model_O4.onnx', tinyExport({ opset: 17, inputs: ALL }));
    const named = await resolveModel(folder, { onnxFile: elsewhere });
    expect(named).toMatchObject({ dtype: 'fp32', options: { 'onnx-file': 'my model_O4.onnx' }, dims: WIDTH });
    expect(JSON.stringify([named.settings, named.files, named.options])).not.toContain('elsewhere');
    expectNear(await vectors(folder, { onnxFile: elsewhere }), means());
  });

  it('in fp32 gives way to weights that a graph can be built from, unless it is named', async () => {
    const folder = writeTinyFolder(join(root, `export${folders++}`));
    writeExport(folder, 'onnx/model.onnx', tinyExport({ opset: 13, inputs: ALL }));
    expect((await resolveModel(folder)).settings.graph).toBe('built');
    const named = await resolveModel(folder, { onnxFile: 'onnx/model.onnx' });
    expect(named.settings.graph).toBe('exported');
    expect(named.options).toEqual({ 'onnx-file': 'onnx/model.onnx' });
    const unknown = folderWith({}, { 'config.json': { model_type: 'newest', vocab_size: 20 } });
    expect((await resolveModel(unknown)).settings).toMatchObject({ architecture: 'newest', graph: 'exported' });
  });
});
