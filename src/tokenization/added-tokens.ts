import { FileFault } from '../datasets/file-fault.js';
import { isJsonObject, type JsonObject } from '../models/read-json-object.js';
import { stripEnd, stripStart } from './white-space.js';

/** What tokens are for; tokens that a vocabulary lacks are added in this order. */
const ROLES = ['bos_token', 'eos_token', 'unk_token', 'sep_token', 'pad_token', 'cls_token', 'mask_token'] as const;
const MORE_ROLES = 'additional_special_tokens';

export type TokenRole = (typeof ROLES)[number];

/** A token that is found in a text before anything else is done with it. */
interface AddedToken {
  readonly text: string;
  readonly isSpecial: boolean;
  readonly normalized: boolean;
  /** Takes the white space before it, or behind it, with it. */
  readonly stripsLeft: boolean;
  readonly stripsRight: boolean;
  /** Stands only between spaces or at the ends. */
  readonly singleWord: boolean;
}

/** The files and defaults that say which tokens are added. */
export interface AddedTokenSources {
  /** tokenizer_config.json. */
  readonly config: JsonObject;
  /** special_tokens_map.json and added_tokens.json; read only where tokenizer_config.json lists no added tokens. */
  readonly specialMap: JsonObject;
  readonly added: JsonObject;
  /** Tokens that the class has where no file names others. */
  readonly defaults: Readonly<Partial<Record<TokenRole, string | JsonObject>>>;
  /** Tokens that the class adds to `additional_special_tokens`. */
  readonly more: readonly (string | JsonObject)[];
  /** The vocabulary without added tokens. */
  readonly vocabulary: ReadonlyMap<string, number>;
  /** Texts are put in lower case, and with them added tokens that are not special. */
  readonly lowerCase: boolean;
}

/**
 * The tokens that a tokenizer of Python's transformers (one without tokenizer.json) finds in texts before it does anything
 * else, with the ids that the classes of version 4.41 give them.
 */
export class AddedTokens {
  private readonly ids = new Map<string, number>();
  private readonly tokens = new Map<string, AddedToken>();
  private readonly roles = new Map<TokenRole, string>();
  private readonly pattern: RegExp | null;
  /** Finds what is not put in lower case. */
  private readonly kept: RegExp | null;

  /** @throws FileFault when the files give tokens that are none */
  constructor(private readonly sources: AddedTokenSources) {
    const { config, added } = sources;
    const isLegacy = !isJsonObject(config.added_tokens_decoder);
    const settings = isLegacy ? { ...config, ...sources.specialMap } : config;
    const listed = isLegacy ? added : (config.added_tokens_decoder as JsonObject);
    const specials = this.specialTokens(settings);
    for (const [key, value] of Object.entries(listed)) {
      const [text, id] = isLegacy ? [key, value] : [value, Number(key)];
      this.put(this.tokenOf(text, isLegacy && specials.has(key)), id);
    }
    const vocabulary = new Map([...sources.vocabulary, ...this.ids]);
    for (const token of specials.values()) {
      if (this.ids.has(token.text)) continue;
      this.put(token, vocabulary.get(token.text) ?? vocabulary.size);
      vocabulary.set(token.text, this.ids.get(token.text) as number);
    }
    const isKept = (token: AddedToken): boolean => specials.has(token.text) || (!token.isSpecial && token.normalized);
    this.kept = patternOf([...this.tokens.values()].filter(isKept).map(({ text }) => text));
    this.pattern = patternOf([...this.tokens.keys()]);
  }

  /** The id of an added token. */
  idOf(text: string): number | undefined {
    return this.ids.get(text);
  }

  /** The token with a role. */
  tokenFor(role: TokenRole): string | undefined {
    return this.roles.get(role);
  }

  /** Cuts a text at added tokens: `isToken` says which parts are such. Parts that are left empty are dropped. */
  split(text: string): { readonly text: string; readonly isToken: boolean }[] {
    if (this.pattern === null) return text === '' ? [] : [{ text, isToken: false }];
    const parts = text.split(this.pattern).filter((part) => part !== '');
    // Neighbours may be added tokens themselves, which what is joined to them makes plain text.
    for (let i = 0; i < parts.length; i++) {
      const token = this.tokens.get(parts[i]);
      if (token === undefined) continue;
      const hasLeft = i > 0 && parts[i - 1] !== '';
      const hasRight = i + 1 < parts.length;
      if (token.stripsRight && hasRight) parts[i + 1] = stripStart(parts[i + 1]);
      if (token.stripsLeft && hasLeft) parts[i - 1] = stripEnd(parts[i - 1]);
      if (!token.singleWord) continue;
      if (hasLeft && !parts[i - 1].endsWith(' ')) {
        parts[i - 1] += parts[i];
        parts[i] = '';
      } else if (hasRight && !parts[i + 1].startsWith(' ')) {
        parts[i + 1] = parts[i] + parts[i + 1];
        parts[i] = '';
      }
    }
    return parts.filter((part) => part !== '').map((part) => ({ text: part, isToken: this.tokens.has(part) }));
  }

  /** Puts a text in lower case, all but special tokens in it, one character at a time. */
  lower(text: string, lowerEach: (text: string) => string): string {
    const parts = this.kept === null ? [text] : text.split(this.kept);
    return parts.map((part, i) => (i % 2 === 1 ? part : lowerEach(part))).join('');
  }

  /** Special tokens in the order in which they are added; notes their roles. */
  private specialTokens(settings: JsonObject): Map<string, AddedToken> {
    const { defaults, more } = this.sources;
    const specials = new Map<string, AddedToken>();
    for (const role of ROLES) {
      const value = Object.hasOwn(settings, role) ? settings[role] : defaults[role];
      if (value === null || value === undefined) continue;
      const standard = defaults[role];
      // The name alone leaves the token's other properties as the class has them.
      const described = typeof value === 'string' && isJsonObject(standard) ? { ...standard, content: value } : value;
      const token = this.tokenOf(described, true);
      if (!specials.has(token.text)) specials.set(token.text, token);
      this.roles.set(role, token.text);
    }
    const listed = settings[MORE_ROLES] ?? [];
    if (!Array.isArray(listed)) throw new FileFault(`"${MORE_ROLES}" is no list.`);
    for (const value of [...(listed as unknown[]), ...more]) {
      const token = this.tokenOf(value, true);
      if (!specials.has(token.text)) specials.set(token.text, token);
    }
    return specials;
  }

  private tokenOf(value: unknown, isSpecial: boolean): AddedToken {
    const described: JsonObject = isJsonObject(value) ? value : { content: value };
    const { content } = described;
    if (typeof content !== 'string' || content === '') {
      throw new FileFault(`${JSON.stringify(value)} is no token: a text is missing.`);
    }
    const special = isSpecial || described.special === true;
    const normalized = described.normalized ?? !special;
    return {
      text: this.sources.lowerCase && !special && normalized === true ? content.toLowerCase() : content,
      isSpecial: special,
      normalized: normalized === true,
      stripsLeft: described.lstrip === true,
      stripsRight: described.rstrip === true,
      singleWord: described.single_word === true,
    };
  }

  private put(token: AddedToken, id: unknown): void {
    if (!Number.isSafeInteger(id) || (id as number) < 0) {
      throw new FileFault(`the token ${JSON.stringify(token.text)} has the id ${JSON.stringify(id)}.`);
    }
    this.ids.set(token.text, id as number);
    this.tokens.set(token.text, token);
  }
}

/** Finds the longest of some texts; its one group is what was found. */
function patternOf(texts: readonly string[]): RegExp | null {
  if (texts.length === 0) return null;
  const longestFirst = [...texts].sort((a, b) => b.length - a.length);
  return new RegExp(`(${longestFirst.map((text) => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')).join('|')})`, 'u');
}
