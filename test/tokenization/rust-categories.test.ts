import { expect, it } from 'vitest';
import type { Normalizer, PreTokenizer } from 'tokenizers';
import { bertNormalizer } from '../../src/tokenization/bert-normalizer.js';
import { bertPreTokenizer, whitespaceSplit, type PreTokenize } from '../../src/tokenization/pre-tokenizers.js';
import { lowerEach } from '../../src/tokenization/bert-normalizer.js';
import { unicodeNormalizer } from '../../src/tokenization/unicode-normalizer.js';
import { describeRust } from './rust-tokenizers.js';

/** The version of Unicode in Node for which later characters are listed: a newer one may know more of them. */
const UNICODE = '17.0';
/** Every code point in the full run; otherwise every so many, and all up to U+33FF. */
const STEP = process.env.JMTEB_TEST_FULL === '1' ? 1 : 61;
const EVERY_UP_TO = 0x3400;

/** Texts of one character each, all of them between letters. */
function characters(): string[] {
  const found: string[] = [];
  for (let code = 0; code < 0x11_0000; code += code < EVERY_UP_TO ? 1 : STEP) {
    if (code < 0xd800 || code > 0xdfff) found.push(String.fromCodePoint(code));
  }
  return found;
}

const isLikeThis = process.versions.unicode === UNICODE;

describeRust('what the Rust tokenizers hold a character for', (library) => {
  const only = { cleanText: false, handleChineseChars: false, stripAccents: false, lowercase: false };
  const own = { clean_text: false, handle_chinese_chars: false, strip_accents: false, lowercase: false };
  const normalizers: Record<string, [Normalizer, (text: string) => string]> = {
    'control characters': [
      library.bertNormalizer({ ...only, cleanText: true }),
      bertNormalizer({ ...own, clean_text: true }),
    ],
    ideographs: [
      library.bertNormalizer({ ...only, handleChineseChars: true }),
      bertNormalizer({ ...own, handle_chinese_chars: true }),
    ],
    accents: [library.bertNormalizer({ ...only, stripAccents: true }), bertNormalizer({ ...own, strip_accents: true })],
    'upper case': [library.lowercase(), lowerEach],
    NFC: [library.nfcNormalizer(), unicodeNormalizer('NFC')],
    NFD: [library.nfdNormalizer(), unicodeNormalizer('NFD')],
    NFKC: [library.nfkcNormalizer(), unicodeNormalizer('NFKC')],
    NFKD: [library.nfkdNormalizer(), unicodeNormalizer('NFKD')],
  };
  for (const [name, [rust, ours]] of Object.entries(normalizers)) {
    it.skipIf(!isLikeThis)(`is what we hold it for: ${name} (with Unicode ${UNICODE} in Node)`, () => {
      // A mark before and one behind show how others are put in order.
      const texts = characters().flatMap((char) => [`a${char}b`, `q${char}\u0334`, `q\u0301${char}`]);
      expect(texts.filter((text) => rust.normalizeString(text) !== ours(text)).map(codes)).toEqual([]);
    });
  }

  const preTokenizers: Record<string, [PreTokenizer, PreTokenize]> = {
    punctuation: [library.bertPreTokenizer(), bertPreTokenizer],
    'white space': [library.whitespaceSplitPreTokenizer(), whitespaceSplit],
  };
  for (const [name, [rust, ours]] of Object.entries(preTokenizers)) {
    it.skipIf(!isLikeThis)(`is what we hold it for: ${name} (with Unicode ${UNICODE} in Node)`, () => {
      const wordsOf = (text: string): string[] => rust.preTokenizeString(text).map(([word]) => word);
      const texts = characters().map((char) => `a${char}b`);
      expect(texts.filter((text) => wordsOf(text).join('\0') !== ours(text, true).join('\0')).map(codes)).toEqual([]);
    });
  }
});

function codes(text: string): string {
  return Array.from(text, (char) => (char.codePointAt(0) as number).toString(16)).join(' ');
}
