import { Heap } from '../numeric/heap.js';
import { BYTE_PIECES } from './byte-pieces.js';
import { PairTable } from './pair-table.js';

/** Words that are kept with their ids; a text repeats most of its words. */
const LARGEST_CACHE = 100_000;
/** Longer words are not kept: they hardly come again. */
const LONGEST_CACHED = 256;
/** Positions in a word are below this, so that rank and position fit into one exact number. */
const POSITIONS = 2 ** 32;

/** Settings of a `BPE` model in tokenizer.json. */
export interface BytePairSettings {
  /** Token for what the vocabulary lacks; without one it is left out. */
  readonly unknown: string | null;
  /** Unknown characters side by side are one token. */
  readonly fuseUnknown: boolean;
  /** What the vocabulary lacks becomes pieces of its bytes, where all of them are there. */
  readonly byteFallback: boolean;
  /** A word that is a piece is taken as it is. */
  readonly ignoreMerges: boolean;
  /** Stands before the pieces inside a word, and behind the last one. */
  readonly prefix: string;
  readonly suffix: string;
}

/**
 * Byte pair encoding by a list of merges: of all neighbours that the list names, the pair that it names first is joined
 * first, of equal ones the leftmost.
 *
 * A heap of pairs keeps the time near the length of the word, and a word can be a whole document.
 */
export class BytePairEncoding {
  private readonly table: PairTable;
  /** The id of what each merge makes. */
  private readonly merged: Int32Array;
  private readonly cache = new Map<string, readonly number[]>();
  private readonly unknownId: number | undefined;
  private readonly byteIds: readonly (number | undefined)[];

  /**
   * @param merges pairs of pieces, best first
   * @throws RangeError when a merge names or makes what is no piece
   */
  constructor(
    private readonly vocabulary: ReadonlyMap<string, number>,
    merges: readonly (readonly [string, string])[],
    private readonly settings: BytePairSettings,
  ) {
    this.unknownId = settings.unknown === null ? undefined : this.idOf(settings.unknown);
    this.byteIds = settings.byteFallback ? BYTE_PIECES.map((piece) => vocabulary.get(piece)) : [];
    this.table = new PairTable(merges.length);
    this.merged = new Int32Array(merges.length);
    for (const [rank, [left, right]] of merges.entries()) {
      this.table.set(this.idOf(left), this.idOf(right), rank);
      this.merged[rank] = this.idOf(left + right.slice(settings.prefix.length));
    }
  }

  /** The ids of one word. */
  encode(word: string): readonly number[] {
    if (this.settings.ignoreMerges) {
      const whole = this.vocabulary.get(word);
      if (whole !== undefined) return [whole];
    }
    let ids = this.cache.get(word);
    if (ids !== undefined) return ids;
    ids = this.join(this.symbols(word));
    if (word.length >= LONGEST_CACHED) return ids;
    if (this.cache.size >= LARGEST_CACHE) this.cache.clear();
    this.cache.set(word, ids);
    return ids;
  }

  private idOf(piece: string): number {
    const id = this.vocabulary.get(piece);
    if (id === undefined) throw new RangeError(`${JSON.stringify(piece)} is used, but is no piece of "vocab"`);
    return id;
  }

  /** The ids of a word's characters, before any are joined. */
  private symbols(word: string): number[] {
    const { prefix, suffix, fuseUnknown } = this.settings;
    const ids: number[] = [];
    /** Whether an unknown character waits: it is written before the next known one, as in the Rust tokenizers. */
    let isWaiting = false;
    let at = 0;
    for (const char of word) {
      const isFirst = at === 0;
      at += char.length;
      const piece = (isFirst ? '' : prefix) + char + (at === word.length ? suffix : '');
      const id = this.vocabulary.get(piece);
      if (id !== undefined) {
        if (isWaiting) ids.push(this.unknownId as number);
        isWaiting = false;
        ids.push(id);
        continue;
      }
      const bytes = this.bytesOf(piece);
      if (bytes !== undefined) {
        for (const byte of bytes) ids.push(byte);
      } else if (this.unknownId !== undefined) {
        if (isWaiting && !fuseUnknown) ids.push(this.unknownId);
        isWaiting = true;
      }
    }
    if (isWaiting) ids.push(this.unknownId as number);
    return ids;
  }

  private bytesOf(piece: string): number[] | undefined {
    if (this.byteIds.length === 0) return undefined;
    const ids: number[] = [];
    for (const byte of Buffer.from(piece, 'utf8')) {
      const id = this.byteIds[byte];
      if (id === undefined) return undefined;
      ids.push(id);
    }
    return ids;
  }

  private join(ids: number[]): number[] {
    const count = ids.length;
    if (count < 2) return ids;
    const next = Int32Array.from(ids, (_, at) => at + 1);
    const previous = Int32Array.from(ids, (_, at) => at - 1);
    const queue = new Heap<number>((a, b) => a < b);
    const look = (at: number): void => {
      const rank = this.table.get(ids[at], ids[next[at]]);
      if (rank !== -1) queue.push(rank * POSITIONS + at);
    };
    for (let at = 0; at < count - 1; at++) look(at);
    for (let key = queue.pop(); key !== undefined; key = queue.pop()) {
      const at = key % POSITIONS;
      const right = next[at];
      if (ids[at] === -1 || right >= count) continue;
      const made = this.merged[(key - at) / POSITIONS];
      const rank = this.table.get(ids[at], ids[right]);
      // An entry is out of date where its pair makes something else by now.
      if (rank === -1 || this.merged[rank] !== made) continue;
      ids[at] = made;
      ids[right] = -1;
      next[at] = next[right];
      if (next[at] < count) {
        previous[next[at]] = at;
        look(at);
      }
      if (previous[at] >= 0) look(previous[at]);
    }
    return ids.filter((id) => id !== -1);
  }
}
