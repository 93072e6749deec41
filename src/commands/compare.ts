import { compareRuns } from '../compare/compare-runs.js';
import { comparisonCsv, comparisonJson, comparisonMarkdown, comparisonText } from '../compare/render-comparison.js';
import type { CompareOptions, Comparison } from '../compare/types.js';
import { suggestName } from '../definitions/nearest-name.js';
import { checkSchema } from '../definitions/schema-check.js';
import { throwProblems, UserError } from '../errors.js';
import type { TableStyle } from '../results/text-table.js';
import { readRunItems } from './read-run-items.js';

export interface CompareCommandOptions extends CompareOptions {
  /** Two or more run folders; the first is what the others are held against. */
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
 * Compares runs with paired statistics.
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
  const comparison = compareRuns(await readRunItems(runs), options);
  throwProblems(checkSchema('comparison', comparison, 'the comparison', 'comparison'));
  return { comparison, text: FORMATS[format as keyof typeof FORMATS](comparison, style) };
}
