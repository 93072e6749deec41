import type { Problem } from '../errors.js';
import type { Catalogue } from './catalogue.js';
import { loadDefinitions } from './catalogue.js';
import { modelFiles, readModelDefinition } from './model-definition.js';
import { hasPrompts } from './model-prompts.js';
import { sourceFile } from './task-definition.js';
import type { Family, Subset, TaskDefinition } from './types.js';

/** One line of `ls tasks`. */
export interface TaskRow {
  readonly id: string;
  readonly family: Family;
  readonly title: string;
  readonly mainMetric: string;
  /** Suites that have it. */
  readonly suites: readonly string[];
  /** `hub`: from its repository; `local`: only with --data-dir; `beside`: beside the definition. */
  readonly source: 'hub' | 'local' | 'beside';
  readonly repo: string | null;
  readonly revision: string | null;
  /** Of a subset: the whole task and the rows of each split that are drawn from it. */
  readonly subset: string | null;
  /** Rows that the definition expects of test split and corpus; null where no figure is verified. */
  readonly testRows: number | null;
  readonly corpusRows: number | null;
  readonly license: string | null;
}

/** One line of `ls suites`. */
export interface SuiteRow {
  readonly id: string;
  readonly title: string;
  readonly tasks: readonly string[];
  readonly averages: readonly string[];
}

/** One line of `ls models`. */
export interface ModelRow {
  readonly id: string;
  readonly dims: number | null;
  readonly maxTokens: number | null;
  readonly pooling: string | null;
  readonly hasPrompts: boolean;
  readonly license: string | null;
  readonly revision: string | null;
}

/** All tasks of the package, by family and id in the order of their files. */
export function listTasks(catalogue: Catalogue = loadDefinitions()): TaskRow[] {
  return [...catalogue.tasks.values()].map((task) => {
    const repo = task.source.repo ?? firstOf(task, 'repo');
    return {
      id: task.id,
      family: task.family,
      title: task.title,
      mainMetric: task.mainMetric,
      suites: [...catalogue.suites.values()].filter((s) => s.tasks.includes(task.id)).map((s) => s.id),
      source: repo !== null ? 'hub' : task.folder === undefined ? 'local' : 'beside',
      repo,
      revision: task.source.revision ?? firstOf(task, 'revision'),
      subset: task.subset === undefined ? null : subsetText(task.subset),
      testRows: testRows(task),
      // Which documents a subset has, beside those that stay in any case, is known only with the rows.
      corpusRows: task.subset === undefined ? expectedRows(task, task.splits.corpus) : null,
      license: task.license ?? null,
    };
  });
}

/** All suites of the package. */
export function listSuites(catalogue: Catalogue = loadDefinitions()): SuiteRow[] {
  return [...catalogue.suites.values()].map(({ id, title, tasks, averages }) => ({ id, title, tasks, averages }));
}

/** All models that the package has a definition of, and the problems of those that cannot be read. */
export function listModels(): { readonly models: readonly ModelRow[]; readonly problems: readonly Problem[] } {
  const models: ModelRow[] = [];
  const problems: Problem[] = [];
  for (const path of modelFiles()) {
    const { value, problems: found } = readModelDefinition(path);
    problems.push(...found);
    if (value === undefined) continue;
    models.push({
      id: value.id,
      dims: value.dims ?? null,
      maxTokens: value.maxTokens ?? null,
      pooling: value.pooling ?? null,
      hasPrompts: hasPrompts(value.prompts),
      license: value.license ?? null,
      revision: value.revision ?? null,
    });
  }
  return { models, problems };
}

function expectedRows(task: TaskDefinition, file: string | undefined): number | null {
  return (file === undefined ? undefined : task.expect?.[file]?.rows) ?? null;
}

function testRows(task: TaskDefinition): number | null {
  const whole = expectedRows(task, task.splits.test);
  const drawn = task.subset?.rows.test;
  return drawn === undefined || whole === null ? whole : Math.min(whole, drawn);
}

/** `jsts: validation 500`, as `ls tasks` shows it. */
function subsetText({ of, rows, otherDocuments }: Subset): string {
  const parts = Object.entries(rows).map(([split, count]) => `${split} ${count}`);
  if (otherDocuments !== undefined) parts.push(`other documents ${otherDocuments}`);
  return `${of}: ${parts.join(', ')}`;
}

/** The first value of a field among the files of a task that name a repository of their own. */
function firstOf(task: TaskDefinition, field: 'repo' | 'revision'): string | null {
  for (const name of Object.keys(task.source.files)) {
    const value = sourceFile(task, name)?.[field];
    if (value !== undefined) return value;
  }
  return null;
}
