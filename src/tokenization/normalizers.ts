import type * as TokenizersLibrary from '@huggingface/tokenizers';
import { isJsonObject, type JsonObject } from '../models/read-json-object.js';
import { bertNormalizer, lowerEach, type BertNormalizerConfig } from './bert-normalizer.js';
import { precompiledNormalizer } from './precompiled-normalizer.js';
import type { TokenizerSettings } from './tokenizer-settings.js';

type Library = typeof TokenizersLibrary;
type Normalize = (text: string) => string;

/** Classes whose settings in tokenizer_config.json win over the normalizer of tokenizer.json. */
const BERT_CLASSES = new Set(['BertTokenizer', 'DistilBertTokenizer', 'ElectraTokenizer', 'LayoutLMTokenizer']);

/**
 * The normalizer that `config` of a tokenizer.json describes: our own where the library differs from the Rust tokenizers.
 *
 * @throws Error when it is not known
 */
export function normalizerOf(config: unknown, settings: TokenizerSettings, library: Library): Normalize | null {
  if (config === null || config === undefined) return null;
  if (!isJsonObject(config)) throw new RangeError('"normalizer" is no object');
  switch (config.type) {
    case 'Sequence': {
      const steps = stepsOf(config.normalizers).map((step) => normalizerOf(step, settings, library));
      return (text) => steps.reduce((result, step) => (step === null ? result : step(result)), text);
    }
    case 'BertNormalizer':
      return bertNormalizer(bertSettings(config as BertNormalizerConfig, settings));
    case 'Precompiled':
      return typeof config.precompiled_charsmap === 'string' && config.precompiled_charsmap !== ''
        ? precompiledNormalizer(config.precompiled_charsmap)
        : null;
    case 'Lowercase':
      return lowerEach;
    default: {
      checkPattern(config);
      const empty = { normalizer: config, pre_tokenizer: null, post_processor: null, decoder: null, added_tokens: [] };
      const model = { type: 'WordPiece', vocab: { x: 0 }, unk_token: 'x' };
      return new library.Tokenizer({ ...empty, model }, {}).normalizer as Normalize;
    }
  }
}

/** BERT's classes in Python build their normalizer anew where tokenizer_config.json says otherwise. */
function bertSettings(
  normalizer: BertNormalizerConfig,
  { config, className }: TokenizerSettings,
): BertNormalizerConfig {
  if (!BERT_CLASSES.has(className)) return normalizer;
  const flag = (field: string): boolean => (typeof config[field] === 'boolean' ? config[field] : true);
  return {
    clean_text: normalizer.clean_text,
    lowercase: flag('do_lower_case'),
    strip_accents: typeof config.strip_accents === 'boolean' ? config.strip_accents : null,
    handle_chinese_chars: flag('tokenize_chinese_chars'),
  };
}

function stepsOf(value: unknown): unknown[] {
  if (!Array.isArray(value)) throw new RangeError('"normalizers" is no list');
  return value as unknown[];
}

/** The library passes over a pattern that it cannot read; here it is a fault. */
export function checkPattern({ type, pattern }: JsonObject): void {
  if (type !== 'Replace' && type !== 'Split') return;
  const found = isJsonObject(pattern) ? (pattern.String ?? pattern.Regex) : undefined;
  if (typeof found !== 'string') throw new RangeError(`"pattern" of ${type} is no text and no expression`);
}
