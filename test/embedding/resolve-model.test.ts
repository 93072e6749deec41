import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { TextRole } from '../../src/definitions/types.js';
import { inProcess } from '../../src/embedding/in-process-runner.js';
import { resolveFolder } from '../../src/embedding/resolve-folder.js';
import { resolveModel } from '../../src/embedding/resolve-model.js';
import type { ModelOptions, ResolvedModel } from '../../src/embedding/types.js';
import { UserError } from '../../src/errors.js';
import { TINY_CONFIG, tinyTensors, writeTinyFolder } from '../models/tiny-bert.js';
import { float32Tensor } from '../models/write-safetensors.js';

const root = mkdtempSync(join(tmpdir(), 'jmteb-resolve-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let folders = 0;
const tiny = (...rest: [files?: Record<string, unknown>, tensors?: Parameters<typeof writeTinyFolder>[2]]): string =>
  writeTinyFolder(join(root, `model${folders++}`), ...rest);

const STS = { id: 'jsts', family: 'STS' } as const;
const promptsOf = (model: ResolvedModel): string[] =>
  (['query', 'document', 'sentence1'] as TextRole[]).map((role) => model.promptFor(STS, role));
const ST = 'config_sentence_transformers.json';
const LENGTH = 'sentence_bert_config.json';

async function problemsOf(promise: Promise<unknown>): Promise<string[]> {
  const thrown = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(thrown instanceof UserError)) throw thrown ?? new Error('nothing was thrown');
  return thrown.problems.map(({ where, what }) => `${where}: ${what}`);
}

describe('resolveModel', () => {
  it('names a folder after itself, and records how it makes vectors', async () => {
    const model = await resolveModel(tiny({ [LENGTH]: { max_seq_length: 8, do_lower_case: true } }));
    expect(model).toMatchObject({
      id: 'local/model0',
      kind: 'sentence-transformers',
      revision: null,
      dims: 8,
      dtype: 'fp32',
    });
    expect(model.settings).toMatchObject({
      architecture: 'bert',
      dims: 8,
      pooling: 'mean',
      normalize: false,
      maxTokens: 8,
      stripText: true,
      lowerCase: true,
      tokenizer: 'BertTokenizer',
      device: 'cpu',
      batchTokens: 1024,
      batchPolicy: 'bucketed',
      plannerVersion: 2,
      graphVersion: 1,
    });
    expect(model.options).toEqual({});
    expect(model.files.map(({ path }) => path)).toEqual([
      '1_Pooling/config.json',
      'config.json',
      'model.safetensors',
      'modules.json',
      LENGTH,
      'tokenizer.json',
      'tokenizer_config.json',
    ]);
    expect(model.files.every(({ sha256, bytes }) => /^[0-9a-f]{64}$/.test(sha256) && bytes > 0)).toBe(true);
  });

  it('takes the longest input from the option, the length file, or network and tokenizer', async () => {
    const maxTokens = async (folder: string, options: ModelOptions = {}): Promise<unknown> =>
      (await resolveModel(folder, options)).settings.maxTokens;
    const file = { [LENGTH]: { max_seq_length: 8 } };
    expect(await maxTokens(tiny(file), { maxTokens: 5 })).toBe(5);
    expect(await maxTokens(tiny(file))).toBe(8);
    expect(await maxTokens(tiny({ ...file, 'modules.json': null }))).toBe(16);
    expect(await maxTokens(tiny({ [LENGTH]: { max_seq_length: null } }))).toBe(16);
    expect(await maxTokens(tiny({ 'tokenizer_config.json': { model_max_length: 12 } }))).toBe(12);
    const long = await resolveModel(tiny({ [LENGTH]: { max_seq_length: 99 } }));
    expect([long.settings.maxTokens, long.warnings.length]).toEqual([16, 1]);
    expect(await problemsOf(maxTokens(tiny(), { maxTokens: 17 }))).toEqual([
      expect.stringContaining('--max-tokens 17'),
    ]);
    expect(await problemsOf(maxTokens(tiny(), { maxTokens: 2 }))).toEqual([
      expect.stringContaining('no room for text; at least 3'),
    ]);
  });

  it('changes the key with everything that can change a vector, and with nothing else', async () => {
    const folder = tiny();
    const key = async (options: ModelOptions = {}, of = folder): Promise<string> =>
      (await resolveModel(of, options)).key;
    const base = await key();
    expect(await key({ prompt: 'query: ', noPrompt: undefined })).toBe(base);
    expect(await key({}, tiny({ [ST]: { prompts: { query: 'q: ' } } }))).toBe(base);
    const weights = tinyTensors();
    weights.set('embeddings.LayerNorm.bias', float32Tensor([8], new Float32Array(8)));
    const keys = [
      base,
      await key({ pooling: 'cls' }),
      await key({ normalize: true }),
      await key({ maxTokens: 8 }),
      await key({ batchTokens: 64 }),
      await key({ batchPolicy: 'single' }),
      await key({ device: 'cuda' }),
      await key({}, tiny({}, weights)),
      await key({}, tiny({ 'config.json': { ...TINY_CONFIG, layer_norm_eps: 1e-5 } })),
      await key({}, tiny({ 'tokenizer_config.json': { do_lower_case: false, tokenizer_class: 'BertTokenizer' } })),
      await key({}, tiny({ [LENGTH]: { max_seq_length: 16, do_lower_case: true } })),
      await key({}, tiny({ '1_Pooling/config.json': { include_prompt: false } })),
    ];
    expect(new Set(keys).size).toBe(keys.length);
    expect(await key({ device: 'cuda:1' })).toBe(keys[6]);
  });

  it('does not let the key depend on where the folder lies', async () => {
    const folder = tiny();
    const { key, localHash } = await resolveModel(folder);
    renameSync(folder, join(root, 'elsewhere'));
    expect(await resolveModel(join(root, 'elsewhere'))).toMatchObject({ key, localHash, id: 'local/elsewhere' });
  });

  it('records options that differ from the model, and only those', async () => {
    const folder = tiny({ [ST]: { prompts: { query: 'q: ' } } });
    const optionsOf = async (options: ModelOptions): Promise<unknown> => (await resolveModel(folder, options)).options;
    const same: ModelOptions = {
      pooling: 'mean',
      normalize: false,
      maxTokens: 16,
      batchTokens: 1024,
      batchPolicy: 'bucketed',
      dtype: 'fp32',
      device: 'cpu',
      queryPrompt: 'q: ',
    };
    expect(await optionsOf(same)).toEqual({});
    expect(
      await optionsOf({
        pooling: 'last_token',
        normalize: true,
        maxTokens: 9,
        batchTokens: 64,
        batchPolicy: 'single',
        noPrompt: true,
      }),
    ).toEqual({
      pooling: 'last_token',
      normalize: true,
      'max-tokens': 9,
      'batch-tokens': 64,
      'batch-policy': 'single',
      'no-prompt': true,
    });
    expect(await optionsOf({ queryPrompt: 'x', documentPrompt: 'y', prompt: 'z' })).toEqual({
      prompt: 'z',
      'query-prompt': 'x',
      'document-prompt': 'y',
    });
  });

  it('puts prompts before texts: option, task, definition, the model by role, its default', async () => {
    const config = { prompts: { query: 'q: ', passage: 'p: ', other: 'o: ' }, default_prompt_name: 'other' };
    const folder = tiny({ [ST]: config });
    expect(promptsOf(await resolveModel(folder))).toEqual(['q: ', 'p: ', 'o: ']);
    const inTask = { ...STS, prompts: { query: 't: ', sentence1: '' } };
    const model = await resolveModel(folder);
    expect([model.promptFor(inTask, 'query'), model.promptFor(inTask, 'sentence1')]).toEqual(['t: ', '']);
    expect(promptsOf(await resolveModel(folder, { noPrompt: true }))).toEqual(['', '', '']);
    const given = await resolveModel(folder, { prompt: 'a: ', documentPrompt: '' });
    expect([...promptsOf(given), given.promptFor(inTask, 'query')]).toEqual(['a: ', '', 'a: ', 'a: ']);
    const definition = { id: 'a/b', prompts: { query: 'd: ', families: { STS: 'sts: ' } } };
    const defined = await resolveFolder({ folder, id: 'a/b', revision: 'abc', definition }, {});
    expect(promptsOf(defined)).toEqual(['d: ', 'o: ', 'sts: ']);
  });

  it('warns of prompts that no text is given', async () => {
    const model = await resolveModel(tiny({ [ST]: { prompts: { classification: 'c: ' }, default_prompt_name: null } }));
    expect(model.warnings).toEqual([expect.stringContaining('classification')]);
  });

  it('lets a definition decide pooling, length, normalisation and stripping, and holds the folder to its dims', async () => {
    const definition = { id: 'a/b', pooling: 'cls', maxTokens: 7, normalize: true, stripText: false, dims: 8 } as const;
    const source = { folder: tiny(), id: 'a/b', revision: 'abc' };
    const model = await resolveFolder({ ...source, definition }, {});
    expect(model).toMatchObject({ id: 'a/b', revision: 'abc', options: {} });
    expect(model.settings).toMatchObject({ pooling: 'cls', maxTokens: 7, normalize: true, stripText: false });
    const wrong = resolveFolder({ ...source, definition: { ...definition, dims: 9 } }, {});
    expect(await problemsOf(wrong)).toEqual([
      'a/b: its files give vectors of 8 dimensions, but its definition says 9.',
    ]);
  });

  it('tells everything that is wrong with a folder at once', async () => {
    const folder = tiny(
      {
        'config.json': { model_type: 'berd' },
        'tokenizer.json': '{',
        '1_Pooling/config.json': { pooling_mode_mean_tokens: 'yes' },
        [LENGTH]: { max_seq_length: 0 },
        [ST]: { prompts: { query: 1 }, default_prompt_name: 'x' },
      },
      null,
    );
    const problems = await problemsOf(
      resolveModel(folder, { dtype: 'fp17', noPrompt: true, prompt: 'x', device: 'gpu' }),
    );
    const expected = [
      '--no-prompt',
      '--dtype',
      '--device',
      '1_Pooling',
      'model_type',
      'model.safetensors',
      'tokenizer.json',
      'max_seq_length',
      'prompts.query',
      'default_prompt_name',
    ];
    for (const part of expected) expect(problems.join('\n')).toContain(part);
    expect(problems.length).toBe(expected.length);
  });

  it('refuses modules that lead outside, are unknown, or stand in the wrong order', async () => {
    const modules = (...list: unknown[]): Promise<string[]> => problemsOf(resolveModel(tiny({ 'modules.json': list })));
    const module = (type: string, path = ''): object => ({ type: `sentence_transformers.models.${type}`, path });
    expect(await modules(module('Transformer'), module('Pooling', '../x'))).toEqual([
      expect.stringContaining('leads outside'),
    ]);
    expect(await modules(module('Transformr'))).toEqual([expect.stringContaining('not supported')]);
    expect(await modules(module('Pooling', '1_Pooling'), module('Transformer'))).toEqual(
      expect.arrayContaining([expect.stringContaining('not expected at its place')]),
    );
    expect(await modules()).toEqual([expect.stringContaining('no list of modules')]);
    expect(await modules(7)).toEqual([expect.stringContaining('"[0]" has no "type"')]);
  });

  it('says what a name is that it does not know', async () => {
    await expect(resolveModel('nothing')).rejects.toThrow('is no model and no folder');
    await expect(resolveModel('./nothing')).rejects.toThrow('there is no such folder');
    await expect(resolveModel('owner/name')).rejects.toThrow('has no such model');
    await expect(resolveModel('baseline:char-ngrams')).rejects.toThrow('did you mean "char-ngram"?');
    writeFileSync(join(root, 'file'), '');
    await expect(resolveModel(join(root, 'file'))).rejects.toThrow('is a file');
    mkdirSync(join(root, 'empty'));
    expect((await problemsOf(resolveModel(join(root, 'empty')))).length).toBe(3);
  });

  it('gives the same bits for the same texts whatever was embedded before and however many threads work', async () => {
    const model = await resolveModel(tiny());
    const texts = ['a b c', 'd e', 'f', 'g h i j k', 'a', 'b b b b'];
    const one = await model.open(inProcess({ threads: 1 }));
    const two = await model.open(inProcess({ threads: 2 }));
    const first = await one.embed(texts, { prompt: '' });
    await one.embed(['x y z a b', 'c'], { prompt: '' });
    expect((await one.embed(texts, { prompt: '' })).rows).toEqual(first.rows);
    expect((await two.embed(texts, { prompt: '' })).rows).toEqual(first.rows);
    expect(one.tokenize?.(' a zzz ')).toEqual([2, 4, 1, 3]);
    expect((await one.embed([], { prompt: '' })).rows.length).toBe(0);
    await one.close();
    await two.close();
  });
});
