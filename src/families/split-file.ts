import type { SplitName, TaskFile } from '../datasets/types.js';

/**
 * Name of the file that a split was read from, for messages.
 *
 * A definition may read its validation split from a file of another name (`train`), which the rows do not tell: then the
 * only file that no other split is named after is meant. Where that is not clear the split itself is named.
 */
export function splitFile(files: readonly TaskFile[], split: SplitName): string {
  const own = files.filter((file) => file.key === split);
  if (own.length === 1) return own[0].name;
  const others = files.filter((file) => file.key !== 'test' && file.key !== 'corpus');
  return split === 'validation' && others.length === 1 ? others[0].name : split;
}
