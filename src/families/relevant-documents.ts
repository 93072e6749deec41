import type { DocumentIds } from '../datasets/document-ids.js';
import type { DocumentId, QueryRows } from '../datasets/types.js';
import type { Protocol } from '../definitions/types.js';

/** How two ids are compared. */
export type IdKey = (id: DocumentId) => DocumentId;

/** Under `published` an id has a type: the number 1 is not the text "1". */
export function idKeyOf(protocol: Protocol): IdKey {
  return protocol.deviations.has('retrieval-id-types') ? (id) => String(id) : (id) => id;
}

/** Which documents of a corpus are relevant to something, as numbers: the corpus is looked through once. */
export interface RelevantDocuments {
  /** Number of the id of a row of the corpus; -1 where no query names it. */
  numberAt(row: number): number;
  /** Number of an id that some query names. */
  numberOf(id: DocumentId): number;
  /** Ids that no document has. */
  readonly missing: ReadonlySet<DocumentId>;
}

/** Finds the documents that the queries of all splits name. */
export function relevantDocuments(ids: DocumentIds, splits: readonly QueryRows[], key: IdKey): RelevantDocuments {
  const numbers = new Map<DocumentId, number>();
  for (const { relevant } of splits) {
    for (const list of relevant) for (const id of list) if (!numbers.has(key(id))) numbers.set(key(id), numbers.size);
  }
  const missing = new Set(numbers.keys());
  // Only the rows that are named: a corpus may be thousands of times as long.
  const named = new Map<number, number>();
  let row = 0;
  for (const id of ids) {
    const number = numbers.get(key(id));
    if (number !== undefined) {
      named.set(row, number);
      missing.delete(key(id));
    }
    row += 1;
  }
  return { numberAt: (at) => named.get(at) ?? -1, numberOf: (id) => numbers.get(key(id)) as number, missing };
}

/** Of these ids those that some document has as the other type, a number for a text or a text for a number. */
export function idsOfOtherType(ids: DocumentIds, missing: ReadonlySet<DocumentId>): Set<DocumentId> {
  if (missing.size === 0) return new Set();
  const byText = new Map(Array.from(missing, (id) => [`${typeof id} ${id}`, id]));
  const found = new Set<DocumentId>();
  for (const id of ids) {
    const twin = byText.get(`${typeof id === 'number' ? 'string' : 'number'} ${id}`);
    if (twin !== undefined) found.add(twin);
  }
  return found;
}
