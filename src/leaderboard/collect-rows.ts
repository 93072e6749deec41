import { readdir } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import type { PublishedScores } from '../definitions/published.js';
import { formatProblem, messageOf, UserError } from '../errors.js';
import { isScored, scoreOf } from '../results/averages.js';
import { IMPORTED_FILE, readImported, type Imported } from '../results/imported.js';
import { readRun, type Run } from '../results/read-run.js';
import type { Summary } from '../results/types.js';
import { byCodePoint } from '../results/result-order.js';
import type { LeaderboardRow } from './leaderboard.js';

export interface CollectedRows {
  readonly rows: readonly LeaderboardRow[];
  /** Folders and files that were left out, and why. */
  readonly warnings: readonly string[];
}

/** A folder deeper than this below the results is not one of our runs. */
const MAX_DEPTH = 12;

/**
 * Every run below a results folder (`**\/run.json`), and imported scores, as rows; links to other folders are not followed.
 *
 * What is broken or foreign is left out with a warning; other files are passed over.
 *
 * @throws UserError when the folder itself cannot be read
 */
export async function collectRows(resultsFolder: string): Promise<CollectedRows> {
  const warnings: string[] = [];
  const rows: LeaderboardRow[] = [];
  for (const { folder, isImported } of await rowFolders(resultsFolder, warnings)) {
    const from = relative(resultsFolder, folder).split(sep).join('/') || '.';
    try {
      if (isImported) rows.push(importedRow(readImported(folder), from));
      else {
        const run = await readRun(folder);
        warnings.push(...run.problems.map(formatProblem));
        rows.push(measuredRow(run, from));
      }
    } catch (thrown) {
      if (!(thrown instanceof UserError)) throw thrown;
      warnings.push(thrown.message);
    }
  }
  return { rows, warnings };
}

interface RowFolder {
  readonly folder: string;
  readonly isImported: boolean;
}

async function rowFolders(root: string, warnings: string[]): Promise<RowFolder[]> {
  const found: RowFolder[] = [];
  const open: { folder: string; depth: number }[] = [{ folder: root, depth: 0 }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { folder, depth } = next;
    let entries;
    try {
      entries = await readdir(folder, { withFileTypes: true });
    } catch (thrown) {
      const what = `the folder cannot be read (${messageOf(thrown)})`;
      if (folder === root)
        throw new UserError({ where: root, what, fix: 'name the folder of the results (--results)' });
      warnings.push(formatProblem({ where: folder, what }));
      continue;
    }
    const isRun = entries.some((entry) => entry.name === 'run.json');
    const isImported = !isRun && entries.some((entry) => entry.name === IMPORTED_FILE);
    if (isRun || isImported) found.push({ folder, isImported });
    for (const entry of entries) {
      // Below a run lie only its own files.
      if (!entry.isDirectory() || entry.name.startsWith('.') || (isRun && OWN_FOLDERS.includes(entry.name))) continue;
      if (depth < MAX_DEPTH) open.push({ folder: join(folder, entry.name), depth: depth + 1 });
      else warnings.push(formatProblem({ where: join(folder, entry.name), what: 'not looked into: nested too deep' }));
    }
  }
  return found.sort((a, b) => byCodePoint(a.folder, b.folder));
}

const OWN_FOLDERS = ['tasks', 'items'];

/** A run as a row of the leaderboard. */
export function measuredRow({ record, tasks }: Pick<Run, 'record' | 'tasks'>, from: string): LeaderboardRow {
  const results = [...tasks.values()];
  const scored = results.map(scoreOf).filter(isScored);
  const others = results.filter((result) => !isScored(scoreOf(result)));
  return {
    model: record.model.id,
    variant: record.variant,
    source: 'measured',
    protocol: record.protocol.name,
    from,
    scores: new Map(scored.map(({ task, value }) => [task, value])),
    reasons: new Map(
      others.map(({ task, state, reason, main }) => [
        task,
        state === 'done' ? `"${main.metric}" is undefined` : reason === undefined ? state : `${state}: ${reason}`,
      ]),
    ),
    changed: results.filter(({ dataset }) => dataset.changed === true).map(({ task }) => task),
    definitions: new Map(
      results.map(({ task, taskVersion, scoredBy }) => [task, { version: taskVersion, hash: scoredBy?.definition }]),
    ),
  };
}

/** Scores that were imported as a row. */
export function importedRow({ model, protocol, scores }: Imported, from: string): LeaderboardRow {
  return { model, variant: null, source: 'imported', protocol, from, scores: scoresByTask(scores) };
}

/** Every model of a publication as a row. Published JMTEB v1 figures have the protocol `published`. */
export function publishedRows(published: Pick<PublishedScores, 'id' | 'models'>): LeaderboardRow[] {
  return Object.entries(published.models).map(([model, families]) => ({
    model,
    variant: null,
    source: 'published',
    protocol: 'published',
    from: published.id,
    scores: scoresByTask(families),
  }));
}

function scoresByTask(families: Summary): Map<string, number> {
  const tasks = Object.values(families).flatMap((byTask) => Object.entries(byTask));
  return new Map(tasks.map(([task, metrics]): [string, number] => [task, Object.values(metrics)[0]]));
}
