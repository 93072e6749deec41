import { isJsonObject, type JsonObject } from '../models/read-json-object.js';
import type { TextTokenizer } from './text-tokenizer.js';
import type { TokenizerSettings } from './tokenizer-settings.js';

/** Gives the id of a token, undefined where there is none. */
export type IdOf = (token: string) => number | undefined;
type Surroundings = Pick<TextTokenizer, 'before' | 'behind'>;

/** Classes that build their template anew from `add_bos_token` and `add_eos_token` of tokenizer_config.json. */
const FLAG_CLASSES = new Set(['LlamaTokenizer', 'CodeLlamaTokenizer', 'GemmaTokenizer']);

/**
 * The special tokens around a text.
 *
 * @param processor `post_processor` of tokenizer.json
 * @throws RangeError when one of them has no id, or the processor is not known
 */
export function surroundings(processor: unknown, settings: TokenizerSettings, idOf: IdOf): Surroundings {
  const { className, config } = settings;
  return FLAG_CLASSES.has(className) ? tokensByFlags(config, idOf) : tokensOf(processor);
}

/** Post-processors by their `type`. A new one needs its line here. */
const KINDS = {
  BertProcessing: ({ cls, sep }) => ({ before: [namedId(cls)], behind: [namedId(sep)] }),
  RobertaProcessing: ({ cls, sep }) => ({ before: [namedId(cls)], behind: [namedId(sep)] }),
  /** Changes offsets only. */
  ByteLevel: () => ({ before: [], behind: [] }),
  TemplateProcessing: (config) => ofTemplate(config),
  Sequence: ({ processors }) => {
    if (!Array.isArray(processors)) throw new RangeError('"processors" is no list');
    return (processors as unknown[]).reduce<Surroundings>(
      (inner, processor) => {
        const { before, behind } = tokensOf(processor);
        return { before: [...before, ...inner.before], behind: [...inner.behind, ...behind] };
      },
      { before: [], behind: [] },
    );
  },
} as const satisfies Record<string, (config: JsonObject) => Surroundings>;

function tokensOf(config: unknown): Surroundings {
  if (config === null || config === undefined) return { before: [], behind: [] };
  const type = isJsonObject(config) ? config.type : undefined;
  if (typeof type !== 'string' || !Object.hasOwn(KINDS, type)) {
    throw new RangeError(`"post_processor" of type ${JSON.stringify(type)} is not known`);
  }
  return KINDS[type as keyof typeof KINDS](config as JsonObject);
}

/** The id of a token that is given with it, `["[CLS]", 101]`. */
function namedId(entry: unknown): number {
  const [, id] = Array.isArray(entry) ? (entry as unknown[]) : [];
  if (!isId(id)) throw new RangeError('a token of "post_processor" has no id');
  return id;
}

/** Special tokens before and behind the place of the text. */
function ofTemplate({ single, special_tokens: specials }: JsonObject): Surroundings {
  const places = Array.isArray(single) ? (single as unknown[]) : [];
  const at = places.findIndex((place) => isJsonObject(place) && isJsonObject(place.Sequence));
  if (at === -1) throw new RangeError('"post_processor" leaves the text out');
  const idsOf = (place: unknown): number[] => {
    const token = isJsonObject(place) && isJsonObject(place.SpecialToken) ? place.SpecialToken.id : undefined;
    const known = isJsonObject(specials) && typeof token === 'string' && Object.hasOwn(specials, token);
    const entry = known ? (specials as JsonObject)[token] : undefined;
    const ids = isJsonObject(entry) ? entry.ids : undefined;
    if (!Array.isArray(ids) || !ids.every(isId)) {
      throw new RangeError(`the special token ${JSON.stringify(token)} of "post_processor" has no ids`);
    }
    return ids;
  };
  return { before: places.slice(0, at).flatMap(idsOf), behind: places.slice(at + 1).flatMap(idsOf) };
}

function isId(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function tokensByFlags(config: JsonObject, idOf: IdOf): Surroundings {
  const idsOf = (token: string, flag: unknown): number[] => {
    const id = flag === true ? idOf(tokenOf(config[token]) ?? '') : undefined;
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
export function padOf(idOf: IdOf, config: JsonObject, json: JsonObject): number {
  const token = tokenOf(config.pad_token);
  const id = token === undefined ? undefined : idOf(token);
  if (id !== undefined) return id;
  const padding = isJsonObject(json.padding) ? json.padding.pad_id : undefined;
  return Number.isSafeInteger(padding) && (padding as number) >= 0 ? (padding as number) : 0;
}
