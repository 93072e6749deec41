import { join } from 'node:path';
import { throwProblems, UserError } from '../errors.js';
import { unwritable } from './canonical-json.js';
import { pythonJson } from './python-json.js';
import type { Run } from './read-run.js';
import { runFiles } from './run-folder.js';
import { summaryOf } from './summary.js';
import type { TaskResult } from './types.js';
import { writeAtomically } from '../write-atomically.js';

export interface JmtebV1Export {
  /** Paths of the files written. */
  readonly files: readonly string[];
  /** Tasks that the reference's layout has no place for, and why. */
  readonly leftOut: readonly { readonly task: string; readonly reason: string }[];
}

/**
 * Writes a run as the reference's own tree: `summary.json` and `<Family>/scores_<task>.json`, indented and with numbers as
 * there.
 *
 * `val_scores` has every candidate, `test_scores` the chosen one. A task without a validation split has `val_scores` {}.
 * Only tasks that are done and whose main metric is defined: the reference knows no other state.
 *
 * @throws UserError when the folder is the run's own (its summary would be overwritten), MachineError when writing fails
 */
export async function exportJmtebV1(run: Pick<Run, 'tasks'> & { folder?: string }, folder: string): Promise<JmtebV1Export> {
  if (run.folder !== undefined && join(run.folder) === join(folder))
    throw new UserError({
      where: folder,
      what: 'this is the run itself',
      fix: 'name another folder to export to (-o FOLDER)',
    });
  const files: string[] = [];
  const leftOut: { task: string; reason: string }[] = [];
  const write = async (path: string, value: unknown) => {
    throwProblems(unwritable(value, path));
    await writeAtomically(path, pythonJson(value));
    files.push(path);
  };
  for (const result of run.tasks.values()) {
    const reason = reasonToLeaveOut(result);
    if (reason !== null) leftOut.push({ task: result.task, reason });
    else await write(join(folder, result.family, `scores_${fileStem(result)}.json`), scoresOf(result));
  }
  await write(runFiles.summary(folder), summaryOf(run.tasks.values()));
  return { files, leftOut };
}

function reasonToLeaveOut({ state, reason, main }: TaskResult): string | null {
  if (state !== 'done') return reason === undefined ? state : `${state}: ${reason}`;
  return main.value === null ? `"${main.metric}" is undefined` : null;
}

/** The contents of `scores_<task>.json`. */
export function scoresOf({ main, choice, validation, test }: TaskResult): Record<string, unknown> {
  if (choice === null || test === null) throw new Error('a task that is done has a choice and test scores');
  return {
    metric_name: main.metric,
    metric_value: main.value,
    details: {
      [choice.name]: choice.value,
      val_scores: validation ?? {},
      test_scores: { [choice.value]: test[choice.value] },
    },
  };
}

function fileStem({ task }: TaskResult): string {
  // Throws when the id is no file name, as for every other file of a task.
  runFiles.task('', task);
  return task;
}
