import { BYTE_PIECES } from './byte-pieces.js';
import { TokenTrie } from './token-trie.js';

/** How much worse than the worst piece an unknown character is. */
const UNKNOWN_PENALTY = 10;

/**
 * A Unigram model: the segmentation of a text into pieces with the largest sum of scores.
 *
 * A character that no piece covers is unknown; unknown characters side by side are one. Of equal sums the path whose last
 * piece begins first stays. With `byteFallback` an unknown stretch becomes its UTF-8 bytes as `<0xNN>` pieces where the
 * vocabulary has all of them.
 *
 * Source: Kudo 2018, arXiv 1804.10959; ties as in the Rust tokenizers.
 */
export class Unigram {
  private readonly pieces: readonly string[];
  private readonly scores: Float64Array;
  private readonly trie: TokenTrie;
  private readonly unknownScore: number;
  private readonly bytes: readonly string[] | null;

  /** @param vocabulary piece and score, in the order of ids */
  constructor(
    vocabulary: readonly (readonly [string, number])[],
    private readonly unknown: string,
    byteFallback: boolean,
  ) {
    this.pieces = vocabulary.map(([piece]) => piece);
    this.scores = Float64Array.from(vocabulary, ([, score]) => score);
    this.trie = new TokenTrie(this.pieces);
    this.unknownScore = this.scores.reduce((least, score) => Math.min(least, score), Infinity) - UNKNOWN_PENALTY;
    const known = new Set(this.pieces);
    this.bytes = byteFallback ? BYTE_PIECES.map((name) => (known.has(name) ? name : '')) : null;
  }

  /** The pieces of one stretch of text. */
  encode(text: string): string[] {
    const { from, token } = this.bestPath(text);
    const reversed: string[] = [];
    for (let end = text.length; end > 0;) {
      let start = from[end];
      if (token[end] !== -1) reversed.push(this.pieces[token[end]]);
      else {
        while (start > 0 && token[start] === -1) start = from[start];
        const pieces = this.unknownPieces(text.slice(start, end));
        for (let i = pieces.length - 1; i >= 0; i--) reversed.push(pieces[i]);
      }
      end = start;
    }
    return reversed.reverse();
  }

  /** For every position the start and the token (-1: unknown) of the last piece of the best path to it. */
  private bestPath(text: string): { from: Int32Array; token: Int32Array } {
    const { length } = text;
    const best = new Float64Array(length + 1);
    const from = new Int32Array(length + 1).fill(-1);
    const token = new Int32Array(length + 1);
    for (let start = 0; start < length;) {
      const width = (text.codePointAt(start) as number) > 0xffff ? 2 : 1;
      let single = false;
      let node = 0;
      for (let at = start; at < length;) {
        node = this.trie.step(node, text.charCodeAt(at++));
        if (node === -1) break;
        const piece = this.trie.tokenAt(node);
        if (piece === -1) continue;
        const sum = this.scores[piece] + best[start];
        if (from[at] === -1 || sum > best[at]) {
          best[at] = sum;
          from[at] = start;
          token[at] = piece;
        }
        if (at - start === width) single = true;
      }
      const end = start + width;
      if (!single) {
        const sum = this.unknownScore + best[start];
        if (from[end] === -1 || sum > best[end]) {
          best[end] = sum;
          from[end] = start;
          token[end] = -1;
        }
      }
      start = end;
    }
    return { from, token };
  }

  private unknownPieces(stretch: string): string[] {
    if (this.bytes === null) return [this.unknown];
    const { bytes } = this;
    const pieces = Array.from(new TextEncoder().encode(stretch), (byte) => bytes[byte]);
    return pieces.includes('') ? [this.unknown] : pieces;
  }
}
