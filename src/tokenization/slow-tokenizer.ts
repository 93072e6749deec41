import { FileFault } from '../datasets/file-fault.js';
import type { JsonObject } from '../models/read-json-object.js';
import type { AddedTokens, TokenRole } from './added-tokens.js';
import { lowerEach } from './bert-normalizer.js';
import { BYTE_PIECES } from './byte-pieces.js';
import type { TextTokenizer } from './text-tokenizer.js';
import { longestInputOf } from './tokenizer-settings.js';

/** The parts of a tokenizer that is written in Python, one text at a time ("slow" there). */
export interface SlowParts {
  /** tokenizer_config.json. */
  readonly config: JsonObject;
  readonly added: AddedTokens;
  readonly lowerCase: boolean;
  /** The pieces of a stretch of text without added tokens. */
  readonly pieces: (text: string) => readonly string[];
  /** The id of a piece that is no added token, or that of the unknown one. */
  readonly idOf: (piece: string) => number;
  /** Whether what the vocabulary lacks becomes pieces of single bytes. */
  readonly byteFallback?: boolean;
}

/**
 * A tokenizer in the way of Python's transformers: lower case where it is asked for, cut at added tokens, pieces of what is
 * between them, one token for the class before the text and one separator behind.
 *
 * @throws FileFault when a token that is needed has no id
 */
export function slowTokenizer({
  config,
  added,
  lowerCase,
  pieces,
  idOf,
  byteFallback = false,
}: SlowParts): TextTokenizer {
  const idFor = (role: TokenRole): number => {
    const token = added.tokenFor(role);
    const id = token === undefined ? undefined : added.idOf(token);
    if (id === undefined) throw new FileFault(`it has no "${role}".`);
    return id;
  };
  const unknownId = idFor('unk_token');
  return {
    encode(text) {
      const ids: number[] = [];
      for (const part of added.split(lowerCase ? added.lower(text, lowerEach) : text)) {
        if (part.isToken) ids.push(added.idOf(part.text) as number);
        else for (const piece of pieces(part.text)) ids.push(added.idOf(piece) ?? idOf(piece));
      }
      return ids;
    },
    before: [idFor('cls_token')],
    behind: [idFor('sep_token')],
    unknownId,
    byteIds: byteFallback ? new Set(BYTE_PIECES.map(idOf).filter((id) => id !== unknownId)) : undefined,
    padId: idFor('pad_token'),
    cutFrom: config.truncation_side === 'left' ? 'left' : 'right',
    maxTokens: longestInputOf(config),
  };
}
