import type * as TokenizersLibrary from '@huggingface/tokenizers';
import { UserError, messageOf } from '../errors.js';
import { isJsonObject, type JsonObject } from '../models/read-json-object.js';
import { AddedTokenFinder, type AddedTokenEntry } from './added-vocabulary.js';
import { BYTE_PIECES } from './byte-pieces.js';
import { checkFields } from './json-fields.js';
import { isId, modelOf } from './json-model.js';
import { preTokenizerOf } from './json-pre-tokenizer.js';
import { namingFile } from './model-file.js';
import { normalizerOf } from './normalizers.js';
import { padOf, surroundings } from './special-tokens.js';
import type { TextTokenizer } from './text-tokenizer.js';
import { longestInputOf, type TokenizerSettings } from './tokenizer-settings.js';

type Library = typeof TokenizersLibrary;

/** A text with letters of several kinds, spaces and punctuation. */
const PROBE = 'A b1, ｶﾞ漢字かな。\u3000é😀';

/**
 * The tokenizer of a tokenizer.json, with the ids of the Rust tokenizers. Truncation and padding of the file are not used.
 *
 * A text is cut at added tokens that stand in it as they are, then normalised, cut at those that are looked for in
 * normalised text, cut into stretches, and each stretch into pieces.
 *
 * @param where the file's name in messages
 * @throws UserError when the file is no tokenizer, or one that is not supported
 */
export async function tokenizerOfJson(
  json: JsonObject,
  settings: TokenizerSettings,
  where: string,
): Promise<TextTokenizer> {
  checkShape(json, where);
  const library = await import('@huggingface/tokenizers');
  try {
    const built = build(json, settings, library);
    return { ...built, encode: (text) => namingFile(where, () => built.encode(text)) };
  } catch (thrown) {
    const fix =
      'take the file again from where the model was published, or take vectors made elsewhere (vectors:<folder>).';
    const what = `cannot be used as a tokenizer: ${messageOf(thrown).replace(/\.$/, '')}.`;
    throw new UserError({ where, what, fix });
  }
}

function checkShape(json: JsonObject, where: string): void {
  const wrong = !isJsonObject(json.model)
    ? '"model" is no object'
    : json.added_tokens !== undefined && !isAddedTokens(json.added_tokens)
      ? '"added_tokens" is no list of tokens with "id" and "content"'
      : isVocabulary(json.model.vocab)
        ? undefined
        : '"model.vocab" gives no ids of pieces';
  if (wrong !== undefined) throw new UserError({ where, what: `${wrong}, so this is not a tokenizer.json.` });
}

/** Ids by piece, or pieces with scores in the order of ids. */
function isVocabulary(value: unknown): boolean {
  return Array.isArray(value) || (isJsonObject(value) && Object.values(value).every(isId));
}

function isAddedTokens(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.every(
      (token) => isJsonObject(token) && isId(token.id) && typeof token.content === 'string' && token.content !== '',
    )
  );
}

function build(json: JsonObject, settings: TokenizerSettings, library: Library): TextTokenizer {
  const { config } = settings;
  checkFields(json);
  const model = modelOf(json.model as JsonObject);
  const normalize = normalizerOf(json.normalizer, settings, library) ?? ((text: string) => text);
  const preTokenize = preTokenizerOf(json.pre_tokenizer, library) ?? ((text: string) => [text]);
  const added = ((json.added_tokens ?? []) as AddedTokenEntry[]).map((token) => ({
    ...token,
    // The vocabulary's id counts where a token is in it, too.
    id: model.vocabulary.get(token.content) ?? token.id,
  }));
  const ids = new Map([...model.vocabulary, ...added.map(({ content, id }): [string, number] => [content, id])]);
  const asWritten = new AddedTokenFinder(added.filter(({ normalized }) => normalized !== true));
  const inNormalized = new AddedTokenFinder(
    added
      .filter(({ normalized }) => normalized === true)
      .map((token) => ({ ...token, content: normalize(token.content) })),
  );
  const encode = (text: string): number[] => {
    const found: number[] = [];
    for (const outer of asWritten.split(text)) {
      if ('id' in outer) found.push(outer.id);
      else {
        for (const inner of inNormalized.split(normalize(outer.text))) {
          if ('id' in inner) found.push(inner.id);
          else {
            const stretches = preTokenize(inner.text, outer.start === 0 && inner.start === 0);
            for (const stretch of stretches) for (const id of model.encode(stretch)) found.push(id);
          }
        }
      }
    }
    return found;
  };
  // A step that cannot work fails here, where the file is named, and not at the first text.
  encode(PROBE);
  const idOf = (token: string): number | undefined => ids.get(token);
  return {
    encode,
    ...surroundings(json.post_processor, settings, idOf),
    unknownId: (model.unknown === null ? undefined : idOf(model.unknown)) ?? null,
    byteIds: (json.model as JsonObject).byte_fallback === true ? byteIds(model.vocabulary) : undefined,
    padId: padOf(idOf, config, json),
    cutFrom: config.truncation_side === 'left' ? 'left' : 'right',
    maxTokens: longestInputOf(config),
  };
}

/** Ids of the pieces for single bytes. */
function byteIds(vocabulary: ReadonlyMap<string, number>): ReadonlySet<number> | undefined {
  const ids = BYTE_PIECES.map((piece) => vocabulary.get(piece)).filter((id) => id !== undefined);
  return ids.length === 0 ? undefined : new Set(ids);
}
