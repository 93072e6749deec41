import type { Tokenizer } from '@huggingface/tokenizers';
import { isJsonObject, type JsonObject } from '../models/read-json-object.js';
import type { TextTokenizer } from './text-tokenizer.js';
import type { TokenizerSettings } from './tokenizer-settings.js';

/** No piece of a text looks like this: it shows where special tokens go. */
const SENTINEL = '\0text\0';

/** Classes that build their template anew from `add_bos_token` and `add_eos_token` of tokenizer_config.json. */
const FLAG_CLASSES = new Set(['LlamaTokenizer', 'CodeLlamaTokenizer', 'GemmaTokenizer']);

/**
 * The special tokens around a text.
 *
 * @throws RangeError when one of them has no id
 */
export function surroundings(
  tokenizer: Tokenizer,
  settings: TokenizerSettings,
): Pick<TextTokenizer, 'before' | 'behind'> {
  const { className, config } = settings;
  return FLAG_CLASSES.has(className) ? tokensByFlags(tokenizer, config) : specialTokens(tokenizer);
}

/** The special tokens around a text, read off from where a stand-in for the text ends up. */
function specialTokens(tokenizer: Tokenizer): Pick<TextTokenizer, 'before' | 'behind'> {
  if (tokenizer.post_processor === null) return { before: [], behind: [] };
  const { tokens } = tokenizer.post_processor([SENTINEL], null, true);
  const at = tokens.indexOf(SENTINEL);
  if (at === -1) throw new RangeError('"post_processor" leaves the text out');
  const idOf = (token: string): number => {
    const id = tokenizer.token_to_id(token);
    if (id === undefined) throw new RangeError(`the special token "${token}" has no id`);
    return id;
  };
  return { before: tokens.slice(0, at).map(idOf), behind: tokens.slice(at + 1).map(idOf) };
}

function tokensByFlags(tokenizer: Tokenizer, config: JsonObject): Pick<TextTokenizer, 'before' | 'behind'> {
  const idsOf = (token: string, flag: unknown): number[] => {
    const id = flag === true ? tokenizer.token_to_id(tokenOf(config[token]) ?? '') : undefined;
    if (flag === true && id === undefined)
      throw new RangeError(`tokenizer_config.json asks for a "${token}" that has no id`);
    return id === undefined ? [] : [id];
  };
  return {
    before: idsOf('bos_token', config.add_bos_token ?? true),
    behind: idsOf('eos_token', config.add_eos_token ?? false),
  };
}

/** A token of tokenizer_config.json, which is a text or an object with its content. */
function tokenOf(value: unknown): string | undefined {
  const text = isJsonObject(value) ? value.content : value;
  return typeof text === 'string' ? text : undefined;
}

/** The id that rows are filled up with: the padding token of the configuration, else of tokenizer.json, else 0. */
export function padOf(tokenizer: Tokenizer, config: JsonObject, json: JsonObject): number {
  const token = tokenOf(config.pad_token);
  const id = token === undefined ? undefined : tokenizer.token_to_id(token);
  if (id !== undefined) return id;
  const padding = isJsonObject(json.padding) ? json.padding.pad_id : undefined;
  return Number.isSafeInteger(padding) && (padding as number) >= 0 ? (padding as number) : 0;
}
