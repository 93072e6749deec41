import type { SentencePieceSettings } from './sentencepiece-model.js';

const SPACE = ' ';
const SPACE_MARK = '\u2581';
const LONE_SURROGATE = /\p{Cs}/u;
const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/**
 * Makes a text ready as SentencePiece does: at every place the longest match of the character map is replaced, pieces that a
 * user has defined stay as they are, spaces are collapsed and marked.
 *
 * @param userDefinedAt length of the piece at a place of a text that a user has defined, 0 for none
 */
export function sentencePieceNormalizer(
  settings: SentencePieceSettings,
  userDefinedAt: (text: string, start: number) => number,
): (text: string) => string {
  const { characterMap, addDummyPrefix, removeExtraWhitespaces, whitespaceAsSuffix } = settings;
  const mark = settings.escapeWhitespaces ? SPACE_MARK : SPACE;

  return (given) => {
    const bytes = encoder.encode(given);
    const text = LONE_SURROGATE.test(given) ? decoder.decode(bytes) : given;
    let result = '';
    let isBehindSpace = removeExtraWhitespaces;
    let isAtStart = removeExtraWhitespaces;
    for (let unit = 0, byte = 0; unit < text.length;) {
      const kept = userDefinedAt(text, unit);
      const match = kept > 0 ? undefined : characterMap?.longest(bytes, byte);
      const code = text.codePointAt(unit) as number;
      let part: string;
      if (match === undefined) {
        part = text.slice(unit, unit + (kept > 0 ? kept : code > 0xffff ? 2 : 1));
        unit += part.length;
        byte += Buffer.byteLength(part);
      } else {
        part = match.text;
        const end = byte + match.length;
        for (; byte < end; unit += (text.codePointAt(unit) as number) > 0xffff ? 2 : 1) {
          byte += bytesOf(text.codePointAt(unit) as number);
        }
      }
      // Only what is a space and nothing more is dropped at the start.
      if (isAtStart && part === SPACE) continue;
      isAtStart = false;
      if (isBehindSpace) part = part.replace(/^ +/, '');
      if (part !== '') {
        result += part;
        isBehindSpace = removeExtraWhitespaces && part.endsWith(SPACE);
      }
    }
    if (isAtStart || text === '') return '';
    result = mark === SPACE ? result : result.replaceAll(SPACE, mark);
    if (addDummyPrefix && !whitespaceAsSuffix) result = mark + result;
    if (removeExtraWhitespaces) result = withoutTail(result, mark);
    return addDummyPrefix && whitespaceAsSuffix ? result + mark : result;
  };
}

function bytesOf(code: number): number {
  return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
}

function withoutTail(text: string, mark: string): string {
  let end = text.length;
  while (end > 0 && text[end - 1] === mark) end -= 1;
  return text.slice(0, end);
}
