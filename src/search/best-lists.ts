/**
 * The best k documents of many queries, each list sorted by (score descending, document ascending). The order of offers
 * never matters, and a document that is offered twice with its score stands once.
 */
export class BestLists {
  /** Row-major, shape (lists, k); entries from `lengths[list]` on are unused. */
  readonly scores: Float64Array;
  readonly documents: Int32Array;
  readonly lengths: Int32Array;

  /** @param k longest list, >= 1 */
  constructor(
    lists: number,
    readonly k: number,
  ) {
    this.scores = new Float64Array(lists * k);
    this.documents = new Int32Array(lists * k);
    this.lengths = new Int32Array(lists);
  }

  /** The score that a document must reach to have a chance: that of the last of a full list, else -Infinity. */
  threshold(list: number): number {
    return this.lengths[list] < this.k ? -Infinity : this.scores[(list + 1) * this.k - 1];
  }

  /** Puts a document in its place; false where it does not belong into the list or stands in it. */
  offer(list: number, score: number, document: number): boolean {
    const { scores, documents, k } = this;
    const first = list * k;
    const end = first + this.lengths[list];
    const at = this.place(first, end, score, document);
    if (at === first + k) return false;
    if (at < end && scores[at] === score && documents[at] === document) return false;
    const last = Math.min(end, first + k - 1);
    scores.copyWithin(at + 1, at, last);
    documents.copyWithin(at + 1, at, last);
    scores[at] = score;
    documents[at] = document;
    if (end < first + k) this.lengths[list] += 1;
    return true;
  }

  /** First entry that does not stand before (score, document). */
  private place(first: number, end: number, score: number, document: number): number {
    let low = first;
    let high = end;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const before =
        this.scores[middle] > score || (this.scores[middle] === score && this.documents[middle] < document);
      if (before) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
