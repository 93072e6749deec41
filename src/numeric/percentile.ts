/**
 * Percentile of a value among draws: the share of draws below it, draws equal to it counted half, times 100.
 *
 * @param value the figure to place
 * @param draws any order; not changed
 * @returns in [0, 100]; null when there are no draws
 */
export function percentileOf(value: number, draws: ArrayLike<number>): number | null {
  if (draws.length === 0) return null;
  let below = 0;
  let equal = 0;
  for (let i = 0; i < draws.length; i++) {
    if (draws[i] < value) below++;
    else if (draws[i] === value) equal++;
  }
  return (100 * (below + equal / 2)) / draws.length;
}
