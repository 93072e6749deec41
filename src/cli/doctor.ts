import { doctor } from '../commands/doctor.js';
import { renderDoctor } from '../doctor/render-doctor.js';
import { UserError } from '../errors.js';
import type { Invocation } from './command.js';

const EXIT = { passed: 0, failed: 3, interrupted: 130 } as const;

export async function execute({ options, out, err, terminal, signal }: Invocation): Promise<number> {
  const { model = [] } = options;
  if (model.length !== 1)
    throw new UserError({
      where: '--model',
      what: `names ${model.length} models, expected one.`,
      fix: 'give -m EXPORT once, and what it should equal with --reference.',
    });
  const onRemark = (message: string): void => {
    if (options.quiet !== true) err(`warning: ${message}\n`);
  };
  const report = await doctor({ ...options, model: model[0], signal, onRemark }).catch((thrown: unknown) => {
    if (signal.aborted) return undefined;
    throw thrown;
  });
  if (report === undefined) return EXIT.interrupted;
  if (options.json === true) out(`${JSON.stringify(report)}\n`);
  else out(renderDoctor(report, terminal.stdout ? 'ruled' : 'plain'));
  if (options.output !== undefined && options.quiet !== true)
    err(`wrote ${options.output}: use it as --reference vectors:<its folder>\n`);
  return EXIT[report.verdict];
}
