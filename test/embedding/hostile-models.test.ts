import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { inProcess } from '../../src/embedding/in-process-runner.js';
import { resolveModel } from '../../src/embedding/resolve-model.js';
import { UserError } from '../../src/errors.js';
import { ARCHITECTURE_NAMES } from '../../src/models/architectures.js';
import { ODD_VALUES, damaged, drawFrom, pathsOf, withValue } from '../damage.js';
import { TINY_CONFIG, TINY_TOKENIZER, tinyTensors, writeTinyFolder } from '../models/tiny-bert.js';
import { tinyExport, writeExport } from '../models/tiny-export.js';
import { float32Tensor, writeSafetensors } from '../models/write-safetensors.js';
import { torchFile } from '../models/write-torch-file.js';
import { describeFull } from '../shared.js';

const root = mkdtempSync(join(tmpdir(), 'jmteb-hostile-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const TEXTS = ['a b c', 'd e bx [SEP]', ''];
/** What a module is called in modules.json. */
const ST = 'sentence_transformers.models';

/** Every small file that a model can have. */
const FILES: Readonly<Record<string, unknown>> = {
  'config.json': TINY_CONFIG,
  'tokenizer.json': TINY_TOKENIZER,
  'tokenizer_config.json': {
    tokenizer_class: 'BertTokenizer',
    model_max_length: 14,
    pad_token: '[PAD]',
    do_lower_case: false,
    truncation_side: 'left',
  },
  'modules.json': [
    { idx: 0, name: '0', path: '', type: `${ST}.Transformer` },
    { idx: 1, name: '1', path: '1_Pooling', type: `${ST}.Pooling` },
    { idx: 2, name: '2', path: '2_Dense', type: `${ST}.Dense` },
    { idx: 3, name: '3', path: '3_LayerNorm', type: `${ST}.LayerNorm` },
    { idx: 4, name: '4', path: '4_Normalize', type: `${ST}.Normalize` },
  ],
  '1_Pooling/config.json': { word_embedding_dimension: 8, pooling_mode_mean_tokens: true, include_prompt: true },
  '2_Dense/config.json': {
    in_features: 8,
    out_features: 4,
    bias: true,
    activation_function: 'torch.nn.modules.activation.Sigmoid',
  },
  '3_LayerNorm/config.json': { dimension: 4 },
  'config_sentence_transformers.json': { prompts: { query: 'a ' }, default_prompt_name: 'query' },
  'sentence_bert_config.json': { max_seq_length: 12, do_lower_case: true },
};

let folders = 0;
/** A folder with all of them; its weights where they are not given. */
function fullFolder(tensors: Parameters<typeof writeTinyFolder>[2] = tinyTensors()): string {
  const folder = writeTinyFolder(join(root, `model${folders++}`), FILES, tensors);
  const some = (size: number): Float32Array => Float32Array.from({ length: size }, (_, i) => Math.sin(i + 1));
  const dense = { 'linear.weight': float32Tensor([4, 8], some(32)), 'linear.bias': float32Tensor([4], some(4)) };
  const norm = { 'norm.weight': float32Tensor([4], some(4)), 'norm.bias': float32Tensor([4], some(4)) };
  writeSafetensors(join(folder, '2_Dense/model.safetensors'), new Map(Object.entries(dense)));
  writeSafetensors(join(folder, '3_LayerNorm/model.safetensors'), new Map(Object.entries(norm)));
  return folder;
}

/** The vectors' bits; undefined where the model is refused in words. Any other error is one of the program. */
async function bitsOf(folder: string): Promise<string | undefined> {
  try {
    const model = await resolveModel(folder);
    const embedder = await model.open(inProcess({ threads: 1 }));
    try {
      const { rows } = await embedder.embed(TEXTS, { prompt: '' });
      expect(rows.length).toBe(TEXTS.length * model.dims);
      return Buffer.from(rows.buffer, rows.byteOffset, rows.byteLength).toString('hex');
    } finally {
      await embedder.close();
    }
  } catch (thrown) {
    if (thrown instanceof UserError) return undefined;
    throw thrown;
  }
}

async function messageOf(folder: string): Promise<string> {
  const thrown = await resolveModel(folder).then(
    () => new Error('not refused'),
    (error: unknown) => error as Error,
  );
  if (!(thrown instanceof UserError)) throw thrown;
  return thrown.message;
}

const kindOf = (value: unknown): string => (Array.isArray(value) ? 'list' : typeof value);

/**
 * Puts odd values into every place of every file: the model is refused, or its vectors are as before since the place does
 * not matter. One in `every` is tried.
 */
async function oddFields(every: number): Promise<{ refused: number; unchanged: number }> {
  const folder = fullFolder();
  const base = await bitsOf(folder);
  expect(base).toBeDefined();
  const counts = { refused: 0, unchanged: 0 };
  let place = 0;
  for (const [name, content] of Object.entries(FILES)) {
    for (const path of pathsOf(content)) {
      const was = path.reduce<unknown>((value, key) => (value as Record<string | number, unknown>)[key], content);
      for (const odd of ODD_VALUES) {
        // A value of the same type is another model, and null is as good as nothing.
        if (odd === null || kindOf(odd) === kindOf(was) || place++ % every !== 0) continue;
        writeFileSync(join(folder, name), JSON.stringify(withValue(content, path, odd)));
        const bits = await bitsOf(folder);
        if (bits === undefined) counts.refused += 1;
        else {
          expect(bits, `${name}, ${path.join('.')} = ${JSON.stringify(odd).slice(0, 60)}`).toBe(base);
          counts.unchanged += 1;
        }
      }
    }
    writeFileSync(join(folder, name), JSON.stringify(content));
  }
  return counts;
}

/** Damages the bytes of every kind of file in turn; returns how many were refused of each. */
async function damagedFiles(rounds: number): Promise<Record<string, number>> {
  const whole = fullFolder();
  const bin = fullFolder(null);
  writeFileSync(join(bin, 'pytorch_model.bin'), torchFile(tinyTensors()));
  const exported = fullFolder(null);
  // The tail takes vectors of 8 numbers, an export has 6: by itself.
  writeFileSync(join(exported, 'modules.json'), JSON.stringify((FILES['modules.json'] as unknown[]).slice(0, 2)));
  writeExport(exported, 'onnx/model.onnx', tinyExport({ opset: 13, inputs: ['input_ids', 'attention_mask'] }));
  const files: [folder: string, name: string][] = [
    ...[...Object.keys(FILES), 'model.safetensors', '2_Dense/model.safetensors'].map((name): [string, string] => [
      whole,
      name,
    ]),
    [bin, 'pytorch_model.bin'],
    [exported, 'onnx/model.onnx'],
  ];
  const draw = drawFrom(3);
  const refused: Record<string, number> = {};
  for (const [folder, name] of files) {
    const bytes = readFileSync(join(folder, name));
    expect(await bitsOf(folder), name).toBeDefined();
    refused[name] = 0;
    for (let round = 0; round < rounds; round++) {
      writeFileSync(join(folder, name), damaged(bytes, draw));
      if ((await bitsOf(folder)) === undefined) refused[name] += 1;
    }
    writeFileSync(join(folder, name), bytes);
  }
  return refused;
}

describe('a model from strangers', () => {
  it('is refused, or has the same vectors, when a field of any file has a value of another type', async () => {
    const { refused, unchanged } = await oddFields(23);
    expect(refused).toBeGreaterThan(unchanged / 2);
    expect(unchanged).toBeGreaterThan(0);
  });

  it('gives vectors or is refused in words when bytes of any of its files are damaged', async () => {
    const refused = await damagedFiles(6);
    expect(Object.values(refused).reduce((sum, count) => sum + count)).toBeGreaterThan(30);
  });

  it('with huge numbers in its configuration is refused at once, whatever its architecture', async () => {
    const most = 1 << 24;
    for (const model_type of ARCHITECTURE_NAMES) {
      for (const size of [most, 2 ** 53, 1e308]) {
        const config = {
          ...TINY_CONFIG,
          model_type,
          num_hidden_layers: size,
          vocab_size: size,
          max_position_embeddings: size,
          hidden_size: Math.min(size, most),
          num_attention_heads: 1,
          intermediate_size: size,
          dim: size,
          hidden_dim: size,
          n_layers: size,
          n_heads: 1,
        };
        const message = await messageOf(writeTinyFolder(join(root, `huge${folders++}`), { 'config.json': config }));
        expect(message).toMatch(/has no tensor|has the shape|expected|tensors that this architecture/);
      }
    }
  });

  it('may have anything but files where files are expected', async () => {
    for (const name of [...Object.keys(FILES), 'model.safetensors']) {
      const folder = fullFolder();
      unlinkSync(join(folder, name));
      mkdirSync(join(folder, name));
      expect(await messageOf(folder), name).toContain(name);
    }
    if (process.platform === 'win32') return;
    // Nobody writes into these: to open one would wait for ever.
    for (const name of ['config.json', 'tokenizer.json', 'model.safetensors', 'pytorch_model.bin', 'onnx/model.onnx']) {
      const folder = fullFolder(name === 'model.safetensors' || name === 'config.json' ? undefined : null);
      mkdirSync(join(folder, 'onnx'));
      rmSync(join(folder, name), { force: true });
      execFileSync('mkfifo', [join(folder, name)]);
      expect(await messageOf(folder), name).toMatch(/regular file/);
    }
  });

  it('whose parts refer to themselves in a circle is refused', async () => {
    if (process.platform === 'win32') return;
    for (const name of ['config.json', 'tokenizer.json', 'model.safetensors', 'modules.json']) {
      const folder = fullFolder();
      unlinkSync(join(folder, name));
      symlinkSync(name.split('/').at(-1) as string, join(folder, name));
      // A link that leads nowhere is a file that is not there: of modules.json that is a choice.
      if (name === 'modules.json') expect(await bitsOf(folder)).toBeDefined();
      else expect(await messageOf(folder), name).toContain(folder.split('/').at(-1));
    }
  });

  it('is refused where lists lie in lists without end, in small files and in large ones', async () => {
    for (const depth of [200, 700_000]) {
      const deep = '['.repeat(depth) + ']'.repeat(depth);
      for (const name of ['config.json', 'tokenizer.json', 'tokenizer_config.json', '1_Pooling/config.json']) {
        const folder = fullFolder();
        writeFileSync(join(folder, name), `{"model_type": ${deep}}`);
        expect(await messageOf(folder), name).toMatch(/nested deeper than 100 levels/);
      }
    }
  });

  it('may not double a text until memory ends', async () => {
    const doubling = { type: 'Replace', pattern: { String: 'a' }, content: 'aa' };
    const normalizer = { type: 'Sequence', normalizers: new Array(60).fill(doubling) };
    const folder = fullFolder();
    writeFileSync(join(folder, 'tokenizer.json'), JSON.stringify({ ...TINY_TOKENIZER, normalizer }));
    const model = await resolveModel(folder);
    const embedder = await model.open(inProcess({ threads: 1 }));
    await expect(embedder.embed(['bbb'], { prompt: '' })).resolves.toBeDefined();
    await expect(embedder.embed(['a'], { prompt: '' })).rejects.toThrow(
      /tokenizer\.json: its normalizer makes \d+ characters of a text of 1/,
    );
    await embedder.close();
  });

  it('that is computed by code of its own is refused by name, with vectors made elsewhere as the way out', async () => {
    const folder = fullFolder();
    const own = { ...TINY_CONFIG, model_type: 'retrieva-bert' };
    const autoMap = { AutoConfig: 'configuration_retrieva_bert.RetrievaBertConfig' };
    for (const config of [
      own,
      { ...own, auto_map: autoMap },
      { ...own, auto_map: { ...autoMap, AutoModelForMaskedLM: 'modeling_retrieva_bert.RetrievaBertForMaskedLM' } },
    ]) {
      writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
      expect(await messageOf(folder)).toMatch(/"model_type" is "retrieva-bert".*not supported.*vectors:<folder>/s);
    }
    const model = 'modeling_retrieva_bert.RetrievaBertModel';
    writeFileSync(join(folder, 'config.json'), JSON.stringify({ ...own, auto_map: { ...autoMap, AutoModel: model } }));
    expect(await messageOf(folder)).toMatch(
      /code of its own \("modeling_retrieva_bert\.RetrievaBertModel" in "auto_map"\).*vectors:<folder>/s,
    );
  });
});

describeFull('a model from strangers, in many more ways', () => {
  it('is refused, or has the same vectors, whatever field has a value of another type', async () => {
    await oddFields(1);
  }, 600_000);

  it('gives vectors or is refused in words however its bytes are damaged', async () => {
    await damagedFiles(300);
  }, 600_000);
});
