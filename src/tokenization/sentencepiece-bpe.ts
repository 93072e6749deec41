import { Heap } from '../numeric/heap.js';
import { PIECE, type SentencePieceModel } from './sentencepiece-model.js';

/** Two neighbours that make a piece together. */
interface Merge {
  readonly left: number;
  readonly right: number;
  readonly score: number;
  readonly length: number;
}

/**
 * The BPE segmentation of SentencePiece: of all neighbours that make a piece together, those with the largest score are
 * joined first, of equal ones those farthest to the left. Unused pieces help on the way and are taken apart at the end.
 */
export class SentencePieceBpe {
  private readonly ids = new Map<string, number>();

  constructor(
    private readonly model: SentencePieceModel,
    /** Length of the user-defined piece at a place of a text, 0 for none: it is joined to nothing. */
    private readonly userDefinedAt: (text: string, start: number) => number,
  ) {
    for (const [id, { text, type }] of model.pieces.entries()) {
      if (type === PIECE.normal || type === PIECE.userDefined || type === PIECE.unused) this.ids.set(text, id);
    }
  }

  /** Ids and texts of the pieces of a text that is ready. */
  segment(text: string): { readonly id: number; readonly text: string }[] {
    const symbols = this.symbolsOf(text);
    const queue = new Heap<Merge>(isBefore);
    const parts = new Map<string, readonly [string, string]>();
    const offer = (left: number, right: number): void => {
      if (left === -1 || right === -1 || symbols.isFrozen[left] || symbols.isFrozen[right]) return;
      const joined = text.slice(symbols.starts[left], symbols.ends[right]);
      const id = this.ids.get(joined);
      if (id === undefined) return;
      const { score, type } = this.model.pieces[id];
      queue.push({ left, right, score, length: joined.length });
      if (type !== PIECE.unused) return;
      const middle = symbols.ends[left];
      parts.set(joined, [text.slice(symbols.starts[left], middle), text.slice(middle, symbols.ends[right])]);
    };
    for (let i = 1; i < symbols.starts.length; i++) offer(i - 1, i);
    for (let merge = queue.pop(); merge !== undefined; merge = queue.pop()) {
      const { left, right, length } = merge;
      // One of them may have been joined to something else in the meantime.
      if (symbols.isEmpty(left) || symbols.isEmpty(right)) continue;
      if (symbols.ends[right] - symbols.starts[left] !== length) continue;
      symbols.join(left, right);
      offer(symbols.previous[left], left);
      offer(left, symbols.next[left]);
    }
    const result: { id: number; text: string }[] = [];
    for (let i = symbols.starts.length === 0 ? -1 : 0; i !== -1; i = symbols.next[i]) {
      this.takeApart(text.slice(symbols.starts[i], symbols.ends[i]), parts, result);
    }
    return result;
  }

  private takeApart(
    text: string,
    parts: ReadonlyMap<string, readonly [string, string]>,
    into: { id: number; text: string }[],
  ): void {
    const id = this.ids.get(text) ?? this.model.unknown;
    const halves = this.model.pieces[id].type === PIECE.unused ? parts.get(text) : undefined;
    if (halves === undefined) into.push({ id, text });
    else for (const half of halves) this.takeApart(half, parts, into);
  }

  private symbolsOf(text: string): Symbols {
    const symbols = new Symbols();
    for (let start = 0; start < text.length;) {
      const own = this.userDefinedAt(text, start);
      const end = start + (own > 0 ? own : (text.codePointAt(start) as number) > 0xffff ? 2 : 1);
      symbols.push(start, end, own > 0);
      start = end;
    }
    return symbols;
  }
}

/** Stretches of a text, each linked to its neighbours. */
class Symbols {
  readonly starts: number[] = [];
  readonly ends: number[] = [];
  readonly previous: number[] = [];
  readonly next: number[] = [];
  readonly isFrozen: boolean[] = [];

  push(start: number, end: number, frozen: boolean): void {
    const i = this.starts.length;
    if (i > 0) this.next[i - 1] = i;
    this.starts.push(start);
    this.ends.push(end);
    this.previous.push(i - 1);
    this.next.push(-1);
    this.isFrozen.push(frozen);
  }

  isEmpty(symbol: number): boolean {
    return this.ends[symbol] === this.starts[symbol];
  }

  /** The left one takes in the right one, which becomes empty. */
  join(left: number, right: number): void {
    this.ends[left] = this.ends[right];
    this.next[left] = this.next[right];
    if (this.next[right] !== -1) this.previous[this.next[right]] = left;
    this.ends[right] = this.starts[right];
  }
}

/** The largest score first, of equal ones the one farthest to the left. */
function isBefore(a: Merge, b: Merge): boolean {
  return a.score > b.score || (a.score === b.score && a.left < b.left);
}
