import { createHash } from 'node:crypto';
import type { Label } from './types.js';
import { compareLabels } from './limit-rows.js';

/**
 * Rows of a subset: those whose digests of seed and content are smallest, so that the choice does not depend on the order
 * of the file and a larger subset holds every smaller one. Repeated rows are told apart by their places.
 *
 * With labels every label keeps its share of the rows, and at least one row as long as there is room (`shares`).
 *
 * @param contents what each row says, as one text
 * @param rows to keep, >= 1
 * @param labels of the rows, where the subset is stratified
 * @returns places of the rows, ascending
 */
export function drawnRows(
  contents: readonly string[],
  rows: number,
  seed: number,
  labels?: readonly Label[],
): readonly number[] {
  const digests = contents.map((content) => digestOf(seed, content));
  const order = [...contents.keys()].sort((a, b) => digests[a] - digests[b] || a - b);
  const room = labels === undefined ? undefined : shares(labels, rows);
  const chosen: number[] = [];
  for (const place of order) {
    if (room === undefined) {
      if (chosen.length < rows) chosen.push(place);
      continue;
    }
    const label = (labels as readonly Label[])[place];
    const left = room.get(label) as number;
    if (left === 0) continue;
    room.set(label, left - 1);
    chosen.push(place);
  }
  return chosen.sort((a, b) => a - b);
}

/**
 * How many of some rows each label gets: its share rounded down, but at least one; what is left goes to the largest
 * remainders, or is taken from where most rows are. Equal claims are settled by the order of the labels.
 *
 * @param rows to share out, >= 1
 */
export function shares(labels: readonly Label[], rows: number): Map<Label, number> {
  const counts = new Map<Label, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  const wanted = Math.min(rows, labels.length);
  const claims = [...counts].sort(([a], [b]) => compareLabels(a, b));
  const exact = new Map(claims.map(([label, count]) => [label, (count * wanted) / labels.length]));
  const given = new Map([...exact].map(([label, share]) => [label, Math.max(1, Math.floor(share))]));
  let left = wanted - sum(given);
  const excess = (label: Label): number => (given.get(label) as number) - (exact.get(label) as number);
  // The last row of a label is taken only where there are more labels than rows.
  const least = wanted < counts.size ? 0 : 1;
  while (left !== 0) {
    const step = Math.sign(left);
    const able = claims.filter(([label, count]) => {
      const has = given.get(label) as number;
      return step > 0 ? has < count : has > least;
    });
    const [next] = able.reduce((best, claim) => (step * (excess(claim[0]) - excess(best[0])) < 0 ? claim : best));
    given.set(next, (given.get(next) as number) + step);
    left -= step;
  }
  return given;
}

function sum(given: ReadonlyMap<Label, number>): number {
  let total = 0;
  for (const count of given.values()) total += count;
  return total;
}

/** 48 bits of a SHA-256, so that they are exact in a number. */
function digestOf(seed: number, content: string): number {
  return createHash('sha256').update(`${seed}\n${content}`).digest().readUIntBE(0, 6);
}
