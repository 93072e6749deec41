import type { DocumentIds } from './document-ids.js';
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
  ids: DocumentIds,
  named: Iterable<readonly DocumentId[]>,
  others: number,
  choose?: (ids: readonly string[], rows: number) => readonly number[],
): Uint8Array {
  const wanted = new Set<string>();
  for (const list of named) for (const id of list) wanted.add(String(id));
  const keep = new Uint8Array(ids.length);
  const rest: { readonly row: number; readonly name: string }[] = [];
  let room = others;
  let row = 0;
  for (const id of ids) {
    const name = String(id);
    if (wanted.has(name)) keep[row] = 1;
    else if (choose !== undefined) rest.push({ row, name });
    else if (room-- > 0) keep[row] = 1;
    row += 1;
  }
  if (choose === undefined || room === 0) return keep;
  const names = rest.map(({ name }) => name);
  for (const place of choose(names, Math.min(room, names.length))) keep[rest[place].row] = 1;
  return keep;
}

/** The values at some places. */
export function pick<T>(values: readonly T[], rows: readonly number[]): T[] {
  return rows.map((i) => values[i]);
}
