import type { Problem } from '../errors.js';
import { throwProblems } from '../errors.js';
import { canonicalJson } from './canonical-json.js';
import { readRun } from './read-run.js';
import { checkSummary } from './result-file.js';
import { inOrder } from './result-order.js';
import { runFiles } from './run-folder.js';
import type { Summary, TaskResult } from './types.js';
import { writeAtomically } from '../write-atomically.js';

/**
 * The reference's layout: family, task, main metric, value.
 *
 * Only tasks that are done and whose main metric is defined; families in the order of the type, tasks by id.
 */
export function summaryOf(results: Iterable<TaskResult>): Summary {
  const summary: Record<string, Record<string, Record<string, number>>> = {};
  for (const { family, task, state, main } of inOrder(results)) {
    if (state !== 'done' || main.value === null) continue;
    (summary[family] ??= {})[task] = { [main.metric]: main.value };
  }
  return summary;
}

/**
 * Writes `summary.json` of a run from every task in its folder, those of earlier runs included.
 *
 * @returns the summary, and the task files that could not be read and are therefore not in it
 */
export async function writeSummary(folder: string): Promise<{ summary: Summary; problems: readonly Problem[] }> {
  const { tasks, problems } = await readRun(folder);
  const summary = summaryOf(tasks.values());
  const path = runFiles.summary(folder);
  const text = canonicalJson(summary, path);
  throwProblems(checkSummary(JSON.parse(text), path));
  await writeAtomically(path, text);
  return { summary, problems };
}
