import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { show } from '../../src/commands/show.js';
import { jmteb, temporaryFolder } from '../cli/jmteb.js';
import { writeTinyFolder } from '../models/tiny-bert.js';
import { describeShared, sharedPath } from '../shared.js';

const root = temporaryFolder();
beforeAll(() => void vi.stubEnv('OPENAI_API_KEY', 'no-key'));
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(root, { recursive: true, force: true });
});

const folder = writeTinyFolder(join(root, 'tiny'), {
  'sentence_bert_config.json': { max_seq_length: 8, do_lower_case: true },
  'config_sentence_transformers.json': { prompts: { query: 'a B ' }, default_prompt_name: null },
});

describe('show of a model', () => {
  it('tells where each setting comes from: an option, a file of the model, or a default', async () => {
    const { kind, fields } = await show({ model: [folder], maxTokens: 6, pooling: 'cls' });
    expect(kind).toBe('model');
    expect(fields.settings).toMatchObject({ maxTokens: 6, pooling: 'cls', lowerCase: true });
    expect(fields.from).toMatchObject({
      maxTokens: '--max-tokens',
      pooling: '--pooling',
      lowerCase: 'sentence_bert_config.json',
      dtype: 'default',
      tokenizer: 'tokenizer.json, tokenizer_config.json',
    });
    const own = (await show({ name: folder })).fields;
    expect(own.from).toMatchObject({ maxTokens: 'sentence_bert_config.json', pooling: '1_Pooling/config.json' });
  });

  it('prints the exact string and the ids of a query, a document and a sentence, and what the tokenizer is given', async () => {
    const { fields } = await show({ model: [folder], queryPrompt: ' A ', documentPrompt: 'b c d e f g h ' });
    const sent = fields.sent as Record<string, string>;
    expect(sent.query.startsWith(' A 日本')).toBe(true);
    expect((fields.prepared as Record<string, string>).query).toBe(sent.query.slice(1).toLowerCase());
    // [CLS], a, unknown ideographs, [SEP]; eight at most.
    expect((fields.ids as Record<string, number[]>).query).toEqual([2, 4, 1, 1, 1, 1, 1, 3]);
    expect((fields.ids as Record<string, number[]>).document).toEqual([2, 5, 6, 7, 8, 9, 10, 3]);
    expect(fields.promptsFrom).toMatchObject({ Retrieval: { query: '--query-prompt', document: '--document-prompt' } });
  });

  it('shows the prompts of the definition where the files are not at hand, and says so', async () => {
    const { kind, fields, warnings } = await show({ model: ['cl-nagoya/ruri-v3-30m'], revision: 'f'.repeat(40) });
    expect(kind).toBe('definition');
    expect(fields.promptsSent).toMatchObject({
      Retrieval: { query: '検索クエリ: ', document: '検索文書: ' },
      STS: { sentence1: '' },
      Clustering: { text: 'トピック: ' },
    });
    expect(fields.promptsFrom).toMatchObject({
      Clustering: { text: 'configs/cl-nagoya/ruri-v3-30m.json, prompts.families.Clustering' },
      PairClassification: { sentence1: 'none is given for such texts' },
    });
    expect(warnings.join()).toContain('only its definition is shown');
  });

  it('has the ids of cl100k_base for OpenAI, without asking it', async () => {
    const { fields } = await show({ model: ['openai:text-embedding-3-small'], maxTokens: 2 });
    expect((fields.ids as Record<string, number[]>).query).toEqual([9080, 22656]);
    expect(fields.from).toMatchObject({ maxTokens: '--max-tokens' });
  });

  it('refuses two models, and no name at all', async () => {
    await expect(show({ model: [folder, folder] })).rejects.toThrow('one model at a time');
    await expect(show({})).rejects.toThrow('nothing is named');
  });

  it('is printed with its sources, and as JSON', async () => {
    const text = await jmteb(['show', '-m', folder, '--max-tokens', '5']);
    expect(text.stdout).toContain('  maxTokens: 5   [--max-tokens]\n');
    expect(text.stdout).toContain('    query: "a B "   [config_sentence_transformers.json, prompts]\n');
    const json = await jmteb(['show', '-m', folder, '--json']);
    expect(JSON.parse(json.stdout)).toMatchObject({
      id: 'local/tiny',
      from: { maxTokens: 'sentence_bert_config.json' },
    });
  });
});

describe('the audit of a task', () => {
  const task = 'sample_sts';

  it('counts cut texts and unknown tokens of every list, with their shares', async () => {
    const { fields } = await show({ name: task, model: [folder], noPrompt: true });
    const audit = fields.audit as Record<string, Record<string, number>>;
    const lists = Object.values(fields.texts as Record<string, { unique: number }>);
    expect(audit.all.texts).toBe(lists.reduce((sum, { unique }) => sum + unique, 0));
    // Japanese is all unknown to this vocabulary: whatever is no special token.
    expect(audit.all.unknownTokens).toBeGreaterThan(0);
    expect(audit.all.unknownShare).toBeCloseTo(audit.all.unknownTokens / audit.all.tokens, 12);
    expect(audit.all.truncatedShare).toBeCloseTo(audit.all.truncated / audit.all.texts, 12);
    expect(audit.all.byteFallbackTokens).toBe(0);
    expect((await show({ name: task, model: ['openai:text-embedding-3-small'] })).fields.audit).toMatchObject({
      all: { truncated: 0, unknownTokens: null, byteFallbackTokens: null, unknownShare: null },
    });
  });

  it('is that of the result of a run, also of one that finds its vectors stored', async () => {
    const { fields } = await show({ name: task, model: [folder], noPrompt: true });
    const { truncatedShare: _, texts, ...audit } = (fields.audit as Record<string, Record<string, number>>).all;
    const counts = { tokens: audit.tokens, truncated: audit.truncated, unknownTokens: audit.unknownTokens };
    const run = async (output: string): Promise<unknown> => {
      const folders = ['-o', join(root, output), '--cache-dir', join(root, 'cache')];
      const { code, stdout } = await jmteb(['run', '-m', folder, '-t', task, '--no-prompt', '--quiet', ...folders]);
      expect(code).toBe(0);
      const last = stdout.trimEnd().split('\n').at(-1) as string;
      return (JSON.parse(readFileSync(join(last, 'tasks', `${task}.json`), 'utf8')) as { embedding: unknown })
        .embedding;
    };
    const expected = { ...counts, byteFallbackTokens: 0, uniqueTexts: texts };
    expect(await run('first')).toMatchObject(expected);
    expect(await run('second')).toMatchObject(expected);
  });
});

describeShared('the audit with real rows', () => {
  const options = { name: 'sib200_japanese_clustering', dataDir: sharedPath('data', 'jmteb') };
  const auditWith = async (model: string): Promise<Record<string, number>> => {
    const { fields } = await show({ ...options, model: [sharedPath('models', model)] });
    return (fields.audit as Record<string, Record<string, number>>)['test/text'];
  };

  it('knows bytes of Unigram and BPE with fallback, unknowns of WordPiece, and neither for byte-level BPE', async () => {
    const unigram = await auditWith('llama-unigram-bytefallback');
    const wordPiece = await auditWith('bert-cls-dense-tanh');
    const gemma = await auditWith('gemma3-dense');
    const byteLevel = await auditWith('qwen3-left-eos');
    expect([unigram.unknownTokens, byteLevel.unknownTokens, byteLevel.byteFallbackTokens]).toEqual([0, 0, 0]);
    expect(unigram.byteFallbackShare).toBeGreaterThan(0.01);
    expect(gemma.byteFallbackShare).toBeGreaterThan(0.01);
    expect(wordPiece.unknownTokens).toBeGreaterThan(0);
    expect(wordPiece.byteFallbackTokens).toBe(0);
  });
});
