import { existsSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { loadDefinitions, suiteFiles, taskFiles } from '../definitions/catalogue.js';
import { modelFiles } from '../definitions/model-definition.js';
import { packageRoot } from '../definitions/package-root.js';
import { parseProtocol } from '../definitions/protocol.js';
import { resolveTasks } from '../definitions/select-tasks.js';
import { validateDefinitionFile } from '../definitions/validate-definition.js';
import { type Problem, UserError } from '../errors.js';
import { readItems } from '../results/items.js';
import { readRun } from '../results/read-run.js';
import { readSummary } from '../results/result-file.js';
import { readManifest } from '../results/run-manifest.js';
import { runFiles } from '../results/run-folder.js';
import type { FetchEvent } from '../datasets/fetch-types.js';
import { listingsFolder } from '../run/defaults.js';
import { openTasks } from '../run/open-tasks.js';
import { fetchMissing } from './fetch-missing.js';
import type { TaskOptions } from './task-options.js';

export interface ValidateOptions extends TaskOptions {
  /** Definition files and run folders; default, without tasks, every definition of the package. */
  readonly paths?: readonly string[];
  /** Rows of the tasks are read, too. */
  readonly dataDir?: string;
  readonly acceptDataChanges?: boolean;
  /** Nothing is asked over the network: what is not in the cache of the Hub is missing. */
  readonly offline?: boolean;
  readonly cacheDir?: string;
  readonly onEvent?: (event: FetchEvent) => void;
  readonly signal?: AbortSignal;
  readonly protocol?: string;
}

/** One thing that was checked. */
export interface Validated {
  readonly what: string;
  readonly kind: string;
  readonly problems: readonly Problem[];
  readonly warnings: readonly string[];
}

/** Checks definitions, runs and rows, each by itself. */
export async function validate(options: ValidateOptions): Promise<Validated[]> {
  const { paths = [], tasks, suite, family, exclude } = options;
  const checked: Validated[] = [];
  for (const path of paths) checked.push(isRun(path) ? await validateRun(path) : validateFile(path));
  const namesTasks = [tasks, suite, family, exclude].some((given) => given !== undefined);
  if (namesTasks || options.dataDir !== undefined) checked.push(...(await validateRows(options)));
  else if (paths.length === 0) checked.push(...shipped().map(validateFile), catalogue());
  return checked;
}

function shipped(): string[] {
  const published = join(packageRoot(), 'results', 'published', 'jmteb-v1.json');
  return [...taskFiles(), ...suiteFiles(), ...modelFiles(), published];
}

/** What is wrong between definitions: ids that occur twice, suites that name unknown tasks. */
function catalogue(): Validated {
  const { problems, warnings } = loadDefinitions();
  return { what: 'definitions together', kind: 'catalogue', problems, warnings };
}

function validateFile(path: string): Validated {
  const { kind = 'definition', problems, warnings } = validateDefinitionFile(path);
  return { what: path, kind, problems, warnings };
}

function isRun(path: string): boolean {
  return existsSync(path) && statSync(path).isDirectory();
}

async function validateRun(folder: string): Promise<Validated> {
  const problems: Problem[] = [];
  try {
    const run = await readRun(folder);
    problems.push(...run.problems);
    for (const task of run.tasks.values()) {
      if (task.state !== 'done' && task.state !== 'partial') continue;
      problems.push(...(await problemsOf(() => readItems(runFiles.itemTable(folder, task.task)))));
    }
    problems.push(...(await problemsOf(() => readSummary(folder))));
    problems.push(...(await problemsOf(() => readManifest(folder))));
  } catch (thrown) {
    if (!(thrown instanceof UserError)) throw thrown;
    problems.push(...thrown.problems);
  }
  return { what: folder, kind: `run ${basename(folder)}`, problems, warnings: [] };
}

async function problemsOf(read: () => unknown): Promise<readonly Problem[]> {
  try {
    await read();
    return [];
  } catch (thrown) {
    if (!(thrown instanceof UserError)) throw thrown;
    return thrown.problems;
  }
}

async function validateRows(options: ValidateOptions): Promise<Validated[]> {
  const { protocol, problems: wrongProtocol } = parseProtocol(options.protocol ?? 'published');
  const selection = resolveTasks(options.tasks ?? [], options);
  if (protocol === undefined || selection.problems.length > 0)
    throw new UserError([...wrongProtocol, ...selection.problems]);
  const checked: Validated[] = [];
  const fetched = await fetchMissing({ tasks: selection.tasks, models: [], definitions: selection.files }, options);
  if (fetched.problems.length > 0)
    checked.push({ what: 'files of the Hub', kind: 'rows', problems: fetched.problems, warnings: [] });
  for (const definition of selection.tasks) {
    if (fetched.lacking.has(definition)) continue;
    const listings = listingsFolder(options.cacheDir);
    const { tasks, problems } = await openTasks([definition], { ...options, listings, protocol });
    const warnings = tasks.flatMap((task) => [...task.warnings, ...task.changed]);
    checked.push({ what: definition.id, kind: 'rows', problems, warnings });
  }
  return checked;
}
