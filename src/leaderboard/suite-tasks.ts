import type { Family, SuiteDefinition, TaskDefinition } from '../definitions/types.js';

/** What tables need to know of a suite: its tasks with their families, and which average leads. */
export interface SuiteTasks extends Pick<SuiteDefinition, 'id' | 'title' | 'averages'> {
  readonly tasks: readonly SuiteTask[];
}

/** With a whole definition, results of another definition or version under the same id are not comparable. */
export type SuiteTask = TaskDefinition | Pick<TaskDefinition, 'id' | 'family'>;

/** Whether more is known than that there is such a task. */
export function isDefined(task: SuiteTask): task is TaskDefinition {
  return 'source' in task;
}

/** Families that have a task in the suite, in the order given, each with its tasks. */
export function tasksByFamily(
  suite: Pick<SuiteTasks, 'tasks'>,
  order: readonly Family[],
): { readonly family: Family; readonly tasks: readonly string[] }[] {
  return order
    .map((family) => ({ family, tasks: suite.tasks.filter((task) => task.family === family).map(({ id }) => id) }))
    .filter(({ tasks }) => tasks.length > 0);
}

/** An average's name says what it is over: `mean over datasets (16)`. */
export function averageName(average: 'datasets' | 'families', over: number): string {
  return `mean over ${average} (${over})`;
}
