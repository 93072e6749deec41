import { FAMILIES } from '../definitions/types.js';
import type { TaskResult } from './types.js';

/** Order of texts that no locale changes. */
export function byCodePoint(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Sorted by family, in the order of the type, then by task id: the order of every file and table. */
export function inOrder<T extends Pick<TaskResult, 'family' | 'task'>>(results: Iterable<T>): T[] {
  return [...results].sort(
    (a, b) => FAMILIES.indexOf(a.family) - FAMILIES.indexOf(b.family) || byCodePoint(a.task, b.task),
  );
}
