import { validate } from '../commands/validate.js';
import { formatProblem } from '../errors.js';
import type { Invocation } from './command.js';

export async function execute({ operands, options, out, err }: Invocation): Promise<number> {
  const checked = await validate({ ...options, paths: operands });
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
