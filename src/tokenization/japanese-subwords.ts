import type { SentencePiece } from './sentencepiece.js';
import { splitAtSpace } from './white-space.js';
import { WordPiece } from './word-piece.js';

/** The pieces of one word. */
export type Subwords = (word: string) => readonly string[];

const LONGEST_WORD = 100;
const PREFIX = '##';
const SPACE_MARK = '\u2581';
/** What Python's `str.isdigit` holds for a digit. */
const DIGIT =
  '\\p{Nd}\\xb2\\xb3\\xb9\\u1369-\\u1371\\u19da\\u2070\\u2074-\\u2079\\u2080-\\u2089\\u2460-\\u2468\\u2474-\\u247c\\u2488-\\u2490' +
  '\\u24ea\\u24f5-\\u24fd\\u24ff\\u2776-\\u277e\\u2780-\\u2788\\u278a-\\u2792\\u{10a40}-\\u{10a43}\\u{10e60}-\\u{10e68}' +
  '\\u{11052}-\\u{1105a}\\u{1f100}-\\u{1f10a}';
const DIGIT_COMMA = new RegExp(`[${DIGIT}],$`, 'u');

/** The longest pieces from the left; a word with white space inside is several. */
export function wordPieceSubwords(vocabulary: ReadonlyMap<string, number>, unknown: string): Subwords {
  const model = new WordPiece(vocabulary, unknown, PREFIX, LONGEST_WORD);
  return (word) => splitAtSpace(word).flatMap((part) => model.encode(part));
}

/** Every character by itself. */
export function characterSubwords(vocabulary: ReadonlyMap<string, number>, unknown: string): Subwords {
  return (word) => Array.from(word.normalize('NFKC'), (char) => (vocabulary.has(char) ? char : unknown));
}

/** The pieces of a SentencePiece model, each word taken for a text; a comma behind a digit is set apart. */
export function sentencePieceSubwords(model: SentencePiece): Subwords {
  return (word) => {
    const text = splitAtSpace(word).join(' ').replaceAll('``', '"').replaceAll("''", '"');
    return model.encode(text).flatMap((piece) => (DIGIT_COMMA.test(piece) ? withoutComma(model, piece) : [piece]));
  };
}

function withoutComma(model: SentencePiece, piece: string): string[] {
  const pieces = model.encode(piece.slice(0, -1).replaceAll(SPACE_MARK, ''));
  if (!piece.startsWith(SPACE_MARK) && pieces[0]?.startsWith(SPACE_MARK)) {
    if (pieces[0] === SPACE_MARK) pieces.shift();
    else pieces[0] = pieces[0].slice(SPACE_MARK.length);
  }
  return [...pieces, ','];
}
