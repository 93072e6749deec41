import { loadDefinitions } from '../definitions/catalogue.js';
import { suggestName } from '../definitions/nearest-name.js';
import { readPublished } from '../definitions/published.js';
import { valueOf } from '../definitions/reading.js';
import { DEFAULT_SUITE, resolveTasks } from '../definitions/select-tasks.js';
import { throwProblems, UserError } from '../errors.js';
import { collectRows, publishedRows } from '../leaderboard/collect-rows.js';
import { leaderboard as rank, type Leaderboard } from '../leaderboard/leaderboard.js';
import { leaderboardCsv, leaderboardJson, leaderboardMarkdown } from '../leaderboard/render-leaderboard.js';
import { DEFAULT_OUTPUT } from '../run/defaults.js';
import { existsSync } from 'node:fs';

export interface LeaderboardOptions {
  /** Folder of runs; default `results` where there is one. */
  readonly results?: string;
  /** Default `jmteb-v1`. */
  readonly suite?: string;
  /** `markdown` (default), `csv` or `json`. */
  readonly format?: string;
  /** Keep these models only: a part of the id, case does not count. */
  readonly model?: readonly string[];
  readonly noPublished?: boolean;
}

const FORMATS = { markdown: leaderboardMarkdown, csv: leaderboardCsv, json: leaderboardJson } as const;

/**
 * The table of all runs below a folder, with the published rows marked apart.
 *
 * @returns its text in the format asked for, and what was left out with the reason
 * @throws UserError for a suite, a format or a folder that is not there
 */
export async function leaderboard(
  options: LeaderboardOptions = {},
): Promise<{ readonly board: Leaderboard; readonly text: string; readonly warnings: readonly string[] }> {
  const { format = 'markdown', suite = DEFAULT_SUITE } = options;
  if (!Object.hasOwn(FORMATS, format))
    throw new UserError({
      where: '--format',
      what: `there is no format "${format}".`,
      fix: suggestName(format, Object.keys(FORMATS)) ?? `use one of ${Object.keys(FORMATS).join(', ')}.`,
    });
  const selection = resolveTasks([], { suite, catalogue: loadDefinitions() });
  throwProblems(selection.problems);
  const folder = options.results ?? (existsSync(DEFAULT_OUTPUT) ? DEFAULT_OUTPUT : undefined);
  const collected = folder === undefined ? { rows: [], warnings: [] } : await collectRows(folder);
  const published = options.noPublished === true ? [] : publishedRows(valueOf(readPublished()));
  const wanted = (options.model ?? []).map((name) => name.toLowerCase());
  const rows = [...collected.rows, ...published].filter(
    ({ model }) => wanted.length === 0 || wanted.some((name) => model.toLowerCase().includes(name)),
  );
  const { id, title, averages } = selection.suite as NonNullable<typeof selection.suite>;
  const board = rank(rows, { id, title, averages, tasks: selection.tasks });
  return { board, text: FORMATS[format as keyof typeof FORMATS](board), warnings: collected.warnings };
}
