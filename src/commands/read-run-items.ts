import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { RunItems } from '../compare/types.js';
import { findModelDefinition } from '../definitions/model-definition.js';
import { throwProblems, UserError } from '../errors.js';
import type { ItemTable } from '../families/types.js';
import { IMPORTED_FILE } from '../results/imported.js';
import { readItems } from '../results/items.js';
import { readRun } from '../results/read-run.js';
import { runFiles } from '../results/run-folder.js';

/**
 * Reads runs with the item tables of their tasks.
 *
 * @param folders of runs
 * @throws UserError for a folder that is no run, or a task file or item table that is broken
 */
export async function readRunItems(folders: readonly string[]): Promise<RunItems[]> {
  const runs = await Promise.all(folders.map((folder) => readOne(folder)));
  const shorts = runs.map(({ run }) => run.record.model.id);
  const longs = runs.map(({ run }) => `${run.record.model.id} ${run.record.variant}`);
  const areDistinct = (names: readonly string[]) => new Set(names).size === names.length;
  const names = areDistinct(shorts) ? shorts : areDistinct(longs) ? longs : folders;
  // A run may be held against itself, and still needs two names.
  return runs.map((run, at) => ({ ...run, name: areDistinct(names) ? names[at] : `${names[at]} (${at + 1})` }));
}

/** Whether a folder holds scores that others reported, and no run. */
export function isImported(folder: string): boolean {
  return !existsSync(runFiles.record(folder)) && existsSync(join(folder, IMPORTED_FILE));
}

async function readOne(folder: string): Promise<Omit<RunItems, 'name'>> {
  if (isImported(folder))
    throw new UserError({
      where: folder,
      what: 'holds imported scores: without items nothing can be tested.',
      fix: 'run the model here; "jmteb compare" and "jmteb leaderboard" show imported scores beside runs.',
    });
  const run = await readRun(folder);
  throwProblems(run.problems);
  const items = new Map<string, ItemTable>();
  for (const task of run.tasks.keys()) {
    const path = runFiles.itemTable(folder, task);
    if (existsSync(path)) items.set(task, await readItems(path));
  }
  return { run, items, trainedOn: findModelDefinition(run.record.model.id)?.value?.trainedOn ?? null };
}
