import { BYTE_PIECES } from './byte-pieces.js';
import { SentencePieceBpe } from './sentencepiece-bpe.js';
import { PIECE, readSentencePieceModel } from './sentencepiece-model.js';
import { sentencePieceNormalizer } from './sentencepiece-normalizer.js';
import { SentencePieceUnigram } from './sentencepiece-unigram.js';
import { longestTokenAt, TokenTrie } from './token-trie.js';

const encoder = new TextEncoder();

/** A SentencePiece model: texts to pieces, and pieces to ids, as the C++ library gives them. */
export class SentencePiece {
  /** Pieces in the order of ids. */
  readonly pieces: readonly string[];
  /** The id of what the model does not know. */
  readonly unknown: number;
  private readonly ids = new Map<string, number>();
  private readonly normalize: (text: string) => string;
  private readonly segment: (text: string) => { readonly id: number; readonly text: string }[];
  /** Whether what it does not know becomes bytes. */
  readonly byteFallback: boolean;

  /**
   * @param bytes of the model file
   * @throws FileFault when they are none
   */
  constructor(bytes: Uint8Array) {
    const model = readSentencePieceModel(bytes);
    this.pieces = model.pieces.map(({ text }) => text);
    this.unknown = model.unknown;
    this.byteFallback = model.byteFallback;
    const isReserved = (type: number): boolean =>
      type === PIECE.control || type === PIECE.unknown || type === PIECE.byte;
    // Where a text is a piece of both kinds, the reserved one has the name.
    for (const reserved of [false, true]) {
      for (const [id, { text, type }] of model.pieces.entries()) {
        if (isReserved(type) === reserved) this.ids.set(text, id);
      }
    }
    const userDefined = model.pieces.filter(({ type }) => type === PIECE.userDefined).map(({ text }) => text);
    const trie = new TokenTrie(userDefined);
    const userDefinedAt = (text: string, start: number): number =>
      userDefined.length === 0 ? 0 : longestTokenAt(trie, text, start);
    this.normalize = sentencePieceNormalizer(model, userDefinedAt);
    const kind = model.kind === 'bpe' ? new SentencePieceBpe(model, userDefinedAt) : new SentencePieceUnigram(model);
    this.segment = (text) => kind.segment(text);
  }

  /** The pieces of a text; unknown characters side by side are one, as they stand, or their bytes. */
  encode(text: string): string[] {
    const result: string[] = [];
    let isBehindUnknown = false;
    for (const { id, text: piece } of this.segment(this.normalize(text))) {
      const isUnknown = id === this.unknown;
      if (isUnknown && this.byteFallback) for (const byte of encoder.encode(piece)) result.push(BYTE_PIECES[byte]);
      else if (isUnknown && isBehindUnknown) result[result.length - 1] += piece;
      else result.push(piece);
      isBehindUnknown = isUnknown;
    }
    return result;
  }

  /** The id of a piece, or that of the unknown one. */
  idOf(piece: string): number {
    return this.ids.get(piece) ?? this.unknown;
  }
}
