import { existsSync, readdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Problem } from '../errors.js';
import { nearestName } from './nearest-name.js';
import { packageRoot } from './package-root.js';
import { readSuiteDefinition } from './suite-definition.js';
import { readTaskDefinition, shownPath } from './task-definition.js';
import type { SuiteDefinition, TaskDefinition } from './types.js';

/** All definitions of tasks and suites that the package has. */
export interface Catalogue {
  /** By id, in the order of folders and names. */
  readonly tasks: ReadonlyMap<string, TaskDefinition>;
  readonly suites: ReadonlyMap<string, SuiteDefinition>;
  /** Paths of the files by id. */
  readonly taskFiles: ReadonlyMap<string, string>;
  readonly suiteFiles: ReadonlyMap<string, string>;
  /** What is wrong with the files of the package; the definitions of such files are missing above. */
  readonly problems: readonly Problem[];
  readonly warnings: readonly string[];
}

const loaded = new Map<string, Catalogue>();

/**
 * Reads every task and suite of the package; the second call answers from memory.
 *
 * @param root folder with `tasks/`; default the package
 */
export function loadDefinitions(root = packageRoot()): Catalogue {
  let catalogue = loaded.get(root);
  if (catalogue === undefined) {
    catalogue = readAll(root);
    loaded.set(root, catalogue);
  }
  return catalogue;
}

/** Tasks of a suite that the catalogue lacks, one problem each; tasks given as paths are read where they are used. */
export function unknownTasks(suite: SuiteDefinition, catalogue: Catalogue, where: string): Problem[] {
  return suite.tasks.flatMap((id, i) => {
    if (id.endsWith('.json')) {
      const file = catalogue.suiteFiles.get(suite.id);
      return file === undefined || existsSync(resolve(dirname(file), id))
        ? []
        : [{ where, what: `"tasks[${i}]" is "${id}", but there is no such file beside the suite.` }];
    }
    if (catalogue.tasks.has(id)) return [];
    const nearest = nearestName(id, catalogue.tasks.keys());
    const fix = nearest === undefined ? 'see `jmteb ls tasks`.' : `did you mean "${nearest}"?`;
    return [{ where, what: `"tasks[${i}]" is "${id}", which is no task.`, fix }];
  });
}

/** Paths of all task definitions of the package. */
export function taskFiles(root = packageRoot()): string[] {
  const folder = join(root, 'tasks');
  return foldersIn(folder)
    .filter((name) => name !== 'suites')
    .flatMap((name) => jsonFilesIn(join(folder, name)));
}

/** Paths of all suite definitions of the package. */
export function suiteFiles(root = packageRoot()): string[] {
  return jsonFilesIn(join(root, 'tasks', 'suites'));
}

function readAll(root: string): Catalogue {
  const tasks = new Map<string, TaskDefinition>();
  const suites = new Map<string, SuiteDefinition>();
  const pathsOfTasks = new Map<string, string>();
  const pathsOfSuites = new Map<string, string>();
  const problems: Problem[] = [];
  const warnings: string[] = [];
  for (const path of taskFiles(root)) {
    const reading = readTaskDefinition(path, shownPath(path, root), root);
    problems.push(...reading.problems);
    warnings.push(...reading.warnings);
    if (reading.value === undefined) continue;
    const { id } = reading.value;
    const other = pathsOfTasks.get(id);
    if (other !== undefined) {
      problems.push({
        where: shownPath(path, root),
        what: `"id" is "${id}", which ${shownPath(other, root)} has, too.`,
        fix: 'give one of them another id.',
      });
      continue;
    }
    tasks.set(id, reading.value);
    pathsOfTasks.set(id, path);
  }
  for (const path of suiteFiles(root)) {
    const reading = readSuiteDefinition(path, shownPath(path, root), root);
    problems.push(...reading.problems);
    if (reading.value === undefined) continue;
    suites.set(reading.value.id, reading.value);
    pathsOfSuites.set(reading.value.id, path);
  }
  const catalogue = { tasks, suites, taskFiles: pathsOfTasks, suiteFiles: pathsOfSuites, problems, warnings };
  for (const suite of suites.values())
    problems.push(...unknownTasks(suite, catalogue, shownPath(pathsOfSuites.get(suite.id) as string, root)));
  return catalogue;
}

function foldersIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
}

function jsonFilesIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => join(folder, name));
}
