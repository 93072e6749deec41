import { distance } from 'fastest-levenshtein';

/**
 * The known name that was probably meant, or undefined when nothing is near.
 *
 * Case and the difference between `-` and `_` do not count. A name is near when at most a third of it (two letters at
 * least) is wrong, or when one of the two begins with the other and that beginning has four letters or more.
 */
export function nearestName(name: string, known: Iterable<string>): string | undefined {
  const wanted = plain(name);
  let best: string | undefined;
  let bestDistance = Infinity;
  for (const candidate of known) {
    const text = plain(candidate);
    const allowed = Math.max(2, Math.floor(Math.max(wanted.length, text.length) / 3));
    let steps = distance(wanted, text);
    if (steps > allowed) {
      const short = Math.min(wanted.length, text.length);
      if (short < 4 || wanted.slice(0, short) !== text.slice(0, short)) continue;
      steps = allowed + Math.abs(wanted.length - text.length);
    } else if (steps >= Math.max(wanted.length, text.length)) continue;
    if (steps < bestDistance) {
      best = candidate;
      bestDistance = steps;
    }
  }
  return best;
}

/** Fix for a name that is not known: the nearest one, or all of them when they are few, or where they are listed. */
export function suggestName(name: string, known: readonly string[], listedBy?: string): string | undefined {
  const nearest = nearestName(name, known);
  if (nearest !== undefined) return `did you mean "${nearest}"?`;
  if (known.length === 0) return undefined;
  if (known.length <= 12) return `use one of ${known.map((k) => `"${k}"`).join(', ')}.`;
  return listedBy === undefined ? undefined : `see ${listedBy}.`;
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll('_', '-');
}
