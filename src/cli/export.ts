import { exportRun } from '../commands/export.js';
import { throwProblems, type Problem } from '../errors.js';
import type { Invocation } from './command.js';

export async function execute({ operands, options, out, err }: Invocation): Promise<number> {
  const { format, output } = options;
  const problems: Problem[] = [];
  if (format === undefined) problems.push({ where: '--format', what: 'is missing.', fix: 'use jmteb-v1 or csv.' });
  if (output === undefined)
    problems.push({
      where: '--output',
      what: 'is missing.',
      fix: 'name the folder (jmteb-v1) or file (csv) to write.',
    });
  throwProblems(problems);
  const { files, warnings } = await exportRun({ run: operands[0], format: format as string, output: output as string });
  if (options.quiet !== true) for (const message of warnings) err(`warning: ${message}\n`);
  out(`${files.length} ${files.length === 1 ? 'file' : 'files'} written: ${output}\n`);
  return warnings.length > 0 ? 4 : 0;
}
