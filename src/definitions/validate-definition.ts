import { dirname, relative, resolve, sep } from 'node:path';
import type { Problem } from '../errors.js';
import { loadDefinitions, unknownTasks } from './catalogue.js';
import { readModelDefinition } from './model-definition.js';
import { packageRoot } from './package-root.js';
import { readPublished } from './published.js';
import { readJsonFile } from './read-json-file.js';
import { fieldsOf } from './schema-check.js';
import { readSuiteDefinition } from './suite-definition.js';
import { readTaskDefinition, shownPath } from './task-definition.js';

/** What a definition file defines. */
export type DefinitionKind = 'task' | 'suite' | 'model' | 'published';

const KINDS = ['task', 'suite', 'model', 'published'] as const satisfies readonly DefinitionKind[];

/** What was found in a file. */
export interface DefinitionReport {
  /** Undefined when the file is not JSON, or cannot be told to be any of the four. */
  readonly kind?: DefinitionKind;
  readonly id?: string;
  readonly problems: readonly Problem[];
  readonly warnings: readonly string[];
}

/**
 * Checks one definition file whatever it defines.
 *
 * @param path file, absolute or relative to the working directory
 * @param kind what it has to define; default what its place and its fields say
 */
export function validateDefinitionFile(path: string, kind?: DefinitionKind): DefinitionReport {
  const where = shownPath(path);
  if (kind !== undefined) return validateAs(kind, path, where);
  const file = readJsonFile(path, where);
  if (!file.ok) return { problems: [file.problem], warnings: [] };
  const guessed = kindByPlace(path) ?? kindByFields(file.value);
  if (guessed !== undefined) return validateAs(guessed, path, where);
  const what = 'its fields are those of no definition (task, suite, model or published scores).';
  return { problems: [{ where, what, fix: 'compare it with the schemas in the folder "schemas".' }], warnings: [] };
}

function validateAs(kind: DefinitionKind, path: string, where: string): DefinitionReport {
  switch (kind) {
    case 'task':
      return { kind, ...plain(readTaskDefinition(path, where)) };
    case 'model':
      return { kind, ...plain(readModelDefinition(path, where)) };
    case 'published':
      return { kind, ...plain(readPublished(path, where)) };
    case 'suite':
      return { kind, ...validateSuite(path, where) };
  }
}

/** A suite with the tasks that it names: ids have to be known, files have to be right themselves. */
function validateSuite(path: string, where: string): Omit<DefinitionReport, 'kind'> {
  const reading = readSuiteDefinition(path, where);
  const suite = reading.value;
  if (suite === undefined) return plain(reading);
  const isFile = (task: string): boolean => task.endsWith('.json');
  const ids = { ...suite, tasks: suite.tasks.filter((task) => !isFile(task)) };
  const files = suite.tasks.filter(isFile).map((task) => readTaskDefinition(resolve(dirname(path), task)));
  return {
    id: suite.id,
    problems: [...unknownTasks(ids, loadDefinitions(), where), ...files.flatMap((file) => file.problems)],
    warnings: files.flatMap((file) => file.warnings),
  };
}

/**
 * The kind of definition that an object looks like: the one whose fields it has most of, and at least two;
 * fields that a kind asks for count twice.
 *
 * @returns undefined when no kind or more than one fits best
 */
export function kindByFields(value: unknown): DefinitionKind | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const given = Object.keys(value).filter((key) => key !== '$schema');
  const { $schema: named, schema } = value as { readonly $schema?: unknown; readonly schema?: unknown };
  // Results say what they are in this field; of the definitions only published scores do.
  if (typeof schema === 'string') return schema === 'jmteb/published/1' ? 'published' : undefined;
  if (typeof named === 'string') {
    const kind = KINDS.find((k) => named.endsWith(`${k}.schema.json`) || named === `jmteb/${k}/1`);
    if (kind !== undefined) return kind;
  }
  const counts = KINDS.map((kind) => {
    const { known, required } = fieldsOf(kind);
    const count = given.filter((key) => known.includes(key)).length;
    return count < Math.min(2, given.length) ? 0 : count + given.filter((key) => required.includes(key)).length;
  });
  const best = Math.max(...counts);
  if (best === 0) return undefined;
  const fitting = KINDS.filter((_, i) => counts[i] === best);
  return fitting.length === 1 ? fitting[0] : undefined;
}

/** Files of the package are what their folder says. */
function kindByPlace(path: string): DefinitionKind | undefined {
  const [first, second] = relative(packageRoot(), resolve(path)).split(sep);
  if (first === 'tasks') return second === 'suites' ? 'suite' : 'task';
  if (first === 'configs') return 'model';
  return first === 'results' && second === 'published' ? 'published' : undefined;
}

function plain(reading: {
  readonly value?: { readonly id: string };
  readonly problems: readonly Problem[];
  readonly warnings: readonly string[];
}): Omit<DefinitionReport, 'kind'> {
  return { id: reading.value?.id, problems: reading.problems, warnings: reading.warnings };
}
