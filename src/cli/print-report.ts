import type { RunReport } from '../commands/run.js';
import { renderRunTable } from '../leaderboard/run-table.js';
import { readRun } from '../results/read-run.js';
import type { Invocation } from './command.js';

/** The table of a run on stdout, and its folder in the last line; with `json` one object a line. */
export async function printReport(report: RunReport, { out, terminal, options }: Invocation): Promise<void> {
  const { folder, status, tasks, suite, comparison } = report;
  if (options.json === true) {
    out(`${JSON.stringify({ event: 'done', runDir: folder, status: reportedStatus(status) })}\n`);
    return;
  }
  const { tasks: results } = await readRun(folder);
  const table = renderRunTable({
    suite: { tasks, averages: suite?.averages ?? ['datasets', 'families'] },
    results: results.values(),
    comparison,
    style: terminal.stdout ? 'ruled' : 'plain',
  });
  out(`${table}\n${folder}\n`);
}

function reportedStatus(status: RunReport['status']): string {
  return status === 'incomplete' ? 'failed' : status;
}

/** Exit code of runs: the worst of them. */
export function exitCodeOf(reports: readonly RunReport[]): number {
  if (reports.some(({ status }) => status === 'interrupted')) return 130;
  return reports.some(({ status }) => status === 'incomplete') ? 4 : 0;
}
