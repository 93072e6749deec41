import type { DocumentIds } from './document-ids.js';
import type { DocumentId } from './types.js';

/** Ids that stand more than once in a list. */
export interface RepeatedIds {
  /** Entries beyond the first of each id: the list has `ids.length - extra` distinct ids. */
  readonly extra: number;
  /** The first id that stands twice; undefined where none does. */
  readonly example?: DocumentId;
}

/**
 * Counts the entries of a list whose id stood before. Needs 8 to 16 bytes an entry, so millions of ids can be counted
 * where a `Set` of them would fill the heap.
 *
 * @param sameKey whether ids of different types are the same when their texts are (the number 1 and the text "1")
 */
export function repeatedIds(ids: DocumentIds, sameKey: 'typed' | 'text'): RepeatedIds {
  let size = 16;
  while (size < 2 * ids.length) size *= 2;
  // Open addressing: a slot holds a position in the list plus one, 0 is empty.
  const slots = new Uint32Array(size);
  const byText = sameKey === 'text';
  const same = (a: DocumentId, b: DocumentId): boolean => a === b || (byText && String(a) === String(b));
  let extra = 0;
  let example: DocumentId | undefined;
  let row = 0;
  for (const id of ids) {
    row += 1;
    let slot = hash(String(id)) & (size - 1);
    while (slots[slot] !== 0 && !same(ids.at(slots[slot] - 1) as DocumentId, id)) slot = (slot + 1) & (size - 1);
    if (slots[slot] === 0) slots[slot] = row;
    else {
      extra += 1;
      example ??= id;
    }
  }
  return { extra, example };
}

/** FNV-1a over UTF-16 code units, mixed once more: ids that count up must not fill one stretch of the table. */
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  return (h ^ (h >>> 13)) >>> 0;
}
