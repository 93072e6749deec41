import { LATER_CANONICAL, LATER_COMBINING, LATER_COMPATIBILITY } from './later-characters.js';

/** Characters that each form leaves as they are, and that nothing is moved or joined across. */
const KEPT = {
  NFC: LATER_COMBINING,
  NFD: LATER_COMBINING + LATER_CANONICAL,
  NFKC: LATER_COMBINING + LATER_COMPATIBILITY,
  NFKD: LATER_COMBINING + LATER_CANONICAL + LATER_COMPATIBILITY,
} as const;

/** A Unicode normalization by the tables of the Rust tokenizers, which are older than those of JavaScript. */
export function unicodeNormalizer(form: keyof typeof KEPT): (text: string) => string {
  const kept = new RegExp(`([${KEPT[form]}]+)`, 'u');
  return (text) => {
    if (!kept.test(text)) return text.normalize(form);
    const parts = text.split(kept);
    return parts.map((part, i) => (i % 2 === 1 ? part : part.normalize(form))).join('');
  };
}
