import { existsSync } from 'node:fs';
import type { RunItems } from '../compare/types.js';
import { findModelDefinition } from '../definitions/model-definition.js';
import { throwProblems } from '../errors.js';
import type { ItemTable } from '../families/types.js';
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

async function readOne(folder: string): Promise<Omit<RunItems, 'name'>> {
  const run = await readRun(folder);
  throwProblems(run.problems);
  const items = new Map<string, ItemTable>();
  for (const task of run.tasks.keys()) {
    const path = runFiles.itemTable(folder, task);
    if (existsSync(path)) items.set(task, await readItems(path));
  }
  return { run, items, trainedOn: findModelDefinition(run.record.model.id)?.value?.trainedOn ?? [] };
}
