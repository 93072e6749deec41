import { CharacterMap } from './character-map.js';

/**
 * A character map compiled by SentencePiece, as `precompiled_charsmap` of tokenizer.json holds it.
 *
 * The text is taken grapheme by grapheme: one of fewer than six bytes is looked up whole, others character by character.
 * This is how the Rust tokenizers read the map; SentencePiece itself takes the longest match anywhere, and so differs for
 * half-width kana with a voicing mark.
 *
 * @param charsmap base64
 * @throws RangeError when the bytes are no such map
 */
export function precompiledNormalizer(charsmap: string): (text: string) => string {
  const map = new CharacterMap(Buffer.from(charsmap, 'base64'));
  const known = new Map<string, string>();
  const replaced = (part: string): string => {
    let result = known.get(part);
    if (result === undefined) {
      result = replacement(map, part);
      if (known.size < LARGEST_CACHE) known.set(part, result);
    }
    return result;
  };
  return (text) => {
    let result = '';
    for (const [stretch] of text.matchAll(STRETCHES)) {
      if (!JOINS.test(stretch)) for (const char of stretch) result += replaced(char);
      else for (const { segment } of graphemes.segment(stretch)) result += replaced(segment);
    }
    return result;
  };
}

const LARGEST_CACHE = 65_536;
/** A grapheme of at least so many bytes is never looked up whole. */
const LONG_GRAPHEME = 6;
/** Characters that can make one grapheme with the character before them. */
const JOINING =
  '\\n\\p{M}\\p{Cf}\\p{Emoji_Modifier}\\p{Regional_Indicator}\\uff9e\\uff9f\\u0e33\\u0eb3\\u1100-\\u11ff\\ua960-\\ua97f\\ud7b0-\\ud7ff';
const JOINS = new RegExp(`[${JOINING}]`, 'u');
/**
 * One character with all that can join it, or a run of characters that nothing joins, taken one by one. Segmenting a long
 * text at once takes time with the square of its length; longer runs are cut, since a long grapheme is not looked up whole.
 */
const STRETCHES = new RegExp(`[^${JOINING}]?[${JOINING}]{1,256}|(?:[^${JOINING}](?![${JOINING}])){1,4096}`, 'gu');
const graphemes = new Intl.Segmenter('und', { granularity: 'grapheme' });
const encoder = new TextEncoder();

/** What a grapheme becomes. */
function replacement(map: CharacterMap, grapheme: string): string {
  const bytes = encoder.encode(grapheme);
  const whole = bytes.length < LONG_GRAPHEME ? map.shortest(bytes) : undefined;
  if (whole !== undefined) return whole;
  return Array.from(grapheme, (char) => map.shortest(encoder.encode(char)) ?? char).join('');
}
