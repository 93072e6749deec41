import type { Distribution } from './types.js';

/**
 * Order statistics of some numbers.
 *
 * A quantile lies between the two nearest numbers in proportion (Hyndman and Fan's type 7, NumPy's default).
 *
 * @param values at least one, finite, in any order; not changed
 */
export function distributionOf(values: ArrayLike<number>): Distribution {
  const sorted = Float64Array.from(values).sort();
  let sum = 0;
  for (const value of sorted) sum += value;
  return {
    min: sorted[0],
    p1: quantile(sorted, 0.01),
    p5: quantile(sorted, 0.05),
    median: quantile(sorted, 0.5),
    mean: sum / sorted.length,
    max: sorted[sorted.length - 1],
  };
}

/** @param sorted ascending, at least one */
function quantile(sorted: Float64Array, share: number): number {
  const at = share * (sorted.length - 1);
  const low = Math.floor(at);
  const high = Math.min(low + 1, sorted.length - 1);
  return sorted[low] + (at - low) * (sorted[high] - sorted[low]);
}
