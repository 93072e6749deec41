import { run, type RunReport } from '../commands/run.js';
import type { Invocation } from './command.js';
import { exitCodeOf, printReport } from './print-report.js';
import { ProgressPrinter } from './progress.js';

export async function execute(invocation: Invocation): Promise<number> {
  const { options, signal } = invocation;
  const progress = new ProgressPrinter(invocation, options);
  const { onEvent } = progress;
  const pending: Promise<void>[] = [];
  const print = (report: RunReport): void => {
    progress.clear();
    pending.push(printReport(report, invocation));
  };
  try {
    const reports = await run({ ...options, model: options.model ?? [], onEvent, signal }, print);
    await Promise.all(pending);
    return exitCodeOf(reports);
  } finally {
    progress.clear();
  }
}
