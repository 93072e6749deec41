import { PIECE, type SentencePieceModel } from './sentencepiece-model.js';
import { TokenTrie } from './token-trie.js';

/** How much worse than the worst piece an unknown character is. */
const UNKNOWN_PENALTY = 10;
/** Where the search for the largest score starts: the smallest normal float32, as in SentencePiece. */
const SMALLEST_FLOAT = 2 ** -126;
/** What a piece that a user has defined costs, besides its length times the largest score. */
const USER_DEFINED_COST = 0.1;
const LARGEST_FLOAT = 3.4028234663852886e38;

/**
 * The Unigram segmentation of SentencePiece: the pieces with the largest sum of scores.
 *
 * Sums are rounded to float32 at every step, as SentencePiece 0.2.3 does, so that pieces whose order does not matter fall
 * the same way; of equal sums the path whose last piece begins first stays. (Up to 0.2.0 a sum was compared before it was
 * rounded: pieces side by side, such as "..." and "." in a row of five, may then come in another order.) A character without
 * a piece of its own is unknown by itself.
 */
export class SentencePieceUnigram {
  private readonly trie: TokenTrie;
  private readonly scores: Float64Array;
  private readonly unknownScore: number;

  constructor(private readonly model: SentencePieceModel) {
    const { pieces } = model;
    const isSegment = (type: number): boolean => type === PIECE.normal || type === PIECE.userDefined;
    this.trie = new TokenTrie(pieces.map(({ text, type }) => (isSegment(type) ? text : '')));
    const normal = pieces.filter(({ type }) => type === PIECE.normal);
    const least = normal.reduce((min, { score }) => Math.min(min, score), LARGEST_FLOAT);
    const largest = normal.reduce((max, { score }) => Math.max(max, score), SMALLEST_FLOAT);
    this.unknownScore = Math.fround(least - UNKNOWN_PENALTY);
    this.scores = Float64Array.from(pieces, ({ text, score, type }) =>
      type === PIECE.userDefined ? Math.fround(Buffer.byteLength(text) * largest) - USER_DEFINED_COST : score,
    );
  }

  /** Ids and texts of the pieces of a text that is ready. */
  segment(text: string): { readonly id: number; readonly text: string }[] {
    const { starts, ids } = this.bestPath(text);
    const path: { id: number; text: string }[] = [];
    for (let end = text.length; end > 0; end = starts[end]) {
      path.push({ id: ids[end], text: text.slice(starts[end], end) });
    }
    return path.reverse();
  }

  /** For every position where the last piece of the best path to it starts, and which it is. */
  private bestPath(text: string): { starts: Int32Array; ids: Int32Array } {
    const { length } = text;
    const sums = new Float32Array(length + 1);
    const starts = new Int32Array(length + 1).fill(-1);
    const ids = new Int32Array(length + 1);
    const offer = (start: number, end: number, id: number, sum: number): void => {
      if (starts[end] !== -1 && sum <= sums[end]) return;
      sums[end] = sum;
      starts[end] = start;
      ids[end] = id;
    };
    for (let start = 0; start < length;) {
      const next = start + ((text.codePointAt(start) as number) > 0xffff ? 2 : 1);
      let hasOwn = false;
      for (let at = start, node = 0; at < length;) {
        node = this.trie.step(node, text.charCodeAt(at++));
        if (node === -1) break;
        const id = this.trie.tokenAt(node);
        if (id === -1) continue;
        offer(start, at, id, Math.fround(this.scores[id] + sums[start]));
        if (at === next) hasOwn = true;
      }
      if (!hasOwn) offer(start, next, this.model.unknown, Math.fround(this.unknownScore + sums[start]));
      start = next;
    }
    return { starts, ids };
  }
}
