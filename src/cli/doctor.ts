import { doctor } from '../commands/doctor.js';
import { renderDoctor } from '../doctor/render-doctor.js';
import { UserError } from '../errors.js';
import type { Invocation } from './command.js';
import { ProgressPrinter } from './progress.js';

const EXIT = { passed: 0, failed: 3, interrupted: 130 } as const;

export async function execute(invocation: Invocation): Promise<number> {
  const { options, out, err, terminal, signal } = invocation;
  const { model = [] } = options;
  if (model.length !== 1)
    throw new UserError({
      where: '--model',
      what: `names ${model.length} models, expected one.`,
      fix: 'give -m EXPORT once, and what it should equal with --reference.',
    });
  // With --json stdout has the report alone.
  const progress = new ProgressPrinter(invocation, { ...options, json: false });
  const { onEvent } = progress;
  const onRemark = (message: string): void => onEvent({ event: 'warning', message });
  const report = await doctor({ ...options, model: model[0], signal, onRemark, onEvent })
    .catch((thrown: unknown) => {
      if (signal.aborted) return undefined;
      throw thrown;
    })
    .finally(() => progress.clear());
  if (report === undefined) return EXIT.interrupted;
  if (options.json === true) out(`${JSON.stringify(report)}\n`);
  else out(renderDoctor(report, terminal.stdout ? 'ruled' : 'plain'));
  if (options.output !== undefined && options.quiet !== true)
    err(`wrote ${options.output}: use it as --reference vectors:<its folder>\n`);
  return EXIT[report.verdict];
}
