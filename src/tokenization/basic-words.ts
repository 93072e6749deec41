import { splitAtSpace } from './white-space.js';

const SPACE = /[ \t\n\r\p{Zs}]/gu;
/** Characters of the category "other" (unassigned ones, too), but not the white space among them. */
const CONTROL = /(?![\t\n\r])[\0\ufffd\p{C}]/gu;
const MARK = /\p{Mn}/gu;
const PUNCTUATION = /([\p{P}\u0021-\u002f\u003a-\u0040\u005b-\u0060\u007b-\u007e])/u;

/** Settings of the `BasicTokenizer` of BERT's Python classes, without its rule for ideographs. */
export interface BasicWordSettings {
  readonly lowerCase: boolean;
  /** Words that stay as they are. */
  readonly neverSplit: ReadonlySet<string>;
}

/** Words between white space, every punctuation mark by itself; lower case takes accents off, too. */
export function basicWords({ lowerCase, neverSplit }: BasicWordSettings): (text: string) => string[] {
  return (text) => {
    const clean = text.replace(CONTROL, '').replace(SPACE, ' ').normalize('NFC');
    return splitAtSpace(clean).flatMap((word) => {
      if (neverSplit.has(word)) return [word];
      const folded = lowerCase ? word.toLowerCase().normalize('NFD').replace(MARK, '') : word;
      return folded.split(PUNCTUATION).flatMap(splitAtSpace);
    });
  };
}
