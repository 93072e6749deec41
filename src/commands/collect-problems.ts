import { UserError, type Problem } from '../errors.js';

/**
 * For preflights, which tell everything that is wrong at once: what work throws as a UserError joins the problems.
 *
 * @param problems takes what is found
 * @returns a function that does the work; its result is undefined where it failed
 */
export function collectProblems(problems: Problem[]): <T>(work: () => T | Promise<T>) => Promise<T | undefined> {
  return async (work) => {
    try {
      return await work();
    } catch (thrown) {
      if (!(thrown instanceof UserError)) throw thrown;
      problems.push(...thrown.problems);
      return undefined;
    }
  };
}
