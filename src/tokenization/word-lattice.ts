import type { MecabDictionary } from './mecab-dictionary.js';

/** The node before the first word. */
const FIRST = 0;
const NONE = -1;
/** The id, on either side, of where a text begins and ends. */
const EDGE_ID = 0;
/** Room for nodes that is kept from text to text. */
const KEPT_NODES = 1 << 20;
const LARGEST_STAMP = 2 ** 31 - 2;

/**
 * The words that a text may have, each joined to the best one before it. One object serves many texts.
 *
 * Nodes lie in flat arrays; those that end at one position are a list, the last one first.
 */
export class WordLattice {
  private readonly leftIds: number;
  private rightIds = new Uint16Array(0);
  private costs = new Float64Array(0);
  private previous = new Int32Array(0);
  private starts = new Int32Array(0);
  private ends = new Int32Array(0);
  private nextEnding = new Int32Array(0);
  private nodes = 0;
  /** The node that was last found to end at a position. */
  private lastEnding = new Int32Array(0);
  private length = 0;

  // The best node before the position in hand, by left id of the node behind; valid where the stamp is that of the position.
  private readonly best: Int32Array;
  private readonly stamps: Int32Array;
  private stamp = 0;
  private position = NONE;

  constructor(private readonly dictionary: MecabDictionary) {
    this.leftIds = dictionary.words.leftIds;
    this.best = new Int32Array(dictionary.words.rightIds);
    this.stamps = new Int32Array(dictionary.words.rightIds);
  }

  /** Starts a text of so many bytes. */
  begin(length: number): void {
    if (this.lastEnding.length <= length) this.lastEnding = new Int32Array(2 * length + 64);
    this.lastEnding.fill(NONE, 0, length + 1);
    this.length = length;
    this.position = NONE;
    if (this.costs.length > KEPT_NODES) this.resize(KEPT_NODES);
    this.reserve();
    this.rightIds[FIRST] = EDGE_ID;
    this.costs[FIRST] = 0;
    this.previous[FIRST] = NONE;
    this.nextEnding[FIRST] = NONE;
    this.lastEnding[0] = FIRST;
    this.nodes = 1;
  }

  /** Whether a word ends at a position (or the text begins there). */
  isReached(at: number): boolean {
    return this.lastEnding[at] !== NONE;
  }

  /**
   * Adds a word.
   *
   * @param at where the words before it end, in ascending order from call to call
   * @param start where it begins, behind white space
   * @param token its entry; one of unknown words as -1 - entry
   * @param end where it ends, > at
   */
  add(at: number, start: number, token: number, end: number): void {
    const known = token >= 0;
    const lexicon = known ? this.dictionary.words : this.dictionary.unknown;
    const entry = known ? token : -1 - token;
    const leftId = lexicon.leftId(entry);
    const before = this.bestBefore(at, leftId);
    this.reserve();
    const node = this.nodes++;
    this.rightIds[node] = lexicon.rightId(entry);
    this.costs[node] = this.costs[before] + this.connection(before, leftId) + lexicon.cost(entry);
    this.previous[node] = before;
    this.starts[node] = start;
    this.ends[node] = end;
    this.nextEnding[node] = this.lastEnding[end];
    this.lastEnding[end] = node;
  }

  /** The words with the smallest sum of costs, as byte ranges. */
  bestPath(): { readonly start: number; readonly end: number }[] {
    let end = this.length;
    // White space at the end belongs to no word.
    while (this.lastEnding[end] === NONE) end -= 1;
    const path: { start: number; end: number }[] = [];
    this.position = NONE;
    for (let node = this.bestBefore(end, EDGE_ID); node !== FIRST; node = this.previous[node]) {
      path.push({ start: this.starts[node], end: this.ends[node] });
    }
    return path.reverse();
  }

  private bestBefore(at: number, leftId: number): number {
    if (at !== this.position) this.moveTo(at);
    if (this.stamps[leftId] === this.stamp) return this.best[leftId];
    const { connections } = this.dictionary;
    const { costs, rightIds, nextEnding } = this;
    const row = this.leftIds * leftId;
    let best = NONE;
    let least = Infinity;
    for (let node = this.lastEnding[at]; node !== NONE; node = nextEnding[node]) {
      const cost = costs[node] + connections[row + rightIds[node]];
      if (cost < least) {
        least = cost;
        best = node;
      }
    }
    this.best[leftId] = best;
    this.stamps[leftId] = this.stamp;
    return best;
  }

  private connection(before: number, leftId: number): number {
    return this.dictionary.connections[this.leftIds * leftId + this.rightIds[before]];
  }

  private moveTo(at: number): void {
    this.position = at;
    this.stamp += 1;
    if (this.stamp < LARGEST_STAMP) return;
    this.stamps.fill(0);
    this.stamp = 1;
  }

  private reserve(): void {
    if (this.nodes >= this.costs.length) this.resize(Math.max(1024, 2 * this.costs.length));
  }

  private resize(size: number): void {
    const copy = <A extends Uint16Array | Int32Array | Float64Array>(from: A, to: A): A => {
      to.set(from.subarray(0, Math.min(size, this.nodes)));
      return to;
    };
    this.rightIds = copy(this.rightIds, new Uint16Array(size));
    this.costs = copy(this.costs, new Float64Array(size));
    this.previous = copy(this.previous, new Int32Array(size));
    this.starts = copy(this.starts, new Int32Array(size));
    this.ends = copy(this.ends, new Int32Array(size));
    this.nextEnding = copy(this.nextEnding, new Int32Array(size));
  }
}
