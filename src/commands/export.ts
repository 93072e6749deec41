import { suggestName } from '../definitions/nearest-name.js';
import { formatProblem, UserError } from '../errors.js';
import { exportJmtebV1 } from '../results/jmteb-v1.js';
import { readRun } from '../results/read-run.js';
import { runCsv } from '../results/run-csv.js';
import { writeAtomically } from '../write-atomically.js';

export interface ExportOptions {
  /** Folder of a run. */
  readonly run: string;
  /** `jmteb-v1` (the reference's own tree) or `csv`. */
  readonly format: string;
  /** Folder for `jmteb-v1`, file for `csv`. */
  readonly output: string;
}

export interface ExportReport {
  readonly files: readonly string[];
  /** What the format has no place for, and files of the run that could not be read. */
  readonly warnings: readonly string[];
}

const FORMATS = ['jmteb-v1', 'csv'] as const;

/**
 * Writes a run in a layout that others read.
 *
 * @throws UserError for a format or a run that is not there, MachineError when writing fails
 */
export async function exportRun({ run, format, output }: ExportOptions): Promise<ExportReport> {
  if (!(FORMATS as readonly string[]).includes(format))
    throw new UserError({
      where: '--format',
      what: `there is no format "${format}".`,
      fix: suggestName(format, FORMATS) ?? `use one of ${FORMATS.join(', ')}.`,
    });
  const found = await readRun(run);
  const warnings = found.problems.map(formatProblem);
  if (format === 'csv') {
    await writeAtomically(output, runCsv(found));
    return { files: [output], warnings };
  }
  const { files, leftOut } = await exportJmtebV1(found, output);
  return { files, warnings: [...warnings, ...leftOut.map(({ task, reason }) => `${task} is left out: ${reason}`)] };
}
