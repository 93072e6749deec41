/**
 * A character map compiled by SentencePiece, as `precompiled_charsmap` of tokenizer.json holds it: the size of a double
 * array in bytes (uint32), the double array (uint32 each), and the replacements, each ended by a zero byte.
 *
 * The text is taken grapheme by grapheme: one of fewer than six bytes is looked up whole, others character by character.
 * This is how the Rust tokenizers read the map; SentencePiece itself takes the longest match anywhere, and so differs for
 * half-width kana with a voicing mark.
 *
 * @param charsmap base64
 * @throws RangeError when the bytes are no such map
 * Source: the layout of the double array is that of Darts-clone.
 */
export function precompiledNormalizer(charsmap: string): (text: string) => string {
  const map = readMap(charsmap);
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
    if (!JOINS.test(text)) {
      for (const char of text) result += replaced(char);
      return result;
    }
    for (const { segment } of graphemes.segment(text)) result += replaced(segment);
    return result;
  };
}

const LARGEST_CACHE = 65_536;
/** A grapheme of at least so many bytes is never looked up whole. */
const LONG_GRAPHEME = 6;
/** Characters that can make a grapheme of several: texts without them are taken character by character, which is faster. */
const JOINS =
  /[\r\p{M}\p{Cf}\p{Emoji_Modifier}\p{Regional_Indicator}\uff9e\uff9f\u0e33\u0eb3\u1100-\u11ff\ua960-\ua97f\ud7b0-\ud7ff\uac00-\ud7a3]/u;
const graphemes = new Intl.Segmenter('und', { granularity: 'grapheme' });
const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

interface CharacterMap {
  readonly units: Uint32Array;
  readonly texts: Uint8Array;
}

function readMap(charsmap: string): CharacterMap {
  const bytes = Buffer.from(charsmap, 'base64');
  const size = bytes.length < 4 ? 0 : bytes.readUInt32LE(0);
  if (size < 4 || size % 4 !== 0 || size > bytes.length - 4) {
    throw new RangeError(`a character map of ${bytes.length} bytes says that its table has ${size}`);
  }
  const units = Uint32Array.from({ length: size / 4 }, (_, i) => bytes.readUInt32LE(4 + 4 * i));
  return { units, texts: bytes.subarray(4 + size) };
}

/** What a grapheme becomes. */
function replacement(map: CharacterMap, grapheme: string): string {
  const bytes = encoder.encode(grapheme);
  const whole = bytes.length < LONG_GRAPHEME ? lookUp(map, bytes) : undefined;
  if (whole !== undefined) return whole;
  return Array.from(grapheme, (char) => lookUp(map, encoder.encode(char)) ?? char).join('');
}

/** The replacement of the shortest beginning that the map has. */
function lookUp({ units, texts }: CharacterMap, bytes: Uint8Array): string | undefined {
  let unit = units[0];
  let at = offset(unit);
  for (const byte of bytes) {
    if (byte === 0) return undefined;
    at ^= byte;
    if (at >= units.length) return undefined;
    unit = units[at];
    if ((unit & 0x800000ff) >>> 0 !== byte) return undefined;
    at ^= offset(unit);
    if ((unit >>> 8) & 1) return at < units.length ? textAt(texts, units[at] & 0x7fffffff) : undefined;
  }
  return undefined;
}

function offset(unit: number): number {
  return (unit >>> 10) << ((unit & 0x200) >>> 6);
}

function textAt(texts: Uint8Array, start: number): string {
  const end = texts.indexOf(0, start);
  return decoder.decode(texts.subarray(start, end === -1 ? texts.length : end));
}
