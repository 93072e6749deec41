import type { Tokenizing } from '../embedding/types.js';
import type { TokenReport } from './types.js';

/** Ids at either end that may be special tokens. */
const ENDS = 1;

/**
 * Compares what two tokenizers make of the same final strings.
 *
 * @returns undefined where one of them does not tell its ids
 */
export function compareTokens(
  model: Tokenizing,
  reference: Tokenizing,
  strings: readonly string[],
): { readonly report: TokenReport; readonly different: ReadonlySet<number> } | undefined {
  const different = new Set<number>();
  let cut = 0;
  let ends = 0;
  let first: TokenReport['first'] = null;
  for (const [i, text] of strings.entries()) {
    const [a, b] = [model.cut(text).ids, reference.cut(text).ids];
    if (a === null || b === null) return undefined;
    if (equal(a, b)) continue;
    different.add(i);
    first ??= { text, model: a, reference: b };
    if (isCut(a, b)) cut++;
    else if (equal(inner(a), inner(b))) ends++;
  }
  const unknown = {
    model: model.count(strings).unknownTokens,
    reference: reference.count(strings).unknownTokens,
  };
  const report = { compared: strings.length, different: different.size, cut, ends, unknown, first };
  return { report, different };
}

function equal(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((id, i) => id === b[i]);
}

/** Whether one list is the other's beginning, but for what stands at its own end. */
function isCut(a: readonly number[], b: readonly number[]): boolean {
  const [short, long] = a.length < b.length ? [a, b] : [b, a];
  if (long.length - short.length <= ENDS) return false;
  return short.slice(0, -ENDS).every((id, i) => id === long[i]);
}

function inner(ids: readonly number[]): readonly number[] {
  let [from, to] = [0, ids.length];
  if (to > 2 * ENDS) [from, to] = [ENDS, to - ENDS];
  return ids.slice(from, to);
}
