import type { DocumentId } from '../datasets/types.js';

/** An id as messages show it, so that the text "1" and the number 1 look different. */
export function showId(id: DocumentId | undefined): string {
  return typeof id === 'string' ? `"${id}"` : `the number ${id}`;
}
