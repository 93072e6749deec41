import { importScores } from '../commands/import.js';
import { UserError } from '../errors.js';
import { points } from '../results/points.js';
import type { Invocation } from './command.js';

export async function execute({ operands, options, out, err }: Invocation): Promise<number> {
  const [model, ...others] = options.model ?? [];
  if (model === undefined || others.length > 0)
    throw new UserError({
      where: '--model',
      what: 'one model is wanted: whose scores they are.',
      fix: 'write -m owner/name.',
    });
  const { folder, imported, warnings } = await importScores({ file: operands[0], model, output: options.output });
  if (options.quiet !== true) for (const message of warnings) err(`warning: ${message}\n`);
  const scores = Object.entries(imported.scores).flatMap(([family, tasks]) =>
    Object.entries(tasks).map(([task, metrics]) => ({ family, task, metrics })),
  );
  if (options.quiet !== true)
    for (const { family, task, metrics } of scores)
      for (const [metric, value] of Object.entries(metrics)) err(`${family} ${task}: ${metric} ${points(value)}\n`);
  const many = scores.length === 1 ? 'score' : 'scores';
  err(`${scores.length} ${many} of ${model} imported as ${imported.source.format}, protocol ${imported.protocol}\n`);
  out(`${folder}\n`);
  return warnings.length > 0 ? 4 : 0;
}
