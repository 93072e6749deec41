import type { CfTreeOptions } from './cf-tree.js';
import type { Subcluster } from './subcluster.js';
import { absorb, joined, subclusterOf } from './subcluster.js';

const { fround } = Math;

/** A node of the clustering feature tree; leaves form a list in which both halves of a split take the place of the whole. */
export class CfNode {
  readonly entries: Subcluster[] = [];
  /** Centres of the entries once more, in one piece; shape (branchingFactor + 1, dims). */
  private readonly centres: Float32Array;
  private readonly squaredNorms: Float64Array;
  private previous: CfNode | undefined;
  private following: CfNode | undefined;

  constructor(
    private readonly dims: number,
    private readonly options: CfTreeOptions,
    private readonly isLeaf: boolean,
  ) {
    this.centres = new Float32Array((options.branchingFactor + 1) * dims);
    this.squaredNorms = new Float64Array(options.branchingFactor + 1);
  }

  /** The next leaf. */
  get next(): CfNode | undefined {
    return this.following;
  }

  /** Puts a leaf behind this one. */
  insertAfterSelf(leaf: CfNode): void {
    leaf.previous = this;
    leaf.following = this.following;
    if (this.following !== undefined) this.following.previous = leaf;
    this.following = leaf;
  }

  append(entry: Subcluster): void {
    this.entries.push(entry);
    this.show(this.entries.length - 1);
  }

  /**
   * Puts a row into the nearest subcluster below.
   *
   * @returns whether this node has now too many entries and must be split
   */
  insert(row: Subcluster): boolean {
    if (this.entries.length === 0) {
      this.append(row);
      return false;
    }
    const at = this.nearest(row.centre);
    const entry = this.entries[at];
    if (entry.child === undefined) {
      const { whole, squaredRadius } = joined(entry, row);
      const isMerged = squaredRadius <= this.options.threshold ** 2;
      this.options.onDecision?.(squaredRadius, isMerged);
      if (isMerged) this.entries[at] = whole;
      else this.append(row);
      this.show(at);
    } else if (entry.child.insert(row)) {
      const [first, second] = entry.child.split();
      this.entries[at] = first;
      this.show(at);
      this.append(second);
    } else {
      absorb(entry, row);
      this.show(at);
    }
    return this.entries.length > this.options.branchingFactor;
  }

  /**
   * Two nodes around the two entries that lie farthest apart; an entry as near to both goes to the second.
   *
   * Distances are rounded to float32, which makes ties.
   */
  split(): [Subcluster, Subcluster] {
    const count = this.entries.length;
    const distances = this.squaredDistances();
    let farthest = 0;
    for (let at = 1; at < distances.length; at++) if (distances[at] > distances[farthest]) farthest = at;
    const [first, second] = [Math.floor(farthest / count), farthest % count];
    const halves = [0, 1].map(() => new CfNode(this.dims, this.options, this.isLeaf));
    this.entries.forEach((entry, i) => {
      const isNearFirst = i === first || distances[first * count + i] < distances[second * count + i];
      halves[isNearFirst ? 0 : 1].append(entry);
    });
    if (this.isLeaf) this.replaceInList(halves[0], halves[1]);
    return [subclusterOf(halves[0], this.dims), subclusterOf(halves[1], this.dims)];
  }

  /** Copies the centre of an entry to where `nearest` looks. */
  private show(at: number): void {
    this.centres.set(this.entries[at].centre, at * this.dims);
    this.squaredNorms[at] = this.entries[at].squaredNorm;
  }

  private replaceInList(first: CfNode, second: CfNode): void {
    this.previous?.insertAfterSelf(first);
    first.insertAfterSelf(second);
    second.following = this.following;
    if (this.following !== undefined) this.following.previous = second;
  }

  /** The entry with the smallest |c|² - 2 c·x, rounded to float32; the first of equal ones. */
  private nearest(x: Float32Array): number {
    const count = this.entries.length;
    const dots = productsWith(x, this.centres, count);
    let [least, at] = [Infinity, 0];
    for (let i = 0; i < count; i++) {
      const distance = fround(-2 * fround(dots[i]) + this.squaredNorms[i]);
      if (distance < least) [least, at] = [distance, i];
    }
    return at;
  }

  /** Squared distances of all pairs of centres, rounded to float32; shape (entries, entries). */
  private squaredDistances(): Float32Array {
    const count = this.entries.length;
    const norms = this.entries.map(({ centre }) => productsWith(centre, centre, 1)[0]);
    const distances = new Float32Array(count * count);
    this.entries.forEach(({ centre }, i) => {
      const dots = productsWith(centre, this.centres, i);
      for (let j = 0; j < i; j++) {
        const distance = Math.max(norms[i] + norms[j] - 2 * dots[j], 0);
        distances[i * count + j] = distance;
        distances[j * count + i] = distance;
      }
    });
    return distances;
  }
}

/** Products of a row with the first `count` rows of a matrix, summed in float64: four at a time. */
function productsWith(x: Float32Array, rows: Float32Array, count: number): Float64Array {
  const dims = x.length;
  const dots = new Float64Array(count);
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    let [a, b, c, d] = [0, 0, 0, 0];
    let at = i * dims;
    for (let k = 0; k < dims; k++, at++) {
      const value = x[k];
      a += value * rows[at];
      b += value * rows[at + dims];
      c += value * rows[at + 2 * dims];
      d += value * rows[at + 3 * dims];
    }
    dots[i] = a;
    dots[i + 1] = b;
    dots[i + 2] = c;
    dots[i + 3] = d;
  }
  for (; i < count; i++) {
    let sum = 0;
    for (let k = 0; k < dims; k++) sum += x[k] * rows[i * dims + k];
    dots[i] = sum;
  }
  return dots;
}
