import { describe, expect, it } from 'vitest';
import { encodeForModel } from '../../src/tokenization/text-tokenizer.js';
import { tokenizerOfJson } from '../../src/tokenization/tokenizer-json.js';
import type { JsonObject } from '../../src/models/read-json-object.js';
import { TINY_TOKENIZER } from '../models/tiny-bert.js';

const SETTINGS = { config: {}, className: '' };
const open = (json: JsonObject, settings: { config: JsonObject; className: string } = SETTINGS) =>
  tokenizerOfJson(json, settings, 'tokenizer.json');

describe('tokenizerOfJson', () => {
  it('passes over truncation and padding of the file, and cuts so that special tokens stay', async () => {
    const tokenizer = await open(TINY_TOKENIZER);
    const text = 'a b c d e f g h';
    expect(encodeForModel(tokenizer, text, null)).toEqual({ ids: [2, 4, 5, 6, 7, 8, 9, 10, 11, 3], truncated: false });
    expect(encodeForModel(tokenizer, text, 5)).toEqual({ ids: [2, 4, 5, 6, 3], truncated: true });
    expect(encodeForModel(tokenizer, '', 5)).toEqual({ ids: [2, 3], truncated: false });
    expect(encodeForModel({ ...tokenizer, cutFrom: 'left' }, text, 5).ids).toEqual([2, 9, 10, 11, 3]);
  });

  it('knows special tokens that stand in a text', async () => {
    const tokenizer = await open(TINY_TOKENIZER);
    expect(tokenizer.encode('a[SEP]b zz')).toEqual([4, 3, 5, 1]);
    expect(tokenizer.unknownId).toBe(1);
  });

  it('lets the settings of a BERT class win over the normalizer of the file, and those of no other class', async () => {
    const config = { do_lower_case: false };
    expect((await open(TINY_TOKENIZER, { config, className: 'BertTokenizer' })).encode('A')).toEqual([1]);
    expect((await open(TINY_TOKENIZER, { config, className: 'XLMRobertaTokenizer' })).encode('A')).toEqual([4]);
  });

  it('builds the special tokens of Llama classes from their flags', async () => {
    const config = { add_bos_token: false, add_eos_token: true, eos_token: { content: '[SEP]' } };
    const tokenizer = await open(TINY_TOKENIZER, { config, className: 'LlamaTokenizer' });
    expect([tokenizer.before, tokenizer.behind]).toEqual([[], [3]]);
    await expect(open(TINY_TOKENIZER, { config: {}, className: 'LlamaTokenizer' })).rejects.toThrow(
      '"bos_token" that has no id',
    );
  });

  it('takes the padding token of the configuration, and no limit for absurd lengths', async () => {
    const config = { pad_token: '[SEP]', model_max_length: 1e30 };
    const tokenizer = await open(TINY_TOKENIZER, { config, className: '' });
    expect([tokenizer.padId, tokenizer.maxTokens]).toEqual([3, null]);
    expect((await open(TINY_TOKENIZER, { config: { model_max_length: 512 }, className: '' })).maxTokens).toBe(512);
  });

  it('refuses what is no tokenizer, naming the file', async () => {
    const broken: JsonObject[] = [
      {},
      { model: { type: 'WordPiece' } },
      { ...TINY_TOKENIZER, model: { type: 'Nothing', vocab: {} } },
      { ...TINY_TOKENIZER, model: { type: 'Unigram', unk_id: 3, vocab: [['a', 0]] } },
      { ...TINY_TOKENIZER, model: { type: 'Unigram', unk_id: 0, vocab: [['a', 'b']] } },
      { ...TINY_TOKENIZER, added_tokens: [{ id: -1, content: 'x' }] },
      { ...TINY_TOKENIZER, normalizer: { type: 'Nothing' } },
      { ...TINY_TOKENIZER, normalizer: { type: 'Precompiled', precompiled_charsmap: 'AAAA' } },
      { ...TINY_TOKENIZER, pre_tokenizer: { type: 'Nothing' } },
      { ...TINY_TOKENIZER, pre_tokenizer: 7 },
      { ...TINY_TOKENIZER, normalizer: { type: 'Replace', pattern: {}, content: 7 } },
      { ...TINY_TOKENIZER, pre_tokenizer: { type: 'Split', pattern: { Regex: '(' }, behavior: 'Isolated' } },
      { ...TINY_TOKENIZER, post_processor: { type: 'Nothing' } },
      { ...TINY_TOKENIZER, post_processor: { type: 'TemplateProcessing', single: [], pair: [] } },
    ];
    for (const json of broken) {
      await expect(open(json), JSON.stringify(json).slice(0, 80)).rejects.toMatchObject({
        name: 'UserError',
        message: /^tokenizer\.json: /,
      });
    }
  });
});
