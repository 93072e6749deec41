import type { RowVectors, VectorBlock, VectorSource } from '../vectors/types.js';

/**
 * Documents as search sees them: each distinct vector once, named by the first document that has it.
 *
 * Searching vectors in place of documents loses nothing: of the documents that share a vector the first ranks before the
 * others, so a vector with any document among the best k has its first one there, and the best k vectors (ties to the
 * earlier first document) hold all of them.
 */
export interface UniqueDocuments {
  readonly source: VectorSource;
  /** Documents, repeats included. */
  readonly rows: number;
  /** The first document with this vector. */
  firstDocument(vector: number): number;
  /** The document after this one that has the same vector, or -1. */
  nextDocument(document: number): number;
}

/** Groups the documents of a corpus by their vectors. */
export function uniqueDocuments({ source, index }: RowVectors): UniqueDocuments {
  const rows = index.length;
  if (rows === source.rows && index.every((vector, row) => vector === row)) {
    return { source, rows, firstDocument: (vector) => vector, nextDocument: () => -1 };
  }
  const first = new Int32Array(source.rows).fill(-1);
  const next = new Int32Array(rows);
  for (let row = rows - 1; row >= 0; row--) {
    next[row] = first[index[row]];
    first[index[row]] = row;
  }
  const nextDocument = (document: number): number => next[document];
  const used = first.reduce((count, row) => count + (row < 0 ? 0 : 1), 0);
  if (used === source.rows) return { source, rows, firstDocument: (vector) => first[vector], nextDocument };
  const chosen = new Int32Array(used);
  let at = 0;
  for (let vector = 0; vector < first.length; vector++) if (first[vector] >= 0) chosen[at++] = vector;
  return { source: chosenRows(source, chosen), rows, firstDocument: (vector) => first[chosen[vector]], nextDocument };
}

/** Some rows of a source as a source of its own. */
function chosenRows(source: VectorSource, chosen: Int32Array): VectorSource {
  return {
    rows: chosen.length,
    dims: source.dims,
    async *blocks(maxRows: number): AsyncGenerator<VectorBlock> {
      const step = Math.max(1, Math.floor(maxRows));
      for (let start = 0; start < chosen.length; start += step) {
        const indices = chosen.subarray(start, start + step);
        yield { start, rows: indices.length, data: await source.gather(indices) };
      }
    },
    gather: (indices: Int32Array) => source.gather(indices.map((index) => chosen[index])),
  };
}
