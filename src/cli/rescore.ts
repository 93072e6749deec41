import { rescore } from '../commands/rescore.js';
import type { Invocation } from './command.js';
import { exitCodeOf, printReport } from './print-report.js';
import { ProgressPrinter } from './progress.js';

export async function execute(invocation: Invocation): Promise<number> {
  const { operands, options, signal } = invocation;
  const progress = new ProgressPrinter(invocation, options);
  const { onEvent } = progress;
  try {
    const report = await rescore({ ...options, run: operands[0], onEvent, signal });
    progress.clear();
    await printReport(report, invocation);
    return exitCodeOf([report]);
  } finally {
    progress.clear();
  }
}
