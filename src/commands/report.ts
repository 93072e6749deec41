import { compareRuns } from '../compare/compare-runs.js';
import type { CompareOptions, Comparison, RunItems } from '../compare/types.js';
import { formatProblem, UserError } from '../errors.js';
import { renderReport } from '../report/render-report.js';
import { readRunItems } from './read-run-items.js';

export interface ReportOptions extends CompareOptions {
  /** Run folders; the others are held against the first. */
  readonly runs: readonly string[];
}

/**
 * A static page about one run or several, with paired statistics where they can be compared, or the reason why not.
 *
 * @returns HTML
 * @throws UserError for a folder that is no run, or a file of it that is broken
 */
export async function report({ runs: folders, ...options }: ReportOptions): Promise<string> {
  const runs = await readRunItems(folders);
  return renderReport(runs, runs.length < 2 ? null : comparisonOf(runs, options));
}

function comparisonOf(runs: readonly RunItems[], options: CompareOptions): Comparison | string {
  try {
    return compareRuns(runs, options);
  } catch (thrown) {
    if (thrown instanceof UserError) return thrown.problems.map(formatProblem).join('\n');
    throw thrown;
  }
}
