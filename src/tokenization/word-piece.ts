/** Words that are kept with their pieces; a text repeats most of its words. */
const LARGEST_CACHE = 100_000;

/**
 * A WordPiece model: each word is cut from the left into the longest pieces that the vocabulary has, pieces inside a word
 * with a prefix; a word that cannot be covered, or is too long, is one unknown token.
 */
export class WordPiece {
  private readonly cache = new Map<string, readonly string[]>();
  private readonly longest: number;

  /**
   * @param vocabulary every piece
   * @param maxCharacters code points of the longest word that is cut
   */
  constructor(
    private readonly vocabulary: ReadonlyMap<string, number>,
    private readonly unknown: string,
    private readonly prefix: string,
    private readonly maxCharacters: number,
  ) {
    let longest = 1;
    for (const piece of vocabulary.keys()) longest = Math.max(longest, piece.length);
    this.longest = longest;
  }

  /** The pieces of one word. */
  encode(word: string): readonly string[] {
    let pieces = this.cache.get(word);
    if (pieces === undefined) {
      pieces = this.cut(word);
      if (this.cache.size >= LARGEST_CACHE) this.cache.clear();
      this.cache.set(word, pieces);
    }
    return pieces;
  }

  private cut(word: string): readonly string[] {
    if (this.vocabulary.has(word) && word.length <= this.maxCharacters) return [word];
    if (word.length > this.maxCharacters && Array.from(word).length > this.maxCharacters) return [this.unknown];
    const pieces: string[] = [];
    for (let start = 0; start < word.length;) {
      const prefix = start === 0 ? '' : this.prefix;
      let end = Math.min(word.length, start + this.longest);
      let piece: string | undefined;
      for (; end > start; end--) {
        if (isInsidePair(word, end)) continue;
        const candidate = prefix + word.slice(start, end);
        if (this.vocabulary.has(candidate)) {
          piece = candidate;
          break;
        }
      }
      if (piece === undefined) return [this.unknown];
      pieces.push(piece);
      start = end;
    }
    return pieces;
  }
}

/** Whether a position lies between the two halves of one code point. */
function isInsidePair(text: string, at: number): boolean {
  return at < text.length && (text.charCodeAt(at) & 0xfc00) === 0xdc00 && (text.charCodeAt(at - 1) & 0xfc00) === 0xd800;
}
