/** Up to this many smallest values are found by selection; NumPy's bound. */
const FEW = 3;
/** Ranges shorter than this take the median of three, longer ones may take the median of medians. */
const SHORT = 5;

/**
 * Positions of the k smallest values, as the first k of NumPy's `argpartition(values, k - 1)`: with equal values, which of
 * them are taken, and in which order, are NumPy's too.
 *
 * For k <= 3 a selection sort: for i = 0 .. k - 1 the first smallest of positions i .. n - 1 changes places with the one at
 * i. The change moves position i to the back of its equals, so "lowest index first" is not the rule. For k >= 4 introselect:
 * quickselect around the median of three, after too many rounds around the median of medians; k = n only puts the last of
 * the largest at the end.
 *
 * @param values no NaN; shape (n,); not changed when it returns
 * @param k 1 <= k <= n
 * @param order room for n positions, overwritten; its first k are the answer
 * Source: Musser, "Introspective sorting and selection algorithms", 1997; NumPy 1.26, `argpartition`.
 */
export function argpartition(values: Float32Array, k: number, order = new Int32Array(values.length)): Int32Array {
  const n = values.length;
  if (!(Number.isInteger(k) && k >= 1 && k <= n)) throw new RangeError(`the ${k} smallest of ${n} values`);
  if (k <= FEW) return selectFew(values, k, order);
  for (let i = 0; i < n; i++) order[i] = i;
  new Selection(values, order).place(0, n, k - 1);
  return order.subarray(0, k);
}

/**
 * The selection sort of few values, on the values themselves, which are put back in the end: several times as fast as
 * through an order.
 */
function selectFew(values: Float32Array, k: number, order: Int32Array): Int32Array {
  const partners: number[] = [];
  for (let i = 0; i < k; i++) {
    const at = firstSmallest(values, i);
    let origin = at;
    for (let t = i - 1; t >= 0; t--) if (partners[t] === origin) origin = t;
    order[i] = origin;
    partners.push(at);
    exchange(values, i, at);
  }
  for (let i = k - 1; i >= 0; i--) exchange(values, i, partners[i]);
  return order.subarray(0, k);
}

function firstSmallest(values: Float32Array, from: number): number {
  let at = from;
  let smallest = values[from];
  for (let j = from + 1; j < values.length; j++) {
    if (values[j] < smallest) {
      smallest = values[j];
      at = j;
    }
  }
  return at;
}

function exchange(values: Float32Array, a: number, b: number): void {
  const value = values[a];
  values[a] = values[b];
  values[b] = value;
}

/** Values seen through an order that is rearranged. */
class Selection {
  constructor(
    private readonly values: Float32Array,
    private readonly order: Int32Array,
  ) {}

  /** Brings the value of rank `rank` among `count` ones from `base` on to its place, smaller ones before it. */
  place(base: number, count: number, rank: number): void {
    if (rank < FEW) this.selectFirst(base, count, rank + 1);
    else if (rank === count - 1) this.moveLargestLast(base, count);
    else this.introselect(base, base + count - 1, base + rank);
  }

  private selectFirst(base: number, count: number, k: number): void {
    const { values, order } = this;
    const end = base + count;
    for (let i = base; i < base + k; i++) {
      let at = i;
      let smallest = values[order[i]];
      for (let j = i + 1; j < end; j++) {
        const value = values[order[j]];
        if (value < smallest) {
          smallest = value;
          at = j;
        }
      }
      this.swap(i, at);
    }
  }

  private moveLargestLast(base: number, count: number): void {
    let largest = base;
    for (let j = base + 1; j < base + count; j++) if (this.at(j) >= this.at(largest)) largest = j;
    this.swap(base + count - 1, largest);
  }

  private introselect(first: number, last: number, target: number): void {
    let low = first;
    let high = last;
    let rounds = 2 * Math.floor(Math.log2(last - first + 1));
    while (low + 1 < high) {
      // Where the partition starts from: the median of three leaves sentinels at both ends, so it starts inside them.
      let [left, right] = [low + 1, high];
      if (rounds > 0 || right - left < SHORT) {
        this.medianOfThreeToLow(low, high);
      } else {
        this.medianOfMediansToLow(low, left, right);
        left--;
        right++;
      }
      rounds--;
      const middle = this.partition(low, left, right);
      if (middle >= target) high = middle - 1;
      if (middle <= target) low = this.leftEnd;
    }
    if (high === low + 1 && this.at(high) < this.at(low)) this.swap(high, low);
  }

  /** Where the left side of the last partition ended. */
  private leftEnd = 0;

  /** Splits around the value at `low`; returns where that value comes to stand. */
  private partition(low: number, leftStart: number, rightStart: number): number {
    const pivot = this.at(low);
    let left = leftStart;
    let right = rightStart;
    for (;;) {
      do left++;
      while (this.at(left) < pivot);
      do right--;
      while (pivot < this.at(right));
      if (right < left) break;
      this.swap(left, right);
    }
    this.swap(low, right);
    this.leftEnd = left;
    return right;
  }

  /** Median to `low`, smallest to `low + 1`, largest to `high`. */
  private medianOfThreeToLow(low: number, high: number): void {
    const middle = low + Math.floor((high - low) / 2);
    if (this.at(high) < this.at(middle)) this.swap(high, middle);
    if (this.at(high) < this.at(low)) this.swap(high, low);
    if (this.at(low) < this.at(middle)) this.swap(low, middle);
    this.swap(middle, low + 1);
  }

  private medianOfMediansToLow(low: number, left: number, right: number): void {
    const groups = Math.floor((right - left) / SHORT);
    for (let i = 0; i < groups; i++) {
      const group = left + SHORT * i;
      this.swap(group + this.medianOfFive(group), left + i);
    }
    const middle = Math.floor(groups / 2);
    if (groups > 2) this.place(left, groups, middle);
    this.swap(left + middle, low);
  }

  /** Offset of the median of five values, which are partly sorted on the way. */
  private medianOfFive(base: number): number {
    for (const [a, b] of FIVE_EXCHANGES) if (this.at(base + a) < this.at(base + b)) this.swap(base + a, base + b);
    if (!(this.at(base + 3) < this.at(base + 2))) return 2;
    return this.at(base + 3) < this.at(base + 1) ? 1 : 3;
  }

  private at(position: number): number {
    return this.values[this.order[position]];
  }

  private swap(a: number, b: number): void {
    const { order } = this;
    [order[a], order[b]] = [order[b], order[a]];
  }
}

/** Pairs to bring into order (the first not below the second), in NumPy's order. */
const FIVE_EXCHANGES = [
  [1, 0],
  [4, 3],
  [3, 0],
  [4, 1],
  [2, 1],
] as const;
