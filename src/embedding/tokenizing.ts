import { TokenCounter, encodeForModel } from '../tokenization/text-tokenizer.js';
import type { TokenModel } from './token-embedder.js';
import type { Tokenizing } from './types.js';

/** How a model that reads token ids cuts texts. */
export function tokenizingOf({
  tokenizer,
  maxTokens,
  prepare,
}: Pick<TokenModel, 'tokenizer' | 'maxTokens' | 'prepare'>): Tokenizing {
  return {
    cut(text) {
      const prepared = prepare(text);
      return { text: prepared, ids: encodeForModel(tokenizer, prepared, maxTokens).ids };
    },
    count(texts) {
      const counter = new TokenCounter(tokenizer, maxTokens);
      for (const text of texts) counter.add(prepare(text));
      return counter.counts();
    },
  };
}
