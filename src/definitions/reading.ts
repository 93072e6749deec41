import type { Problem } from '../errors.js';
import { throwProblems } from '../errors.js';

/** What came of reading a definition: the value unless there are problems, and remarks that stop nothing. */
export interface Reading<T> {
  /** Absent when there are problems. */
  readonly value?: T;
  readonly problems: readonly Problem[];
  readonly warnings: readonly string[];
}

/** A reading that failed. */
export function refused(problems: readonly Problem[], warnings: readonly string[] = []): Reading<never> {
  return { problems, warnings };
}

/**
 * The value of a reading.
 *
 * @throws UserError with all problems when there are any
 */
export function valueOf<T>(reading: Reading<T>): T {
  throwProblems(reading.problems);
  return reading.value as T;
}
