import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { Problem } from '../errors.js';
import type { Catalogue } from './catalogue.js';
import { loadDefinitions, unknownTasks } from './catalogue.js';
import { familyFolder, familyNamed, nearestFamily } from './family-rules.js';
import { suggestName } from './nearest-name.js';
import { globExpression } from './safe-path.js';
import { readSuiteDefinition } from './suite-definition.js';
import { readTaskDefinition, shownPath } from './task-definition.js';
import type { Family, SuiteDefinition, TaskDefinition } from './types.js';
import { FAMILIES } from './types.js';

/** The suite that is run when neither tasks nor a suite are named. */
export const DEFAULT_SUITE = 'jmteb-v1';

export interface TaskSelection {
  /** In the order of the suite, else of the selectors; no task twice. */
  readonly tasks: readonly TaskDefinition[];
  /** The suite that was named, or the default when no tasks were; null for tasks of one's own choice. */
  readonly suite: SuiteDefinition | null;
  /** Absolute paths of the definitions that were read from named files, by id of the task. */
  readonly files: ReadonlyMap<string, string>;
  readonly problems: readonly Problem[];
  readonly warnings: readonly string[];
}

export interface SelectionOptions {
  /** Ids or globs to leave out. */
  readonly exclude?: readonly string[];
  /** Families to keep; default all. */
  readonly family?: readonly string[];
  /** Id or file of a suite. */
  readonly suite?: string;
  readonly catalogue?: Catalogue;
}

/**
 * The tasks that a command line means.
 *
 * A selector is an id, a glob over ids, or the path of a definition file (also with a glob in its name); several stand
 * between commas. `-` and `_` are the same, and so are capital and small letters. Without selectors and suite it is the
 * default suite. With both, ids and globs choose within the suite, and files are added to it.
 *
 * @returns the tasks, and every name that is not known with the nearest one that is
 */
export function resolveTasks(selectors: readonly string[], options: SelectionOptions = {}): TaskSelection {
  const selection = new Selection(options.catalogue ?? loadDefinitions());
  const wanted = splitNames(selectors);
  if (selectors.length > 0 && wanted.length === 0)
    selection.problems.push({ where: '--tasks', what: 'no task is named.', fix: 'name one, or leave out the option.' });
  const suiteName = options.suite ?? (wanted.length === 0 ? DEFAULT_SUITE : undefined);
  const suite = suiteName === undefined ? undefined : selection.openSuite(suiteName);
  const suiteIsBroken = suiteName !== undefined && suite === undefined;

  let tasks = suite === undefined ? [] : selection.tasksOf(suite);
  if (wanted.length > 0 && !suiteIsBroken) tasks = selection.choose(wanted, suite === undefined ? undefined : tasks);
  const families = selection.families(options.family ?? []);
  const excluded = selection.excluded(splitNames(options.exclude ?? []), tasks);
  const kept = tasks.filter((t) => !excluded.has(t.id) && (families === undefined || families.has(t.family)));
  if (kept.length === 0 && selection.problems.length === 0)
    selection.problems.push({
      where: '--tasks',
      what: `no task is left of ${tasks.length}.`,
      fix: 'choose more tasks or families, or exclude fewer.',
    });
  const { problems, warnings } = selection;
  return { tasks: kept, suite: suite ?? null, files: selection.filesOfTasks(kept), problems, warnings };
}

class Selection {
  readonly problems: Problem[] = [];
  readonly warnings: string[] = [];
  /** Definitions read from files, so that a file that is named twice is one task. */
  private readonly files = new Map<string, TaskDefinition | undefined>();
  /** Folder of a suite that was read from a file. */
  private suiteFolder: string | undefined;

  constructor(private readonly catalogue: Catalogue) {}

  openSuite(name: string): SuiteDefinition | undefined {
    const { suites } = this.catalogue;
    const id = [...suites.keys()].find((key) => plainName(key) === plainName(name.trim()));
    if (id !== undefined) return suites.get(id);
    if (looksLikeFile(name)) {
      const reading = readSuiteDefinition(name);
      this.problems.push(...reading.problems);
      if (reading.value !== undefined) this.suiteFolder = resolve(dirname(name));
      return reading.value;
    }
    const fix = suggestName(name, [...suites.keys()]);
    this.problems.push({ where: '--suite', what: `there is no suite "${name}".`, fix });
    return undefined;
  }

  tasksOf(suite: SuiteDefinition): TaskDefinition[] {
    const file = this.catalogue.suiteFiles.get(suite.id);
    const folder = this.suiteFolder ?? (file === undefined ? '.' : dirname(file));
    const where = file === undefined || this.suiteFolder !== undefined ? `suite ${suite.id}` : shownPath(file);
    const named = { ...suite, tasks: suite.tasks.filter((task) => !task.endsWith('.json')) };
    const unknown = unknownTasks(named, this.catalogue, where);
    this.problems.push(...unknown, ...this.brokenFiles(named.tasks.filter((id) => !this.catalogue.tasks.has(id))));
    return this.unique(
      suite.tasks.map((task) =>
        task.endsWith('.json') ? this.open(resolve(folder, task)) : this.catalogue.tasks.get(task),
      ),
    );
  }

  /** The tasks that selectors name, among those of the suite when there is one. */
  choose(selectors: readonly string[], ofSuite: readonly TaskDefinition[] | undefined): TaskDefinition[] {
    const known = [...this.catalogue.tasks.values()];
    const chosen: { readonly task: TaskDefinition | undefined; readonly isFile: boolean }[] = [];
    for (const selector of selectors) {
      const tasks = this.match(selector, ofSuite ?? known);
      if (tasks.length > 0) chosen.push(...tasks.map((task) => ({ task, isFile: false })));
      else if (looksLikeFile(selector))
        chosen.push(...this.filesOf(selector).map((path) => ({ task: this.open(path), isFile: true })));
      else if (ofSuite !== undefined && this.match(selector, known).length > 0)
        this.problems.push({
          where: '--tasks',
          what: `"${selector}" is not in the suite.`,
          fix: 'leave out --suite, or choose tasks of the suite.',
        });
      else this.unknown('--tasks', selector, known);
    }
    if (ofSuite === undefined) return this.unique(chosen.map(({ task }) => task));
    const picked = new Set(chosen.filter(({ isFile }) => !isFile).map(({ task }) => task));
    const added = chosen.filter(({ isFile }) => isFile).map(({ task }) => task);
    const onlyFiles = picked.size === 0 && added.length > 0;
    return this.unique([...ofSuite.filter((task) => onlyFiles || picked.has(task)), ...added]);
  }

  families(names: readonly string[]): Set<Family> | undefined {
    const list = splitNames(names);
    if (list.length === 0) return undefined;
    const families = new Set<Family>();
    for (const name of list) {
      const family = familyNamed(name);
      if (family !== undefined) families.add(family);
      else {
        const nearest = nearestFamily(name);
        const fix = nearest === undefined ? `use one of ${FAMILIES.join(', ')}.` : `did you mean "${nearest}"?`;
        this.problems.push({ where: '--family', what: `there is no family "${name}".`, fix });
      }
    }
    return families;
  }

  excluded(selectors: readonly string[], chosen: readonly TaskDefinition[]): Set<string> {
    const known = [...this.catalogue.tasks.values(), ...chosen];
    const ids = new Set<string>();
    for (const selector of selectors) {
      const tasks = this.match(selector, known);
      if (tasks.length === 0) this.unknown('--exclude', selector, known);
      for (const task of tasks) ids.add(task.id);
    }
    return ids;
  }

  filesOfTasks(tasks: readonly TaskDefinition[]): Map<string, string> {
    const opened = [...this.files].flatMap(([path, task]) =>
      task !== undefined && tasks.includes(task) ? [{ path, task }] : [],
    );
    return new Map(opened.map(({ path, task }) => [task.id, path]));
  }

  private match(selector: string, tasks: readonly TaskDefinition[]): TaskDefinition[] {
    const exact = tasks.filter((task) => task.id === selector);
    if (exact.length > 0) return exact;
    const expression = globExpression(plainName(selector));
    return tasks.filter((task) => expression.test(plainName(task.id)));
  }

  private unknown(where: string, selector: string, known: readonly TaskDefinition[]): void {
    const ids = known.map((task) => task.id);
    const isPattern = /[*?]/.test(selector);
    const fix = isPattern ? 'see `jmteb ls tasks`.' : (suggestName(selector, ids) ?? 'see `jmteb ls tasks`.');
    const what = isPattern ? `no task fits "${selector}".` : `there is no task "${selector}".`;
    this.problems.push({ where, what, fix });
    if (where === '--tasks' && !isPattern) this.problems.push(...this.brokenFiles([selector]));
  }

  /** A definition of the package that is broken is not in the catalogue: then its problems are the reason. */
  private brokenFiles(ids: readonly string[]): Problem[] {
    return this.catalogue.problems.filter((problem) => ids.some((id) => problem.where.endsWith(`/${id}.json`)));
  }

  private filesOf(selector: string): string[] {
    const name = basename(selector);
    if (existsSync(selector) || !/[*?]/.test(name)) return [selector];
    const folder = dirname(selector);
    const expression = globExpression(name);
    const found = existsSync(folder)
      ? readdirSync(folder)
          .filter((entry) => expression.test(entry) && entry.endsWith('.json'))
          .sort()
          .map((entry) => join(folder, entry))
      : [];
    if (found.length === 0)
      this.problems.push({ where: '--tasks', what: `no definition file fits "${selector}".`, fix: 'check the path.' });
    return found;
  }

  private open(path: string): TaskDefinition | undefined {
    const key = resolve(path);
    if (!this.files.has(key)) {
      const reading = readTaskDefinition(path);
      this.problems.push(...reading.problems);
      this.warnings.push(...reading.warnings);
      this.files.set(key, reading.value);
    }
    return this.files.get(key);
  }

  /** Each task once; two definitions under one id would write the same result. */
  private unique(tasks: readonly (TaskDefinition | undefined)[]): TaskDefinition[] {
    const byId = new Map<string, TaskDefinition>();
    for (const task of tasks) {
      if (task === undefined) continue;
      const other = byId.get(task.id);
      if (other === undefined) byId.set(task.id, task);
      else if (other !== task && JSON.stringify(other) !== JSON.stringify(task))
        this.problems.push({
          where: '--tasks',
          what: `two different definitions have the id "${task.id}".`,
          fix: 'run them one after the other, or give one of them another id.',
        });
    }
    return [...byId.values()];
  }
}

/** Names from repeated options and between commas; a name that is an existing file may have commas itself. */
function splitNames(given: readonly string[]): string[] {
  return given
    .flatMap((text) => (text.endsWith('.json') && existsSync(text) ? [text] : text.split(',')))
    .map((text) => text.trim())
    .filter((text) => text !== '');
}

function looksLikeFile(selector: string): boolean {
  return selector.endsWith('.json') || /[/\\]/.test(selector);
}

function plainName(name: string): string {
  return name.toLowerCase().replaceAll('_', '-');
}

/** Names that the option --family takes, as documents and help show them. */
export const FAMILY_NAMES: readonly string[] = FAMILIES.map(familyFolder);
