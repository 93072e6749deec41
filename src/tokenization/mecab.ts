import { categoryOf, isAlwaysInvoked, isKindOf, makesGroups, unknownLength } from './mecab-categories.js';
import type { MecabDictionary } from './mecab-dictionary.js';
import { WordLattice } from './word-lattice.js';
import { Utf8Text } from './utf8-text.js';

/**
 * Cuts texts into words as MeCab 0.996 does: of all ways to cut a text the one with the smallest sum of the costs of words
 * and of connections between neighbours. Of equal sums the node that was added last wins.
 *
 * White space between words is dropped; which characters are white space, and where unknown words are tried, the
 * dictionary's character categories decide. A text ends at its first U+0000.
 *
 * Source: Kudo, Yamamoto and Matsumoto 2004, "Applying conditional random fields to Japanese morphological analysis".
 */
export class Mecab {
  private readonly text: Utf8Text;
  private readonly lattice: WordLattice;
  private readonly space: number;
  /** Entries that begin at the position in hand, in the order in which they are found; unknown ones as -1 - entry. */
  private readonly tokens: number[] = [];
  private readonly ends: number[] = [];
  private found = 0;

  constructor(private readonly dictionary: MecabDictionary) {
    const { infos } = dictionary.categories;
    this.text = new Utf8Text(infos);
    this.lattice = new WordLattice(dictionary);
    this.space = infos[0x20];
  }

  /** The words of a text. */
  words(text: string): string[] {
    const nul = text.indexOf('\0');
    this.text.set(nul === -1 ? text : text.slice(0, nul));
    const { length } = this.text;
    this.lattice.begin(length);
    for (let at = 0; at < length; at++) {
      if (!this.lattice.isReached(at)) continue;
      const start = this.isSpace(at) ? this.text.runEnd(at) : at;
      if (start === length) continue;
      this.findWords(start);
      // From the last to the first: this decides between equal sums.
      for (let i = this.found - 1; i >= 0; i--) this.lattice.add(at, start, this.tokens[i], this.ends[i]);
    }
    return this.lattice.bestPath().map(({ start, end }) => this.text.slice(start, end));
  }

  private isSpace(at: number): boolean {
    return isKindOf(this.space, this.text.info(at));
  }

  /** The words that begin at a position: those of the dictionary, and unknown ones. */
  private findWords(start: number): void {
    const { text, dictionary } = this;
    this.found = 0;
    dictionary.words.prefixes(text.bytes, start, text.length, (length, token, count) => {
      for (let i = 0; i < count; i++) this.take(token + i, start + length);
    });
    const info = text.info(start);
    if (this.found > 0 && !isAlwaysInvoked(info)) return;
    const first = start + text.width(start);
    const group = makesGroups(info) ? text.runEnd(start) : -1;
    if (group !== -1 && text.runLength(start) <= dictionary.longestGroup) this.takeUnknown(info, group);
    for (let i = 1, at = first; i <= unknownLength(info) && at !== group; i++) {
      this.takeUnknown(info, at);
      if (at === text.length || !isKindOf(info, text.info(at))) break;
      at += text.width(at);
    }
    if (this.found === 0) this.takeUnknown(info, first);
  }

  private takeUnknown(info: number, end: number): void {
    const { token, count } = this.dictionary.unknownOf[categoryOf(info)];
    for (let i = 0; i < count; i++) this.take(-1 - token - i, end);
  }

  private take(token: number, end: number): void {
    this.tokens[this.found] = token;
    this.ends[this.found] = end;
    this.found += 1;
  }
}
