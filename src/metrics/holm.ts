/**
 * Holm's step-down adjustment of p-values, which holds the chance of any false alarm among all tests.
 *
 * @param p in [0, 1]
 * @returns adjusted values in the same order, at most 1
 * Source: Holm, "A simple sequentially rejective multiple test procedure", 1979.
 */
export function holm(p: readonly number[]): number[] {
  const order = p.map((_, i) => i).sort((a, b) => p[a] - p[b]);
  const adjusted = new Array<number>(p.length);
  let largest = 0;
  order.forEach((at, rank) => {
    largest = Math.max(largest, (p.length - rank) * p[at]);
    adjusted[at] = Math.min(1, largest);
  });
  return adjusted;
}
