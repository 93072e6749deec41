/**
 * One thing that the reader can mend.
 *
 * `where` is a file and row, a dotted path in a definition, an option, or a task; `what` says what is wrong with what was
 * found and what was expected; `fix` says what to do about it.
 */
export interface Problem {
  readonly where: string;
  readonly what: string;
  readonly fix?: string;
}

/** One problem as text: `where: what`, and under it how to mend it. */
export function formatProblem(problem: Problem): string {
  const fix = problem.fix === undefined ? '' : `\n  Fix: ${problem.fix}`;
  return `${problem.where}: ${problem.what}${fix}`;
}

/**
 * Input, options or definitions are wrong: the reader can fix it, so the message is printed without a stack and the
 * command ends with exit code 2. Everything else that is thrown is our fault or the machine's (exit code 1).
 */
export class UserError extends Error {
  readonly problems: readonly Problem[];

  constructor(problems: Problem | readonly Problem[]) {
    const list = Array.isArray(problems) ? (problems as readonly Problem[]) : [problems as Problem];
    super(list.map(formatProblem).join('\n'));
    this.name = 'UserError';
    this.problems = list;
  }
}

/**
 * The machine failed at something that is neither the reader's input nor our fault: no room, no permission, a device that
 * is gone. Printed without a stack; the command ends with exit code 1.
 */
export class MachineError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem, options?: { readonly cause?: unknown }) {
    super(formatProblem(problem), options);
    this.name = 'MachineError';
    this.problem = problem;
  }
}

/** Throws one UserError with all problems, or returns when there are none. */
export function throwProblems(problems: readonly Problem[]): void {
  if (problems.length > 0) throw new UserError(problems);
}

/** The text of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
