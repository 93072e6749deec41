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
  /** Number of the relevant id of each document of the corpus; -1 where no query names it. */
  readonly numberOfDocument: Int32Array;
  /** Number of an id that some query names. */
  numberOf(id: DocumentId): number;
  /** Ids that no document has. */
  readonly missing: ReadonlySet<DocumentId>;
}

/** Finds the documents that the queries of all splits name. */
export function relevantDocuments(
  ids: readonly DocumentId[],
  splits: readonly QueryRows[],
  key: IdKey,
): RelevantDocuments {
  const numbers = new Map<DocumentId, number>();
  for (const { relevant } of splits) {
    for (const list of relevant) for (const id of list) if (!numbers.has(key(id))) numbers.set(key(id), numbers.size);
  }
  const missing = new Set(numbers.keys());
  const numberOfDocument = new Int32Array(ids.length);
  for (let row = 0; row < ids.length; row++) {
    const id = key(ids[row]);
    const number = numbers.get(id) ?? -1;
    numberOfDocument[row] = number;
    if (number >= 0) missing.delete(id);
  }
  return { numberOfDocument, numberOf: (id) => numbers.get(key(id)) as number, missing };
}

/** Of these ids those that some document has as the other type, a number for a text or a text for a number. */
export function idsOfOtherType(ids: readonly DocumentId[], missing: ReadonlySet<DocumentId>): Set<DocumentId> {
  if (missing.size === 0) return new Set();
  const byText = new Map(Array.from(missing, (id) => [`${typeof id} ${id}`, id]));
  const found = new Set<DocumentId>();
  for (const id of ids) {
    const twin = byText.get(`${typeof id === 'number' ? 'string' : 'number'} ${id}`);
    if (twin !== undefined) found.add(twin);
  }
  return found;
}
