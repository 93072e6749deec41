import { mergeBytePairs } from './byte-pair-merge.js';
import { WHITE_SPACE } from './white-space.js';

/** The tokens of OpenAI's embedding models. */
export interface Cl100k {
  /**
   * Token ids of a text, the first `limit` of them. Names of special tokens in the text are ordinary text; half of a
   * surrogate pair is U+FFFD.
   *
   * @returns the ids, and whether the text has more of them
   */
  encode(text: string, limit: number): { readonly ids: readonly number[]; readonly isCut: boolean };
}

/**
 * Words of cl100k_base, within which bytes are joined: endings of English, letters, up to three digits, signs, line ends,
 * spaces (the last one before a word belongs to the word). `'ſ` counts as `'s`, as it does where case is folded.
 */
const WORDS = new RegExp(
  [
    "'(?:[sSdDmMtTſ]|[lL][lL]|[vV][eE]|[rR][eE])",
    '[^\\r\\n\\p{L}\\p{N}]?\\p{L}+',
    '\\p{N}{1,3}',
    ` ?[^${WHITE_SPACE}\\p{L}\\p{N}]+[\\r\\n]*`,
    `${WHITE_SPACE}*[\\r\\n]+`,
    `${WHITE_SPACE}+(?!\\P{White_Space})`,
    `${WHITE_SPACE}+`,
  ].join('|'),
  'gu',
);

let loaded: Promise<Cl100k> | undefined;

/** Loads the vocabulary cl100k_base, once. */
export function loadCl100k(): Promise<Cl100k> {
  return (loaded ??= load());
}

async function load(): Promise<Cl100k> {
  const { default: pieces } = await import('gpt-tokenizer/bpeRanks/cl100k_base');
  const ranks = new Map<string, number>();
  // Pieces that are no whole characters are given by their bytes.
  for (const [rank, piece] of pieces.entries()) {
    const bytes = typeof piece === 'string' ? Buffer.from(piece, 'utf8') : Buffer.from(piece);
    ranks.set(bytes.toString('latin1'), rank);
  }
  return { encode: (text, limit) => encode(text, limit, ranks) };
}

function encode(text: string, limit: number, ranks: ReadonlyMap<string, number>) {
  const ids: number[] = [];
  for (const [word] of text.matchAll(WORDS)) {
    if (ids.length >= limit) return { ids, isCut: true };
    for (const id of mergeBytePairs(Buffer.from(word, 'utf8').toString('latin1'), ranks)) {
      if (ids.length >= limit) return { ids, isCut: true };
      ids.push(id);
    }
  }
  return { ids, isCut: false };
}
