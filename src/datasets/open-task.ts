import { localDefinition } from '../definitions/task-definition.js';
import type { TaskDefinition } from '../definitions/types.js';
import type { Problem } from '../errors.js';
import {
  besideDefinition,
  cachedRepositories,
  hasPlace,
  localMirror,
  missingFiles,
  nowhere,
  type FileAnswer,
  type FileSource,
  type MissingFile,
} from './file-sources.js';
import { changeSince, readListing } from './listing-record.js';
import { rowsPlan } from './rows-plan.js';
import { taskData } from './task-data.js';
import { readRows, type FileRows } from './task-rows.js';
import type { TaskData } from './types.js';

export interface OpenTaskOptions {
  /** Folder of a local mirror: `local` of the definitions. Where it has a file, no other source is asked. */
  readonly dataDir?: string;
  /** Queries, pairs or rows that a split keeps, >= 1; see `taskData` for which. */
  readonly limit?: number;
  /** Whether rows that differ from what the definition expects may be used. */
  readonly acceptDataChanges?: boolean;
  /** Folder of the records of what commits held when they were first asked for; files are held to them. */
  readonly listings?: string;
  /** Asked for files that are neither in the local mirror nor beside the definition. */
  readonly remote?: FileSource;
}

export interface TaskReading {
  /** The rows; undefined when there is any problem. */
  readonly data?: TaskData;
  /** The definition that the rows were read by: that of the local mirror where it arranges them in its own way. */
  readonly definition: TaskDefinition;
  readonly problems: readonly Problem[];
  /** About the rows as read; the same that `data` has. */
  readonly warnings: readonly string[];
  /** How the rows differ from what the definition expects, one sentence each; problems, too, unless they are accepted. */
  readonly changed: readonly string[];
  /** Whether this is a smoke run: a limit was set. */
  readonly limited: boolean;
}

/**
 * Finds, reads and checks the rows of one task.
 *
 * Every column that the task names is held to its type in every row (corpora of more than a million rows in Parquet: all
 * ids, and the texts of the first row group; the others when they are streamed), the files to what the definition expects
 * of them. Labels and ids keep the type that the file gives them. All problems of a task are reported together; rules of
 * its family, such as two labels for pairs, are for the family to check.
 *
 * @returns the rows, or the problems
 * @throws MachineError when a file may not be read
 */
export async function openTask(task: TaskDefinition, options: OpenTaskOptions = {}): Promise<TaskReading> {
  const { dataDir, limit } = options;
  const definition = dataDir === undefined ? task : localDefinition(task, (place) => hasPlace(dataDir, place));
  const limited = limit !== undefined;
  const failed = (problems: readonly Problem[], changed: readonly string[] = []): TaskReading => ({
    definition,
    problems,
    warnings: [],
    changed,
    limited,
  });
  if (limit !== undefined && (!Number.isSafeInteger(limit) || limit < 1))
    return failed([{ where: '--limit', what: `is ${limit}; a whole number from 1 on is expected.` }]);

  const problems: Problem[] = [];
  const missing: MissingFile[] = [];
  const rows = new Map<string, FileRows>();
  const plan = rowsPlan(definition);
  const sources = [...(dataDir === undefined ? [] : [localMirror(dataDir)]), besideDefinition(), cachedRepositories()];
  if (options.remote !== undefined) sources.push(options.remote);
  for (const [key, wanted] of plan) {
    const found = await findFiles(definition, key, sources);
    if ('problem' in found) problems.push(found.problem);
    else if ('missing' in found) missing.push(found.missing);
    else rows.set(key, await readRows(definition, key, wanted, found.files));
  }
  problems.push(...missingFiles(definition, missing));
  const changes = [...rows.values()].flatMap((file) => [...file.changes, ...sinceFirst(file, options.listings)]);
  const changed = changes.map(({ where, what }) => `${where} ${what}.`);
  problems.push(...[...rows.values()].flatMap((file) => file.problems));
  if (options.acceptDataChanges !== true)
    problems.push(...changes.map(({ where, what }) => ({ where, what: `${what}.`, fix: CHANGED })));
  if (rows.size < plan.size || [...rows.values()].some((file) => file.problems.length > 0))
    return failed(problems, changed);

  const made = taskData(definition, rows, limit);
  problems.push(...made.problems);
  if (problems.length > 0) return failed(problems, changed);
  return { data: made.data, definition, problems, warnings: made.data.warnings, changed, limited };
}

const CHANGED =
  'get the data that the definition describes, or use these with --accept-data-changes; the result is then not ranked beside others.';

/** How files differ from the first download of their commits. */
function sinceFirst({ taskFiles }: FileRows, listings: string | undefined): { where: string; what: string }[] {
  if (listings === undefined) return [];
  return taskFiles.flatMap(({ name, origin, bytes, sha256 }) => {
    if (origin === undefined) return [];
    const record = readListing(listings, { kind: 'dataset', id: origin.repo }, origin.revision);
    const what = changeSince(record, name, { bytes, sha256 });
    return what === undefined ? [] : [{ where: name, what }];
  });
}

/** The files of the first source that has them; else what the first one says that should have them. */
async function findFiles(task: TaskDefinition, key: string, sources: readonly FileSource[]): Promise<FileAnswer> {
  let missing: MissingFile | undefined;
  for (const source of sources) {
    const answer = await source.find(task, key);
    if (answer === undefined) continue;
    if ('missing' in answer) missing ??= answer.missing;
    else return answer;
  }
  return { missing: missing ?? nowhere(task, key) };
}
