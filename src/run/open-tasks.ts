import { openTask } from '../datasets/open-task.js';
import type { TaskData } from '../datasets/types.js';
import type { Protocol, TaskDefinition } from '../definitions/types.js';
import type { Problem } from '../errors.js';
import { evaluatorOf } from '../families/registry.js';

/** A task whose rows were read and found right. */
export interface OpenedTask {
  readonly definition: TaskDefinition;
  readonly data: TaskData;
  readonly warnings: readonly string[];
  /** How the data differs from what the definition expects, accepted by the user. */
  readonly changed: readonly string[];
  /** Whether `--limit` left rows out. */
  readonly limited: boolean;
}

export interface DataOptions {
  readonly dataDir?: string;
  readonly limit?: number;
  readonly acceptDataChanges?: boolean;
  /** Folder of the records of what commits held when they were first asked for. */
  readonly listings?: string;
}

/**
 * Reads the rows of tasks and checks them for their families.
 *
 * @returns the tasks that are right, and all problems of the others
 */
export async function openTasks(
  definitions: readonly TaskDefinition[],
  options: DataOptions & { readonly protocol: Protocol },
): Promise<{ readonly tasks: readonly OpenedTask[]; readonly problems: readonly Problem[] }> {
  const tasks: OpenedTask[] = [];
  const problems: Problem[] = [];
  for (const asked of definitions) {
    // The rows may lie in another arrangement under --data-dir; then its definition is what holds.
    const { data, definition, problems: found, warnings, changed, limited } = await openTask(asked, options);
    problems.push(...found);
    if (data === undefined) continue;
    const faults = evaluatorOf(definition.family).check(data, options.protocol);
    problems.push(...faults.map((fault) => ofTask(definition.id, fault, limited ? options.limit : undefined)));
    if (found.length === 0 && faults.length === 0) tasks.push({ definition, data, warnings, changed, limited });
  }
  return { tasks, problems };
}

/** A family sees splits only: what it finds is said of the task, and of the limit that may have caused it. */
function ofTask(id: string, { where, what, fix }: Problem, limit: number | undefined): Problem {
  const hint = limit === undefined ? [] : [`--limit ${limit} left rows out; a larger one may do.`];
  return {
    where: `task ${id}, ${where}`,
    what,
    fix: [...(fix === undefined ? [] : [fix]), ...hint].join(' ') || undefined,
  };
}
