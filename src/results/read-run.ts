import { existsSync } from 'node:fs';
import { readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { formatProblem, MachineError, messageOf, UserError, type Problem } from '../errors.js';
import { readRunRecord, readTaskResult } from './result-file.js';
import { byCodePoint, inOrder } from './result-order.js';
import { runFiles } from './run-folder.js';
import type { RunRecord, TaskResult } from './types.js';
import { clearTemporaryFiles } from '../write-atomically.js';

/** A run as it stands on disk. */
export interface Run {
  readonly folder: string;
  readonly record: RunRecord;
  /** By task id, in the order of the families, then of the ids. */
  readonly tasks: ReadonlyMap<string, TaskResult>;
  /** Task files that could not be read. */
  readonly problems: readonly Problem[];
}

/**
 * Reads a run folder and changes nothing.
 *
 * Task files that are broken are left out and told among the problems.
 *
 * @throws UserError when `run.json` is absent or broken
 */
export async function readRun(folder: string): Promise<Run> {
  if (!existsSync(runFiles.record(folder)))
    throw new UserError({
      where: folder,
      what: existsSync(folder) ? 'this is not a run folder: it has no run.json' : 'there is no such folder',
      fix: 'name the folder that the run command printed last, <output>/<model>/<variant>',
    });
  const record = readRunRecord(folder);
  const { tasks, broken } = await readTasks(folder, record.protocol.name);
  return { folder, record, tasks, problems: broken.flatMap(({ problems }) => problems) };
}

/** What a new run finds in the folder of an earlier one. */
export interface ResumableRun {
  /** null when there is none yet, or when it was broken and set aside. */
  readonly record: RunRecord | null;
  readonly tasks: ReadonlyMap<string, TaskResult>;
  /** One line for each file that was set aside. */
  readonly warnings: readonly string[];
}

/**
 * Reads a run folder to go on in it: broken files are set aside as `<name>.corrupt-<n>` with a warning and will be made
 * again; what a killed process left half-written is removed.
 *
 * @throws MachineError when a broken file cannot be renamed
 */
export async function readRunForResume(folder: string): Promise<ResumableRun> {
  for (const place of [folder, runFiles.tasks(folder), runFiles.items(folder)]) await clearTemporaryFiles(place);
  const warnings: string[] = [];
  const setAside = async (path: string, problems: readonly Problem[]) => {
    const moved = await moveAside(path);
    warnings.push(`${problems.map(formatProblem).join('\n')}\n  Set aside as ${moved}; it is made again.`);
  };
  let record: RunRecord | null = null;
  const path = runFiles.record(folder);
  if (existsSync(path)) {
    try {
      record = readRunRecord(folder);
    } catch (thrown) {
      await setAside(path, problemsOf(thrown));
    }
  }
  const { tasks, broken } = await readTasks(folder, record?.protocol.name);
  for (const file of broken) await setAside(file.path, file.problems);
  return { record, tasks, warnings };
}

interface BrokenFile {
  readonly path: string;
  readonly problems: readonly Problem[];
}

async function readTasks(
  folder: string,
  protocol: string | undefined,
): Promise<{ tasks: Map<string, TaskResult>; broken: BrokenFile[] }> {
  const results: TaskResult[] = [];
  const broken: BrokenFile[] = [];
  for (const path of await taskFiles(folder)) {
    try {
      const result = readTaskResult(path);
      if (protocol !== undefined && result.protocol !== protocol)
        throw new UserError({ where: path, what: `"protocol" is "${result.protocol}", but run.json says "${protocol}"` });
      results.push(result);
    } catch (thrown) {
      broken.push({ path, problems: problemsOf(thrown) });
    }
  }
  return { tasks: new Map(inOrder(results).map((result) => [result.task, result])), broken };
}

/** Paths of `tasks/*.json`, sorted; temporary files and files set aside have other endings. */
async function taskFiles(folder: string): Promise<string[]> {
  const place = runFiles.tasks(folder);
  let names: string[];
  try {
    names = await readdir(place);
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new UserError({ where: place, what: `the folder cannot be read (${messageOf(thrown)})` });
  }
  const files = names.filter((name) => name.endsWith('.json') && !name.startsWith('.'));
  return files.sort(byCodePoint).map((name) => join(place, name));
}

function problemsOf(thrown: unknown): readonly Problem[] {
  if (thrown instanceof UserError) return thrown.problems;
  throw thrown;
}

async function moveAside(path: string): Promise<string> {
  for (let n = 1; ; n++) {
    const target = `${path}.corrupt-${n}`;
    if (existsSync(target)) continue;
    try {
      await rename(path, target);
    } catch (thrown) {
      throw new MachineError({ where: path, what: `the broken file cannot be set aside (${messageOf(thrown)})` }, { cause: thrown });
    }
    return target;
  }
}
