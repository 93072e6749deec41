/** What becomes of the matches where a text is split, as tokenizer.json names it. */
export type SplitBehaviour = 'Removed' | 'Isolated' | 'Contiguous' | 'MergedWithPrevious' | 'MergedWithNext';

interface Part {
  readonly start: number;
  end: number;
  readonly isMatch: boolean;
}

const BEHAVIOURS = {
  Removed: (parts) => parts.filter(({ isMatch }) => !isMatch),
  Isolated: (parts) => parts,
  /** Matches side by side are one. */
  Contiguous: (parts) => joined(parts, (last, part) => last.isMatch === part.isMatch),
  /** A match belongs to what is before it, a match behind a match stands by itself. */
  MergedWithPrevious: (parts) => withMatches(parts),
  MergedWithNext: (parts) => withMatches([...parts].reverse()).reverse(),
} as const satisfies Record<SplitBehaviour, (parts: readonly Part[]) => readonly Part[]>;

export function isSplitBehaviour(name: unknown): name is SplitBehaviour {
  return typeof name === 'string' && Object.hasOwn(BEHAVIOURS, name);
}

/**
 * Splits texts at the matches of an expression.
 *
 * @param pattern with the flags `gu`
 * @param inverted whether what does not match counts as what does
 */
export function splitter(pattern: RegExp, behaviour: SplitBehaviour, inverted = false): (text: string) => string[] {
  const apply: (parts: readonly Part[]) => readonly Part[] = BEHAVIOURS[behaviour];
  return (text) => {
    const parts: Part[] = [];
    let done = 0;
    for (const { 0: match, index } of text.matchAll(pattern)) {
      if (index > done) parts.push({ start: done, end: index, isMatch: inverted });
      if (match !== '') parts.push({ start: index, end: index + match.length, isMatch: !inverted });
      done = index + match.length;
    }
    if (done < text.length) parts.push({ start: done, end: text.length, isMatch: inverted });
    return apply(parts).map(({ start, end }) => text.slice(start, end));
  };
}

function joined(parts: readonly Part[], belongs: (last: Part, part: Part) => boolean): Part[] {
  const result: Part[] = [];
  for (const part of parts) {
    const last = result.at(-1);
    if (last !== undefined && belongs(last, part)) last.end = part.end;
    else result.push({ ...part });
  }
  return result;
}

/** Each match is joined to the part before it in the list, unless that is a match, too. */
function withMatches(parts: readonly Part[]): Part[] {
  const result: Part[] = [];
  let isBehindMatch = false;
  for (const part of parts) {
    const last = result.at(-1);
    if (part.isMatch && !isBehindMatch && last !== undefined) {
      const [start, end] = [Math.min(last.start, part.start), Math.max(last.end, part.end)];
      result[result.length - 1] = { start, end, isMatch: false };
    } else result.push({ ...part, isMatch: false });
    isBehindMatch = part.isMatch;
  }
  return result;
}
