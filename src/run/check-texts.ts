import type { ResolvedModel } from '../embedding/types.js';
import { formatProblem, type Problem } from '../errors.js';
import type { OpenedTask } from './open-tasks.js';
import { prepareTask } from './prepare-task.js';
import { nameOf } from './unique-list.js';

/**
 * What is wrong with the texts of tasks for a model that can tell before it is loaded (given vectors that lack some).
 *
 * What is wrong with the model's files is found again with every list, and told once.
 */
export async function checkTexts(model: ResolvedModel, tasks: readonly OpenedTask[]): Promise<Problem[]> {
  if (model.check === undefined) return [];
  const problems = new Map<string, Problem>();
  for (const task of tasks) {
    const { lists } = await prepareTask(task, model);
    for (const list of lists)
      for (const problem of await model.check(list.texts(), `${task.definition.id} ${nameOf(list)}`))
        problems.set(formatProblem(problem), problem);
  }
  return [...problems.values()];
}
