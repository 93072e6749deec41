import { leaderboard } from '../commands/leaderboard.js';
import { writeAtomically } from '../write-atomically.js';
import type { Invocation } from './command.js';

export async function execute({ options, out, err }: Invocation): Promise<number> {
  const { text, warnings } = await leaderboard(options);
  if (options.quiet !== true) for (const message of warnings) err(`warning: ${message}\n`);
  if (options.output === undefined) out(text);
  else {
    await writeAtomically(options.output, text);
    out(`${options.output}\n`);
  }
  return 0;
}
