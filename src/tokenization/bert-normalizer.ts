import { FORMER_MARKS, LATER_CONTROLS, LATER_MARKS } from './later-characters.js';
import { unicodeNormalizer } from './unicode-normalizer.js';

/** Settings of a `BertNormalizer` in tokenizer.json. */
export interface BertNormalizerConfig {
  readonly clean_text?: boolean;
  readonly handle_chinese_chars?: boolean;
  readonly strip_accents?: boolean | null;
  readonly lowercase?: boolean;
}

const CONTROL = new RegExp(`[\\0\\ufffd]|(?![\\t\\n\\r${LATER_CONTROLS}])[\\p{Cc}\\p{Cf}\\p{Co}\\p{Cs}]`, 'gu');
const SPACE = /\p{White_Space}/gu;
const MARK = new RegExp(`(?![${LATER_MARKS}])[\\p{Mn}${FORMER_MARKS}]`, 'gu');
/** Blocks of ideographs that are set apart, those beyond the first plane included. */
const IDEOGRAPH =
  /[\u{4e00}-\u{9fff}\u{3400}-\u{4dbf}\u{20000}-\u{2a6df}\u{2a700}-\u{2b73f}\u{2b740}-\u{2b81f}\u{2b920}-\u{2ceaf}\u{f900}-\u{faff}\u{2f800}-\u{2fa1f}]/gu;
const decompose = unicodeNormalizer('NFD');
const ASCII_ONLY = /^[\x20-\x7e]*$/;

/**
 * The normalizer of BERT tokenizers: control characters out, white space to spaces, ideographs set apart by spaces,
 * accents off, lower case.
 *
 * Lower case is taken one character at a time, as the tokenizers of the published vectors do: a sigma at the end of a word
 * stays as it is anywhere.
 */
export function bertNormalizer(config: BertNormalizerConfig): (text: string) => string {
  const clean = config.clean_text ?? true;
  const ideographs = config.handle_chinese_chars ?? true;
  const lower = config.lowercase ?? true;
  const stripAccents = config.strip_accents ?? lower;
  return (text) => {
    if (ASCII_ONLY.test(text)) return lower ? text.toLowerCase() : text;
    let result = text;
    if (clean) result = result.replace(CONTROL, '').replace(SPACE, ' ');
    if (ideographs) result = result.replace(IDEOGRAPH, ' $& ');
    if (stripAccents) result = decompose(result).replace(MARK, '');
    return lower ? lowerEach(result) : result;
  };
}

/** Lower case of each character by itself. */
export function lowerEach(text: string): string {
  // Only a sigma is written in another way at the end of a word.
  return text.includes('\u03a3') ? Array.from(text, (char) => char.toLowerCase()).join('') : text.toLowerCase();
}
