import type { DocumentId, Label } from './types.js';

/** The first `limit` rows. */
export function firstRows(rows: number, limit: number): number[] {
  return Array.from({ length: Math.min(rows, limit) }, (_, i) => i);
}

/**
 * Rows that keep as many labels as there is room for.
 *
 * The labels take turns, in sorted order: the first row of each, then the second of each, and so on until there are `limit`
 * rows. Sorted order, so that small splits of one task keep the same labels. The chosen rows stay in file order.
 *
 * @param limit >= 1
 * @returns places of the rows, ascending
 */
export function rowsByLabel(labels: readonly Label[], limit: number): number[] {
  const byLabel = new Map<Label, number[]>();
  labels.forEach((label, i) => {
    const rows = byLabel.get(label);
    if (rows === undefined) byLabel.set(label, [i]);
    else if (rows.length < limit) rows.push(i);
  });
  const queues = [...byLabel.entries()].sort(([a], [b]) => compareLabels(a, b)).map(([, rows]) => rows);
  const chosen: number[] = [];
  for (let turn = 0; chosen.length < Math.min(limit, labels.length); turn++)
    for (const rows of queues) if (turn < rows.length && chosen.length < limit) chosen.push(rows[turn]);
  return chosen.sort((a, b) => a - b);
}

/** Numbers before texts before truth values, each in their own order. */
export function compareLabels(a: Label, b: Label): number {
  const order = ['number', 'string', 'boolean'];
  if (typeof a !== typeof b) return order.indexOf(typeof a) - order.indexOf(typeof b);
  return a < b ? -1 : Number(a > b);
}

/**
 * Documents of part of a corpus: all that are named, and of the others as many as there is room for.
 *
 * Ids are compared as text, so that the documents are there whatever the protocol compares.
 *
 * @param choose which of the others stay: places among them, by their ids; the first ones unless given
 * @returns by place 1 for documents that stay
 */
export function keptDocuments(
  ids: readonly DocumentId[],
  named: Iterable<readonly DocumentId[]>,
  others: number,
  choose: (ids: readonly string[], rows: number) => readonly number[] = (all, rows) => firstRows(all.length, rows),
): Uint8Array {
  const wanted = new Set<string>();
  for (const list of named) for (const id of list) wanted.add(String(id));
  const keep = new Uint8Array(ids.length);
  const rest: number[] = [];
  ids.forEach((id, i) => {
    if (wanted.has(String(id))) keep[i] = 1;
    else rest.push(i);
  });
  const room = Math.min(others, rest.length);
  const names = rest.map((i) => String(ids[i]));
  for (const place of room === 0 ? [] : choose(names, room)) keep[rest[place]] = 1;
  return keep;
}

/** The values at some places. */
export function pick<T>(values: readonly T[], rows: readonly number[]): T[] {
  return rows.map((i) => values[i]);
}
