import type { ResolvedModel } from '../embedding/types.js';
import type { Problem } from '../errors.js';
import { openListOf } from './open-list.js';
import type { OpenedTask } from './open-tasks.js';
import { prepareTask } from './prepare-task.js';
import type { StoreDtype } from './score-settings.js';
import { nameOf } from './unique-list.js';

/** Lists of tasks whose vectors are not in the store, or not all of them. */
export async function checkVectors(
  model: ResolvedModel,
  tasks: readonly OpenedTask[],
  cacheDir: string,
  storeDtype: StoreDtype | undefined,
): Promise<Problem[]> {
  const problems: Problem[] = [];
  for (const task of tasks) {
    const { lists } = await prepareTask(task, model);
    for (const list of lists) {
      const stored = await openListOf(model, list, cacheDir, storeDtype);
      if (stored.missing.length === 0) continue;
      problems.push({
        where: `${task.definition.id} ${nameOf(list)}`,
        what: `${stored.missing.length} of ${stored.shards} shards of its vectors are not stored in ${stored.folder}.`,
        fix: 'run the model again with the same options and data, or name the cache that has them (--cache-dir).',
      });
    }
  }
  return problems;
}
