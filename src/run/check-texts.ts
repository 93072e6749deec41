import type { ResolvedModel } from '../embedding/types.js';
import type { Problem } from '../errors.js';
import type { OpenedTask } from './open-tasks.js';
import { prepareTask } from './prepare-task.js';
import { nameOf } from './unique-list.js';

/** What is wrong with the texts of tasks for a model that can tell before it is loaded (given vectors that lack some). */
export async function checkTexts(model: ResolvedModel, tasks: readonly OpenedTask[]): Promise<Problem[]> {
  if (model.check === undefined) return [];
  const problems: Problem[] = [];
  for (const task of tasks) {
    const { lists } = await prepareTask(task, model);
    for (const list of lists)
      problems.push(...(await model.check(list.texts, `${task.definition.id} ${nameOf(list)}`)));
  }
  return problems;
}
