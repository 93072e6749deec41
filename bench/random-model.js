import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pseudoRandom } from './pseudo-random.js';

const CONFIG = {
  model_type: 'bert',
  architectures: ['BertModel'],
  hidden_size: 384,
  num_hidden_layers: 6,
  num_attention_heads: 12,
  intermediate_size: 1536,
  hidden_act: 'gelu',
  layer_norm_eps: 1e-12,
  max_position_embeddings: 512,
  type_vocab_size: 2,
  vocab_size: 3000,
  pad_token_id: 0,
  position_embedding_type: 'absolute',
};

/** A sentence-transformers folder with random weights in the shape of MiniLM and a tokenizer of single characters. */
export function randomModel() {
  const folder = mkdtempSync(join(tmpdir(), 'jmteb-bench-model-'));
  const json = (name, value) => writeFileSync(join(folder, name), JSON.stringify(value));
  json('config.json', CONFIG);
  json('modules.json', [
    { idx: 0, name: '0', path: '', type: 'sentence_transformers.models.Transformer' },
    { idx: 1, name: '1', path: '1_Pooling', type: 'sentence_transformers.models.Pooling' },
    { idx: 2, name: '2', path: '2_Normalize', type: 'sentence_transformers.models.Normalize' },
  ]);
  json('sentence_bert_config.json', { max_seq_length: 512, do_lower_case: false });
  mkdirSync(join(folder, '1_Pooling'));
  json('1_Pooling/config.json', { word_embedding_dimension: CONFIG.hidden_size, pooling_mode_mean_tokens: true });
  json('tokenizer_config.json', { tokenizer_class: 'BertTokenizer', do_lower_case: false, model_max_length: 512 });
  json('tokenizer.json', tokenizer());
  writeFileSync(join(folder, 'model.safetensors'), safetensors());
  return folder;
}

function tokenizer() {
  const special = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'];
  const characters = Array.from({ length: CONFIG.vocab_size - special.length }, (_, i) =>
    i < 100 ? String.fromCodePoint(0x3040 + i) : String.fromCodePoint(0x4e00 + i - 100),
  );
  const vocab = Object.fromEntries([...special, ...characters].map((token, id) => [token, id]));
  const token = (content, id) => ({
    id,
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  });
  const piece = (id) => ({ SpecialToken: { id, type_id: 0 } });
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: special.map(token),
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: false,
      lowercase: false,
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: {
      type: 'TemplateProcessing',
      single: [piece('[CLS]'), { Sequence: { id: 'A', type_id: 0 } }, piece('[SEP]')],
      pair: [
        piece('[CLS]'),
        { Sequence: { id: 'A', type_id: 0 } },
        piece('[SEP]'),
        { Sequence: { id: 'B', type_id: 1 } },
        piece('[SEP]'),
      ],
      special_tokens: {
        '[CLS]': { id: '[CLS]', ids: [2], tokens: ['[CLS]'] },
        '[SEP]': { id: '[SEP]', ids: [3], tokens: ['[SEP]'] },
      },
    },
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: {
      type: 'WordPiece',
      unk_token: '[UNK]',
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab,
    },
  };
}

function safetensors() {
  const {
    hidden_size: h,
    intermediate_size: f,
    vocab_size: v,
    max_position_embeddings: p,
    type_vocab_size: t,
  } = CONFIG;
  const shapes = {
    'embeddings.word_embeddings.weight': [v, h],
    'embeddings.position_embeddings.weight': [p, h],
    'embeddings.token_type_embeddings.weight': [t, h],
    'embeddings.LayerNorm.weight': [h],
    'embeddings.LayerNorm.bias': [h],
  };
  for (let i = 0; i < CONFIG.num_hidden_layers; i++) {
    const layer = `encoder.layer.${i}`;
    for (const name of ['query', 'key', 'value']) linear(`${layer}.attention.self.${name}`, h, h);
    linear(`${layer}.attention.output.dense`, h, h);
    norm(`${layer}.attention.output.LayerNorm`);
    linear(`${layer}.intermediate.dense`, f, h);
    linear(`${layer}.output.dense`, h, f);
    norm(`${layer}.output.LayerNorm`);
  }
  const header = {};
  const parts = [];
  let at = 0;
  for (const [i, [name, shape]] of Object.entries(shapes).entries()) {
    const values = pseudoRandom(
      shape.reduce((a, b) => a * b),
      i + 1,
    ).map((x) => 0.05 * x);
    if (name.endsWith('LayerNorm.weight')) values.fill(1);
    header[name] = { dtype: 'F32', shape, data_offsets: [at, at + values.byteLength] };
    at += values.byteLength;
    parts.push(Buffer.from(values.buffer));
  }
  const text = Buffer.from(JSON.stringify(header));
  const padded = Buffer.concat([text, Buffer.alloc((8 - (text.length % 8)) % 8, ' ')]);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));
  return Buffer.concat([length, padded, ...parts]);

  function linear(name, out, input) {
    shapes[`${name}.weight`] = [out, input];
    shapes[`${name}.bias`] = [out];
  }
  function norm(name) {
    shapes[`${name}.weight`] = [h];
    shapes[`${name}.bias`] = [h];
  }
}
