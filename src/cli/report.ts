import { report } from '../commands/report.js';
import { writeAtomically } from '../write-atomically.js';
import type { Invocation } from './command.js';

const DEFAULT_OUTPUT = 'report.html';

export async function execute({ operands, options, out }: Invocation): Promise<number> {
  const { output = DEFAULT_OUTPUT, resamples, seed, confidence } = options;
  await writeAtomically(output, await report({ runs: operands, resamples, seed, confidence }));
  out(`${output}\n`);
  return 0;
}
