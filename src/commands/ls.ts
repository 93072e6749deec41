import { listModels, listSuites, listTasks } from '../definitions/list-definitions.js';
import { resolveTasks } from '../definitions/select-tasks.js';
import { formatProblem, throwProblems } from '../errors.js';
import { collectRows } from '../leaderboard/collect-rows.js';
import { points } from '../results/points.js';
import { DEFAULT_OUTPUT, defaultCacheDir } from '../run/defaults.js';
import { listStore } from '../vectors/list-store.js';
import type { TaskOptions } from './task-options.js';

/** A table of plain values; `rows` has the same fields in every row, in the order of the columns. */
export interface Listing {
  readonly rows: readonly Readonly<Record<string, string | number | boolean | null | readonly string[]>>[];
  readonly warnings: readonly string[];
}

export interface ListOptions extends TaskOptions {
  readonly results?: string;
  readonly cacheDir?: string;
}

/** What `ls` can list. */
export const LISTINGS = {
  /** Every task of the package, or those that are selected. */
  tasks: async (options) => {
    const all = listTasks();
    const { tasks, exclude, family, suite } = options;
    if ([tasks, exclude, family, suite].every((given) => given === undefined))
      return { rows: plain(all), warnings: [] };
    const everything = tasks === undefined && suite === undefined ? ['*'] : (tasks ?? []);
    const selection = resolveTasks(everything, options);
    throwProblems(selection.problems);
    const ids = new Set(selection.tasks.map(({ id }) => id));
    return { rows: plain(all.filter(({ id }) => ids.has(id))), warnings: [] };
  },
  suites: async () => ({ rows: plain(listSuites()), warnings: [] }),
  models: async () => {
    const { models, problems } = listModels();
    return { rows: plain(models), warnings: problems.map(formatProblem) };
  },
  /** Runs below the results folder. */
  runs: async ({ results = DEFAULT_OUTPUT }) => {
    const { rows, warnings } = await collectRows(results);
    const listed = rows.map(({ model, variant, protocol, scores, reasons, from }) => ({
      model,
      variant,
      protocol,
      tasks: scores.size,
      notDone: reasons?.size ?? 0,
      mean: points(scores.size === 0 ? null : [...scores.values()].reduce((a, b) => a + b) / scores.size),
      folder: from,
    }));
    return { rows: listed, warnings };
  },
  /** Lists of vectors that are stored. */
  cache: async ({ cacheDir = defaultCacheDir() }) => ({ rows: plain(await listStore(cacheDir)), warnings: [] }),
} as const satisfies Record<string, (options: ListOptions) => Promise<Listing>>;

function plain<Row extends object>(rows: readonly Row[]): Listing['rows'] {
  return rows as unknown as Listing['rows'];
}
