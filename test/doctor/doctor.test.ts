import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { doctor, type DoctorOptions } from '../../src/commands/doctor.js';
import { inProcess } from '../../src/embedding/in-process-runner.js';
import { builtInTexts } from '../../src/doctor/built-in-texts.js';
import type { DoctorReport, Finding, FindingCode } from '../../src/doctor/types.js';
import {
  freshFolder,
  HIDDEN,
  japaneseModel,
  NORMALIZED,
  tokenizerOf,
  VOCABULARY,
  type Weights,
} from './tiny-japanese.js';

const reference = japaneseModel();
const PROMPTS = { prompts: { query: '検索クエリ: ', document: '検索文書: ' } };
const ST_CONFIG = 'config_sentence_transformers.json';

const examine = (model: string, options: Partial<DoctorOptions> = {}): Promise<DoctorReport> =>
  doctor({ model, reference, resources: inProcess({ threads: 1 }), ...options });

const failures = ({ findings }: DoctorReport): FindingCode[] =>
  findings.filter(({ severity }) => severity === 'failure').map(({ code }) => code);

function found({ findings }: DoctorReport, code: FindingCode): Finding {
  const finding = findings.find((entry) => entry.code === code);
  if (finding === undefined) throw new Error(`no ${code} among ${findings.map((entry) => entry.code).join(', ')}`);
  return finding;
}

function scaled(name: string, factor: number): (weights: Weights) => void {
  return (weights) => {
    const tensor = weights.get(name);
    if (tensor === undefined) throw new Error(`no ${name}`);
    weights.set(name, { ...tensor, values: tensor.values.map((value) => value * factor) });
  };
}

describe('the built-in texts', () => {
  const texts = builtInTexts();

  it('are a few hundred different ones, of every role, short and long', () => {
    expect(texts.length).toBeGreaterThan(200);
    expect(new Set(texts.map(({ text }) => text)).size).toBe(texts.length);
    for (const role of ['query', 'document', 'sentence'])
      expect(texts.filter((entry) => entry.role === role).length).toBeGreaterThan(30);
    const lengths = texts.map(({ text }) => text.length);
    expect([Math.min(...lengths), Math.max(...lengths)]).toEqual([1, expect.any(Number) as number]);
    expect(Math.max(...lengths)).toBeGreaterThan(1000);
  });
});

describe('an export that is its reference', () => {
  it('passes, and may be stored', async () => {
    const report = await examine(japaneseModel());
    expect(report.findings).toEqual([]);
    expect(report.verdict).toBe('passed');
    expect(report.tokens).toMatchObject({ compared: builtInTexts().length, different: 0, first: null });
    expect(report.vectors?.cosine.min).toBeGreaterThan(1 - 1e-12);
    expect(report.vectors?.overlapAt10).toBe(1);
    expect(report.batches?.cacheSafe).toBe(true);
    expect(report.batches?.effects.map(({ way }) => way)).toEqual(['copies', 'mates', 'padding']);
  });

  it('passes against its own stored vectors, whatever prompts it has', async () => {
    const model = japaneseModel({ [ST_CONFIG]: PROMPTS });
    const output = join(freshFolder(), 'reference.arrow');
    await examine(model, { reference: undefined, output });
    const report = await examine(model, { reference: `vectors:${dirname(output)}` });
    expect(report.findings).toEqual([]);
    expect(report.reference?.prompts).toEqual({ query: '検索クエリ: ', document: '検索文書: ', sentence: '' });
    expect(report.tokens).toBeNull();
  });
});

describe('a damaged export', () => {
  it('with the weights of one layer doubled is told from one with another pooling', async () => {
    const report = await examine(japaneseModel({}, scaled('encoder.layer.1.output.dense.weight', 2)));
    expect(failures(report)).toContain('cosine-low');
    expect(found(report, 'cosine-low').cause).toBe(
      'the weights or the number type: the ids are equal and none of these gives the reference: --pooling cls, --pooling last_token',
    );
    expect(report.trials.map(({ agrees }) => agrees)).toEqual([false, false]);
  });

  it('with another pooling is met by the right one', async () => {
    const report = await examine(
      japaneseModel({ '1_Pooling/config.json': { pooling_mode_cls_token: true, pooling_mode_mean_tokens: false } }),
    );
    expect(found(report, 'cosine-low')).toMatchObject({
      cause: expect.stringMatching(/^the pooling: with --pooling mean the vectors agree/) as string,
      fix: expect.stringContaining('--pooling mean') as string,
    });
    expect(report.settings).toEqual([{ name: 'pooling', model: 'cls', reference: 'mean' }]);
  });

  it('without its prompts is told which ones it lacks', async () => {
    const whole = japaneseModel({ [ST_CONFIG]: PROMPTS });
    const report = await examine(japaneseModel(), { reference: whole });
    expect(found(report, 'prompts-differ')).toMatchObject({
      what: 'prompts differ: query none, the reference "検索クエリ: "; document none, the reference "検索文書: "',
      fix: expect.stringContaining('--query-prompt "検索クエリ: " --document-prompt "検索文書: "') as string,
    });
    expect(found(report, 'cosine-low').cause).toMatch(/^the prompts: with those of the reference the vectors agree/);
    expect(failures(report)).not.toContain('ids-differ');
    const mended = { queryPrompt: '検索クエリ: ', documentPrompt: '検索文書: ' };
    expect((await examine(japaneseModel(), { reference: whole, ...mended })).verdict).toBe('passed');
  });

  it('without its prompts is told so by stored vectors, too', async () => {
    const output = join(freshFolder(), 'reference.arrow');
    await examine(japaneseModel({ [ST_CONFIG]: PROMPTS }), { reference: undefined, output });
    const report = await examine(japaneseModel(), { reference: `vectors:${dirname(output)}` });
    expect(failures(report)).toContain('prompts-differ');
    expect(found(report, 'cosine-low').cause).toMatch(/^the prompts: /);
  });

  it('that is run without its prompts is reminded of them', async () => {
    const whole = japaneseModel({ [ST_CONFIG]: PROMPTS });
    const report = await examine(whole, { reference: undefined, noPrompt: true });
    expect(found(report, 'prompts-unused').severity).toBe('warning');
    expect(report.verdict).toBe('passed');
  });

  it('with a truncated vocabulary is told by its unknown tokens', async () => {
    const short = VOCABULARY.slice(0, Math.floor(VOCABULARY.length * 0.8));
    const report = await examine(japaneseModel({ 'tokenizer.json': tokenizerOf(short) }));
    expect(failures(report)).toEqual(expect.arrayContaining(['ids-differ', 'cosine-low']));
    expect(found(report, 'ids-differ').cause).toMatch(/^its vocabulary lacks pieces that the reference has/);
    expect(found(report, 'cosine-low').cause).toMatch(/^the ids: texts with equal ids agree/);
    expect(report.tokens?.unknown.model).toBeGreaterThan(report.tokens?.unknown.reference ?? Infinity);
    expect(report.tokens?.first?.model).toContain(VOCABULARY.indexOf('[UNK]'));
  });

  it('with another order of its vocabulary has another tokenizer', async () => {
    const turned = [...VOCABULARY.slice(0, 4), ...VOCABULARY.slice(5), VOCABULARY[4]];
    const report = await examine(japaneseModel({ 'tokenizer.json': tokenizerOf(turned) }));
    expect(found(report, 'ids-differ').cause).toMatch(/^another tokenizer/);
  });

  it('without normalisation, or with it in place of none, is told by lengths while cosines agree', async () => {
    const bare = japaneseModel({ 'modules.json': NORMALIZED.slice(0, 2) });
    const report = await examine(bare);
    expect(failures(report)).toEqual(['norms-differ']);
    expect(found(report, 'norms-differ').cause).toBe('normalization: only the reference has vectors of length 1');
    const other = await examine(reference, { reference: bare });
    expect(found(other, 'norms-differ').cause).toBe('normalization: only the export has vectors of length 1');
    expect(found(other, 'settings-differ').what).toBe('normalize is true, that of the reference false');
  });

  it('with all vectors twice as long is told so, with cosines as they were', async () => {
    const bare = { 'modules.json': NORMALIZED.slice(0, 2) };
    const last = 'encoder.layer.1.output.LayerNorm';
    const doubled = japaneseModel(bare, (weights) => {
      for (const part of ['weight', 'bias']) scaled(`${last}.${part}`, 2)(weights);
    });
    const report = await examine(doubled, { reference: japaneseModel(bare) });
    expect(failures(report)).toEqual(['norms-differ']);
    expect(found(report, 'norms-differ')).toMatchObject({
      what: 'vectors are 2.00 times as long as those of the reference',
      cause: expect.stringMatching(/^scale: the factor is the same for every text/) as string,
    });
  });

  it('whose positions are broken behind the first ones differs in long texts only', async () => {
    const broken = japaneseModel({}, (weights) => {
      const positions = weights.get('embeddings.position_embeddings.weight')?.values;
      positions?.copyWithin(HIDDEN * 128, HIDDEN * 2, HIDDEN * 300);
      positions?.subarray(HIDDEN * 128).forEach((value, i, all) => (all[i] = 6 * value));
    });
    const report = await examine(broken);
    expect(found(report, 'cosine-low').cause).toMatch(
      /^positions or the attention mask \(only texts of 129 tokens and more differ\): the ids are equal/,
    );
  });

  it('with a shorter longest input differs in the long texts only, and is met by the longer one', async () => {
    const short = { tokenizer_class: 'BertTokenizer', model_max_length: 64, pad_token: '[PAD]' };
    const report = await examine(japaneseModel({ 'tokenizer_config.json': short }));
    expect(found(report, 'ids-differ')).toMatchObject({
      severity: 'warning',
      cause: 'texts are cut at another length',
    });
    expect(found(report, 'cosine-low').cause).toMatch(/^the longest input: with --max-tokens 512 the vectors agree/);
    const buckets = report.vectors?.buckets ?? [];
    expect(buckets[0].min).toBeGreaterThan(0.999999);
  });

  it('with numbers that are none fails with the texts that show it', async () => {
    const id = VOCABULARY.indexOf('山');
    const spoilt = (weights: Weights) =>
      weights.get('embeddings.word_embeddings.weight')?.values.fill(NaN, HIDDEN * id, HIDDEN * (id + 1));
    const report = await examine(japaneseModel({}, spoilt));
    expect(failures(report)).toContain('not-embedded');
    expect(found(report, 'not-embedded').cause).toBe('the model gives a vector with NaN or infinity.');
    const { failedTexts, failed } = report.sanity;
    const mountains = builtInTexts().filter(({ text }) => text.includes('山'));
    expect(failedTexts).toBe(mountains.length);
    expect(failed.every(({ text }) => text.includes('山'))).toBe(true);
    // The others are compared all the same.
    expect(report.vectors?.compared).toBe(builtInTexts().length - failedTexts);
    expect(failures(report)).toEqual(['not-embedded']);
  });

  it('whose tokenizer goes beyond its table fails with the texts that show it', async () => {
    const beyond = [...VOCABULARY.map((piece) => (piece === '山' ? '☃' : piece)), '山'];
    const report = await examine(japaneseModel({ 'tokenizer.json': tokenizerOf(beyond) }));
    expect(failures(report)).toEqual(['not-embedded', 'ids-differ']);
    expect(found(report, 'not-embedded').cause).toBe(
      `has the token id ${VOCABULARY.length}, but the model has only ${VOCABULARY.length} tokens.`,
    );
  });

  it('that gives all texts one vector is collapsed, with a reference and without', async () => {
    const flat = japaneseModel({}, (weights) => {
      for (const name of ['word', 'position']) scaled(`embeddings.${name}_embeddings.weight`, 0)(weights);
    });
    expect(failures(await examine(flat))).toContain('collapsed');
    expect(failures(await examine(flat, { reference: undefined }))).toEqual(['collapsed']);
  });

  it('with other dimensions cannot be compared', async () => {
    const report = await examine(
      japaneseModel({ '1_Pooling/config.json': { pooling_mode_cls_token: true, pooling_mode_mean_tokens: true } }),
    );
    expect(failures(report)).toEqual(['dims-differ']);
    expect(report.vectors).toBeNull();
  });
});

describe('what is given', () => {
  it('texts of the user are looked at beside the built-in ones, under the prompt of their role', async () => {
    const input = join(freshFolder(), 'texts.jsonl');
    writeFileSync(input, '{"text": "自分の文"}\n"もう一つ"\n');
    const report = await examine(japaneseModel(), { input, role: 'query' });
    expect(report.texts).toEqual({ builtIn: builtInTexts().length, given: 2 });
    expect(report.tokens?.compared).toBe(builtInTexts().length + 2);
  });

  it('thresholds decide', async () => {
    const model = japaneseModel({}, scaled('encoder.layer.1.output.dense.weight', 1.2));
    expect((await examine(model)).verdict).toBe('failed');
    const lenient = await examine(model, { minCosine: 0.5, minOverlap: 0.1 });
    expect(lenient.verdict).toBe('passed');
    expect(lenient.thresholds).toMatchObject({ median: 0.5, p5: 0.5, overlapAt10: 0.1 });
  });

  it('everything that is wrong is told at once', async () => {
    const folder = freshFolder();
    mkdirSync(folder, { recursive: true });
    const wrong = { input: join(folder, 'none.jsonl'), output: 'vectors.npy', reference: join(folder, 'nothing') };
    const message = await examine(folder, wrong).then(
      () => '',
      (thrown: Error) => thrown.message,
    );
    for (const part of ['none.jsonl', '--output vectors.npy: does not end in .arrow', 'config.json', 'nothing'])
      expect(message).toContain(part);
  });

  it('vectors that lack texts are refused with the way to make them', async () => {
    const folder = freshFolder();
    const output = join(folder, 'reference.arrow');
    const input = join(freshFolder(), 'texts.txt');
    writeFileSync(input, 'ここにしかない文\n');
    await examine(reference, { reference: undefined, output });
    const asked = examine(reference, { reference: `vectors:${folder}`, input });
    await expect(asked).rejects.toThrow(/1 text has no vector[^]*ここにしかない文[^]*jmteb doctor -m REFERENCE -o/);
  });
});
