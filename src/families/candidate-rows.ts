import type { DocumentIds } from '../datasets/document-ids.js';
import type { CandidateRows, DocumentId } from '../datasets/types.js';

/** Where the candidates of some queries stand in the corpus; the corpus is looked through once. */
export interface CandidateIndex {
  /** The last row of the corpus with this id, as in the reference; -1 where there is none. */
  rowOf(id: DocumentId): number;
  /** Candidates that the corpus has more than once. */
  readonly repeated: readonly DocumentId[];
}

/** Finds the candidates of all splits. Ids keep their type: the number 1 is not the text "1". */
export function candidateRows(ids: DocumentIds, splits: readonly CandidateRows[]): CandidateIndex {
  const rows = new Map<DocumentId, number>();
  for (const { candidates } of splits) for (const list of candidates) for (const id of list) rows.set(id, -1);
  const repeated = new Set<DocumentId>();
  let row = 0;
  for (const id of ids) {
    const known = rows.get(id);
    if (known !== undefined) {
      if (known >= 0) repeated.add(id);
      rows.set(id, row);
    }
    row += 1;
  }
  return { rowOf: (id) => rows.get(id) ?? -1, repeated: [...repeated] };
}
