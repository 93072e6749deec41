import { validate } from '../commands/validate.js';
import { formatProblem } from '../errors.js';
import type { Invocation } from './command.js';
import { ProgressPrinter } from './progress.js';

export async function execute(invocation: Invocation): Promise<number> {
  const { operands, options, out, err, signal } = invocation;
  const progress = new ProgressPrinter(invocation, { quiet: options.json });
  const checked = await validate({ ...options, paths: operands, onEvent: progress.onEvent, signal });
  progress.clear();
  const wrong = checked.filter(({ problems }) => problems.length > 0);
  if (options.json === true) for (const one of checked) out(`${JSON.stringify(one)}\n`);
  else {
    for (const { what, problems, warnings } of checked) {
      for (const message of warnings) err(`warning: ${what}: ${message}\n`);
      for (const problem of problems) out(`${formatProblem(problem)}\n`);
    }
    out(`${checked.length} checked, ${wrong.length === 0 ? 'all right' : `${wrong.length} wrong`}\n`);
  }
  return wrong.length === 0 ? 0 : 2;
}
