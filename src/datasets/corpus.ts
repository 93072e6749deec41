import { TEXT } from './cell-types.js';
import { PackedIds, type DocumentIds } from './document-ids.js';
import { streamColumn, type FoundFile, type TableReading } from './table.js';
import type { Corpus, DocumentId } from './types.js';

/** One file of a corpus, as it was when it was read. */
export interface CorpusFile {
  readonly file: FoundFile;
  readonly reading: TableReading;
}

/**
 * A corpus whose texts are read from its files each time they are asked for.
 *
 * @param ids ids of all documents, in file order
 * @param column name of the text column
 * @param keep which documents the corpus has, by place; undefined for all of them
 */
export function fileCorpus(files: readonly CorpusFile[], column: string, ids: DocumentIds, keep?: Uint8Array): Corpus {
  return {
    ids: keep === undefined ? ids : PackedIds.from(marked(ids, keep)),
    async *texts() {
      let first = 0;
      for (const { file, reading } of files) {
        for await (const texts of streamColumn(file, column, TEXT, reading)) {
          const start = first;
          const kept = keep === undefined ? texts : texts.filter((_, i) => keep[start + i] === 1);
          first += texts.length;
          if (kept.length > 0) yield kept;
        }
      }
    },
  };
}

function* marked(ids: DocumentIds, keep: Uint8Array): Generator<DocumentId> {
  let row = 0;
  for (const id of ids) if (keep[row++] === 1) yield id;
}
