import { compareRuns } from '../compare/compare-runs.js';
import { comparisonCsv, comparisonJson, comparisonMarkdown, comparisonText } from '../compare/render-comparison.js';
import type { CompareOptions, Comparison, ReportedScores, RunItems } from '../compare/types.js';
import { suggestName } from '../definitions/nearest-name.js';
import { checkSchema } from '../definitions/schema-check.js';
import { throwProblems, UserError } from '../errors.js';
import type { TableStyle } from '../results/text-table.js';
import { reportedScores } from '../compare/reported-scores.js';
import { readImported } from '../results/imported.js';
import { isImported, readRunItems } from './read-run-items.js';

export interface CompareCommandOptions extends CompareOptions {
  /** Two or more run folders; the first is what the others are held against. Imported scores stand beside the runs. */
  readonly runs: readonly string[];
  /** `text` (default), `markdown`, `csv` or `json`. */
  readonly format?: string;
  /** Of `text`. */
  readonly style?: TableStyle;
}

const FORMATS = {
  text: comparisonText,
  markdown: comparisonMarkdown,
  csv: comparisonCsv,
  json: comparisonJson,
} satisfies Record<string, (comparison: Comparison, style?: TableStyle) => string>;

/**
 * Compares runs with paired statistics, and sets imported scores beside them.
 *
 * @returns the comparison, and its text in the format asked for
 * @throws UserError for a format or run that is not there, or runs that cannot be compared
 */
export async function compare({
  runs,
  format = 'text',
  style,
  ...options
}: CompareCommandOptions): Promise<{ readonly comparison: Comparison; readonly text: string }> {
  if (!Object.hasOwn(FORMATS, format))
    throw new UserError({
      where: '--format',
      what: `there is no format "${format}".`,
      fix: suggestName(format, Object.keys(FORMATS)) ?? `use one of ${Object.keys(FORMATS).join(', ')}.`,
    });
  const [folders, imported] = [runs.filter((run) => !isImported(run)), runs.filter(isImported)];
  if (folders.length === 0)
    throw new UserError({
      where: runs.join(' and '),
      what: 'only imported scores: without items there is nothing to compare item by item.',
      fix: 'name a run beside them; "jmteb leaderboard" shows scores side by side.',
    });
  const measured = await readRunItems(folders);
  const reported = imported.map((folder) => reportedOf(folder, measured));
  const found = compareRuns(measured, options);
  const comparison: Comparison = {
    ...found,
    reported,
    warnings: [...found.warnings, ...reported.flatMap((scores) => protocolWarning(scores, found.protocol))],
  };
  throwProblems(checkSchema('comparison', comparison, 'the comparison', 'comparison'));
  return { comparison, text: FORMATS[format as keyof typeof FORMATS](comparison, style) };
}

function reportedOf(folder: string, measured: readonly RunItems[]): ReportedScores {
  const imported = readImported(folder);
  return reportedScores(`${imported.model} (${imported.source.file})`, imported, measured);
}

function protocolWarning({ name, protocol }: ReportedScores, measured: string): string[] {
  if (protocol === measured) return [];
  return [`the scores reported for ${name} were made under another protocol: ${protocol}, and not ${measured}`];
}
