import { closeSync, mkdirSync, mkdtempSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pseudoRandom } from './pseudo-random.js';

const BERT = {
  model_type: 'bert',
  architectures: ['BertModel'],
  hidden_act: 'gelu',
  layer_norm_eps: 1e-12,
  max_position_embeddings: 512,
  type_vocab_size: 2,
  pad_token_id: 0,
  position_embedding_type: 'absolute',
};

/** Shapes that people run. The Llama one is cut to few of its layers: all of them look alike, and time goes with their number. */
const SHAPES = {
  minilm: {
    config: {
      ...BERT,
      hidden_size: 384,
      num_hidden_layers: 6,
      num_attention_heads: 12,
      intermediate_size: 1536,
      vocab_size: 3000,
    },
    tensors: bertTensors,
    pooling: 'pooling_mode_mean_tokens',
    maxTokens: 512,
  },
  'bert-base': {
    config: {
      ...BERT,
      hidden_size: 768,
      num_hidden_layers: 12,
      num_attention_heads: 12,
      intermediate_size: 3072,
      vocab_size: 32_768,
    },
    tensors: bertTensors,
    pooling: 'pooling_mode_mean_tokens',
    maxTokens: 512,
  },
  'llama-1b-2-layers': {
    config: {
      model_type: 'llama',
      architectures: ['LlamaModel'],
      hidden_size: 1792,
      num_hidden_layers: 2,
      num_attention_heads: 16,
      num_key_value_heads: 16,
      head_dim: 112,
      intermediate_size: 6272,
      hidden_act: 'silu',
      rms_norm_eps: 1e-6,
      rope_theta: 100_000,
      attention_bias: false,
      mlp_bias: false,
      max_position_embeddings: 8192,
      vocab_size: 3000,
      pad_token_id: 0,
      bos_token_id: 2,
      eos_token_id: 3,
      tie_word_embeddings: false,
      use_cache: false,
    },
    tensors: llamaTensors,
    pooling: 'pooling_mode_lasttoken',
    maxTokens: 512,
  },
};

export const SHAPE_NAMES = Object.keys(SHAPES);

/** A sentence-transformers folder with random weights in one of the shapes and a tokenizer of single characters. */
export function randomModel(name) {
  const { config, tensors, pooling, maxTokens } = SHAPES[name];
  const folder = join(mkdtempSync(join(tmpdir(), 'jmteb-bench-model-')), name);
  mkdirSync(join(folder, '1_Pooling'), { recursive: true });
  const json = (file, value) => writeFileSync(join(folder, file), JSON.stringify(value));
  json('config.json', config);
  json('modules.json', [
    { idx: 0, name: '0', path: '', type: 'sentence_transformers.models.Transformer' },
    { idx: 1, name: '1', path: '1_Pooling', type: 'sentence_transformers.models.Pooling' },
    { idx: 2, name: '2', path: '2_Normalize', type: 'sentence_transformers.models.Normalize' },
  ]);
  json('sentence_bert_config.json', { max_seq_length: maxTokens, do_lower_case: false });
  const modes = ['cls_token', 'mean_tokens', 'max_tokens', 'mean_sqrt_len_tokens', 'weightedmean_tokens', 'lasttoken'];
  json('1_Pooling/config.json', {
    word_embedding_dimension: config.hidden_size,
    ...Object.fromEntries(modes.map((mode) => [`pooling_mode_${mode}`, `pooling_mode_${mode}` === pooling])),
  });
  json('tokenizer_config.json', {
    tokenizer_class: config.model_type === 'bert' ? 'BertTokenizer' : 'PreTrainedTokenizerFast',
    do_lower_case: false,
    model_max_length: maxTokens,
    pad_token: '[PAD]',
    unk_token: '[UNK]',
    cls_token: '[CLS]',
    sep_token: '[SEP]',
    mask_token: '[MASK]',
    ...(config.model_type === 'bert' ? {} : { model_input_names: ['input_ids', 'attention_mask'] }),
  });
  json('tokenizer.json', tokenizer(config.vocab_size));
  writeSafetensors(join(folder, 'model.safetensors'), tensors(config));
  return folder;
}

function tokenizer(vocabSize) {
  const special = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'];
  const characters = Array.from({ length: vocabSize - special.length }, (_, i) =>
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

function bertTensors(config) {
  const { hidden_size: h, intermediate_size: f, vocab_size: v } = config;
  const shapes = {
    'embeddings.word_embeddings.weight': [v, h],
    'embeddings.position_embeddings.weight': [config.max_position_embeddings, h],
    'embeddings.token_type_embeddings.weight': [config.type_vocab_size, h],
  };
  const linear = (name, out, input) =>
    Object.assign(shapes, { [`${name}.weight`]: [out, input], [`${name}.bias`]: [out] });
  const norm = (name) => Object.assign(shapes, { [`${name}.weight`]: [h], [`${name}.bias`]: [h] });
  norm('embeddings.LayerNorm');
  for (let i = 0; i < config.num_hidden_layers; i++) {
    const layer = `encoder.layer.${i}`;
    for (const name of ['query', 'key', 'value']) linear(`${layer}.attention.self.${name}`, h, h);
    linear(`${layer}.attention.output.dense`, h, h);
    norm(`${layer}.attention.output.LayerNorm`);
    linear(`${layer}.intermediate.dense`, f, h);
    linear(`${layer}.output.dense`, h, f);
    norm(`${layer}.output.LayerNorm`);
  }
  // Not used; without it Python warns of random weights.
  linear('pooler.dense', h, h);
  return shapes;
}

function llamaTensors({ hidden_size: h, intermediate_size: f, vocab_size: v, num_hidden_layers: layers }) {
  const shapes = { 'embed_tokens.weight': [v, h], 'norm.weight': [h] };
  for (let i = 0; i < layers; i++) {
    const layer = `layers.${i}`;
    for (const name of ['q_proj', 'k_proj', 'v_proj', 'o_proj']) shapes[`${layer}.self_attn.${name}.weight`] = [h, h];
    for (const name of ['gate_proj', 'up_proj']) shapes[`${layer}.mlp.${name}.weight`] = [f, h];
    shapes[`${layer}.mlp.down_proj.weight`] = [h, f];
    for (const name of ['input_layernorm', 'post_attention_layernorm']) shapes[`${layer}.${name}.weight`] = [h];
  }
  return shapes;
}

function writeSafetensors(path, shapes) {
  const header = { __metadata__: { format: 'pt' } };
  const sizes = Object.values(shapes).map((shape) => shape.reduce((a, b) => a * b));
  let at = 0;
  for (const [i, name] of Object.keys(shapes).entries()) {
    header[name] = { dtype: 'F32', shape: shapes[name], data_offsets: [at, at + 4 * sizes[i]] };
    at += 4 * sizes[i];
  }
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  const padding = (8 - (text.length % 8)) % 8;
  length.writeBigUInt64LE(BigInt(text.length + padding));
  const file = openSync(path, 'w');
  for (const bytes of [length, text, Buffer.alloc(padding, ' ')]) writeSync(file, bytes);
  for (const [i, name] of Object.keys(shapes).entries()) {
    const isNorm = /norm\.weight$/i.test(name);
    const values = isNorm ? new Float32Array(sizes[i]).fill(1) : pseudoRandom(sizes[i], i + 1).map((x) => 0.05 * x);
    writeSync(file, new Uint8Array(values.buffer));
  }
  closeSync(file);
}
