import type { FileExpectation } from './types.js';

/** What was counted in a file; a fact that was not counted is left out and not compared. */
export interface FileFacts {
  readonly rows?: number;
  /** Code points by column name, as in FileExpectation. */
  readonly characters?: Readonly<Record<string, number>>;
  /** Rows by label value as text. */
  readonly labels?: Readonly<Record<string, number>>;
}

/**
 * How a file differs from what its definition expects.
 *
 * @returns one sentence a difference, expected and found; empty when nothing that was counted differs
 */
export function differences(expected: FileExpectation | undefined, found: FileFacts): string[] {
  if (expected === undefined) return [];
  const sentences: string[] = [];
  if (expected.rows !== undefined && found.rows !== undefined && expected.rows !== found.rows)
    sentences.push(`has ${found.rows} rows, expected ${expected.rows}`);
  for (const [column, count] of Object.entries(expected.characters ?? {})) {
    const seen = found.characters?.[column];
    if (seen !== undefined && seen !== count)
      sentences.push(`has ${seen} characters in the column "${column}", expected ${count}`);
  }
  if (expected.labels !== undefined && found.labels !== undefined) {
    const labels = new Set([...Object.keys(expected.labels), ...Object.keys(found.labels)]);
    for (const label of labels) {
      const want = Object.hasOwn(expected.labels, label) ? expected.labels[label] : 0;
      const seen = Object.hasOwn(found.labels, label) ? found.labels[label] : 0;
      if (want !== seen) sentences.push(`has ${seen} rows with the label ${label}, expected ${want}`);
    }
  }
  return sentences;
}

/** Code points of a text, which is how published counts are given; `length` would count UTF-16 units. */
export function countCharacters(text: string): number {
  let count = text.length;
  for (let i = 0; i < text.length - 1; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0xd800 || unit > 0xdbff) continue;
    const next = text.charCodeAt(i + 1);
    if (next >= 0xdc00 && next <= 0xdfff) {
      count--;
      i++;
    }
  }
  return count;
}
