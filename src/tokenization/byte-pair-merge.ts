import { Heap } from '../numeric/heap.js';

/** Bytes of the longest piece that a vocabulary of OpenAI holds; longer pairs need not be looked up. */
const LONGEST_PIECE = 128;
/** Positions in a text are below this, so that rank and position fit into one exact number. */
const POSITIONS = 2 ** 32;

/**
 * Byte pair encoding: of all neighbours that make a piece together, the pair of the smallest rank is joined first, of equal
 * ones the leftmost, until no two make a piece.
 *
 * A heap of pairs keeps the time near the length of the text, where a search for the smallest rank before every join would
 * take its square: Japanese is written without spaces, so that one word can be a whole document.
 *
 * @param bytes as a string of one character a byte; not empty
 * @param ranks of pieces, written in the same way; holds every single byte
 * @returns the rank of each piece of the text
 */
export function mergeBytePairs(bytes: string, ranks: ReadonlyMap<string, number>): number[] {
  const whole = ranks.get(bytes);
  if (whole !== undefined) return [whole];
  const count = bytes.length;
  const ends = Int32Array.from({ length: count }, (_, at) => at + 1);
  const previous = Int32Array.from({ length: count }, (_, at) => at - 1);
  const queue = new Heap<number>((a, b) => a < b);
  /** Rank of the pair that begins here; -1 for none. */
  const pairs = new Int32Array(count).fill(-1);
  const look = (at: number): void => {
    const middle = ends[at];
    const end = middle < count ? ends[middle] : Infinity;
    const rank = end - at <= LONGEST_PIECE ? ranks.get(bytes.slice(at, end)) : undefined;
    pairs[at] = rank ?? -1;
    if (rank !== undefined) queue.push(rank * POSITIONS + at);
  };
  for (let at = 0; at < count - 1; at++) look(at);
  for (let key = queue.pop(); key !== undefined; key = queue.pop()) {
    const at = key % POSITIONS;
    // An entry is out of date where its pair has changed since.
    if (pairs[at] !== (key - at) / POSITIONS) continue;
    const middle = ends[at];
    pairs[middle] = -1;
    ends[at] = ends[middle];
    if (ends[at] < count) previous[ends[at]] = at;
    look(at);
    if (previous[at] >= 0) look(previous[at]);
  }
  const found: number[] = [];
  for (let at = 0; at < count; at = ends[at]) found.push(ranks.get(bytes.slice(at, ends[at])) as number);
  return found;
}
