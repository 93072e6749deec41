import { describe, it } from 'vitest';
import { SlowWeights, plus } from './slow-layers.js';
import { SIZES, addLayers, slowLayers } from './slow-post-norm.js';
import { VOCABULARY, expectMean, expectRefused, tinyFolders } from './tiny-model.js';
import { float32Tensor } from './write-safetensors.js';

const folders = tinyFolders();
const EPSILON = 1e-5;

function config(type: string, padId: number): Record<string, unknown> {
  return {
    model_type: type,
    vocab_size: VOCABULARY,
    hidden_size: SIZES.hidden,
    num_attention_heads: SIZES.heads,
    num_hidden_layers: SIZES.layers,
    intermediate_size: SIZES.inner,
    max_position_embeddings: SIZES.positions,
    type_vocab_size: 1,
    layer_norm_eps: EPSILON,
    pad_token_id: padId,
  };
}

const weights = new SlowWeights();
weights.add('embeddings.word_embeddings.weight', VOCABULARY, SIZES.hidden);
weights.add('embeddings.position_embeddings.weight', SIZES.positions, SIZES.hidden);
weights.add('embeddings.token_type_embeddings.weight', 1, SIZES.hidden);
weights.addNorm('embeddings.LayerNorm', SIZES.hidden);
addLayers(weights);

/** A forward pass; tokens that are padding stand at the padding's place and are not counted. */
function slow(padId: number): (ids: number[]) => number[][] {
  return (ids) => {
    let counted = 0;
    const embedded = ids.map((id) => {
      if (id !== padId) counted += 1;
      const place = id === padId ? padId : padId + counted;
      const word = weights.row('embeddings.word_embeddings.weight', id);
      const type = weights.row('embeddings.token_type_embeddings.weight', 0);
      const sum = plus(plus(word, type), weights.row('embeddings.position_embeddings.weight', place));
      return weights.norm(sum, 'embeddings.LayerNorm', EPSILON);
    });
    return slowLayers(weights, embedded, EPSILON);
  };
}

describe('RoBERTa and its relatives', () => {
  it('count positions from behind the padding id, whichever it is, and do not count padding within a text', async () => {
    for (const padId of [0, 1, 5]) {
      await expectMean(folders.write(config('roberta', padId), weights.tensors()), slow(padId));
    }
  });

  it('are the same network as XLM-RoBERTa and CamemBERT, with any prefix and heads that are not used', async () => {
    for (const type of ['xlm-roberta', 'camembert']) {
      const tensors = weights.tensors('roberta.');
      tensors.set('lm_head.dense.weight', float32Tensor([1, 1], Float32Array.of(9)));
      tensors.set('roberta.pooler.dense.bias', float32Tensor([1], Float32Array.of(9)));
      await expectMean(folders.write(config(type, 0), tensors), slow(0));
    }
  });

  it('are LUKE without what it holds for entities', async () => {
    const tensors = weights.tensors('luke.');
    const one = float32Tensor([1], Float32Array.of(9));
    for (const kind of ['w2e', 'e2w', 'e2e']) {
      tensors.set(`luke.encoder.layer.0.attention.self.${kind}_query.bias`, one);
    }
    tensors.set('luke.entity_embeddings.entity_embeddings.weight', one);
    tensors.set('entity_predictions.bias', one);
    await expectMean(folders.write(config('luke', 1), tensors), slow(1));
    await expectRefused(folders.write(config('roberta', 1), tensors), 'w2e_query.bias', 'does not use');
  });

  it('refuse what the fields of config.json cannot be', async () => {
    const refused = (change: object, ...parts: string[]): Promise<void> =>
      expectRefused(folders.write({ ...config('xlm-roberta', 1), ...change }, weights.tensors()), ...parts);
    await refused({ pad_token_id: 23 }, '"pad_token_id" is 23');
    await refused({ pad_token_id: -1 }, '"pad_token_id" is -1');
    await refused(
      { position_embedding_type: 'relative_key_query' },
      '"position_embedding_type" is "relative_key_query"',
    );
    await refused({ is_decoder: true, hidden_act: 'gelu_of_tomorrow' }, '"is_decoder" is true', '"hidden_act"');
    await refused(
      { auto_map: { AutoModel: 'x--modeling_lora.XLMRobertaLoRA' } },
      'modeling_lora.XLMRobertaLoRA',
      'not run',
    );
  });

  it('take no position that the table does not have', async () => {
    // 24 rows, the first 19 taken by padding ids and padding: 4 are left, and 5 tokens do not fit.
    await expectMean(folders.write(config('roberta', 19), weights.tensors()), (ids) => {
      return slow(19)(ids.length > 4 ? [...ids.slice(0, 3), 3] : ids);
    });
  });
});
