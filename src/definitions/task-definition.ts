import { basename, dirname, relative, resolve, sep } from 'node:path';
import type { Problem } from '../errors.js';
import { rulesOf } from './family-rules.js';
import { suggestName } from './nearest-name.js';
import { packageRoot } from './package-root.js';
import { readJsonFile } from './read-json-file.js';
import type { Reading } from './reading.js';
import { refused } from './reading.js';
import { isGlob, unsafePath } from './safe-path.js';
import { checkSchema, dottedPath } from './schema-check.js';
import type { ColumnRole, FileExpectation, SourceFile, Subset, TaskDefinition, TaskSplits } from './types.js';

/** A definition as its file holds it: the reader's own field is not in it, the editors' is. */
type TaskFileContent = Omit<TaskDefinition, 'folder'> & { readonly $schema?: string };

/**
 * Reads and checks one task definition.
 *
 * `folder` is set where the files lie beside the definition: there is no repository and, for a definition that is shipped
 * with the package, no place under `--data-dir` either.
 *
 * @param path file, absolute or relative to the working directory
 * @param where name that messages show; default the path, or its place in the package
 * @param root folder of the package
 */
export function readTaskDefinition(
  path: string,
  where = shownPath(path),
  root = packageRoot(),
): Reading<TaskDefinition> {
  const file = readJsonFile(path, where);
  if (!file.ok) return refused([file.problem]);
  const faults = checkSchema('task', file.value, where, 'task definition');
  if (faults.length > 0) return refused(faults);
  const { $schema: _, ...content } = file.value as TaskFileContent;
  const definition: TaskDefinition = {
    ...content,
    source: { ...content.source, files: plainFiles(content.source.files) },
  };
  const problems = checkTask(definition, where);
  const shipped = isShipped(path, root);
  const name = basename(path, '.json');
  if (shipped && definition.id !== name)
    problems.push({
      where,
      what: `"id" is "${definition.id}", but the file is named "${name}".`,
      fix: 'give both the same name.',
    });
  if (problems.length > 0) return refused(problems);
  const warnings = warningsOf(definition, where);
  const hasPlace = Object.values(definition.source.files).some((f) => typeof f !== 'string' && f.local !== undefined);
  const beside = definition.source.repo === undefined && !(shipped && hasPlace);
  return { value: beside ? { ...definition, folder: resolve(dirname(path)) } : definition, problems, warnings };
}

/** The file of a name in `source.files`, as an object whatever way it was written. */
export function sourceFile(task: TaskDefinition, name: string): SourceFile | undefined {
  if (!Object.hasOwn(task.source.files, name)) return undefined;
  const file = task.source.files[name];
  return typeof file === 'string' ? { path: file } : file;
}

/**
 * Files of one split in the layout `qrels`: the split names its judgements (or its queries), the other file has the same
 * name with the other word, else the plain name.
 *
 * @returns names in `source.files`, or undefined when the definition does not have both
 */
export function qrelsFiles(
  task: Pick<TaskDefinition, 'source' | 'splits'>,
  split: 'validation' | 'test',
): { readonly queries: string; readonly qrels: string } | undefined {
  const name = task.splits[split];
  if (name === null) return undefined;
  const has = (file: string): boolean => Object.hasOwn(task.source.files, file);
  const other = (from: string, to: string): string => {
    const twin = name.replace(from, to);
    return has(twin) ? twin : to;
  };
  const pair = name.includes('qrels')
    ? { queries: other('qrels', 'queries'), qrels: name }
    : name.includes('queries')
      ? { queries: name, qrels: other('queries', 'qrels') }
      : undefined;
  return pair !== undefined && has(pair.queries) && has(pair.qrels) ? pair : undefined;
}

/**
 * The definition as it is read from a local mirror.
 *
 * Most definitions stay as they are. One with `local` becomes a plain definition of that arrangement when the mirror has
 * any file of it; a validation split is used where its file is there, else the fixed choice holds.
 *
 * @param has whether the mirror has a file at a place (given without its ending)
 */
export function localDefinition(task: TaskDefinition, has: (place: string) => boolean): TaskDefinition {
  const local = task.local;
  if (local === undefined || !Object.values(local.files).some(has)) return task;
  const validationFile = local.splits.validation;
  const lacksValidation =
    validationFile !== null && task.fixedChoice !== undefined && !has(local.files[validationFile]);
  const splits: TaskSplits = lacksValidation ? { ...local.splits, validation: null } : local.splits;
  const used = new Set(Object.values(splits).filter((name) => name !== null));
  const files: Record<string, SourceFile> = {};
  const expect: Record<string, FileExpectation> = {};
  for (const [name, place] of Object.entries(local.files)) {
    if (lacksValidation && name === validationFile && !used.has(name)) continue;
    files[name] = { path: place, local: place };
    if (local.expect?.[name] !== undefined) expect[name] = local.expect[name];
  }
  const { local: _local, fixedChoice, layout: _layout, folder: _folder, expect: _expect, ...rest } = task;
  return {
    ...rest,
    source: { files },
    splits,
    columns: local.columns,
    ...(local.layout === undefined ? {} : { layout: local.layout }),
    ...(splits.validation === null ? { fixedChoice } : {}),
    ...(local.expect === undefined ? {} : { expect }),
  };
}

/** A path as messages show it: that of a file of the package from its root, any other as it was given. */
export function shownPath(path: string, root = packageRoot()): string {
  return isShipped(path, root) ? relative(root, resolve(path)).split(sep).join('/') : path;
}

/** Whether a file is one of those that the package brings along. */
export function isShipped(path: string, root = packageRoot()): boolean {
  const inside = relative(root, resolve(path)).split(sep);
  return ['tasks', 'configs', 'results'].includes(inside[0]);
}

function plainFiles(files: TaskDefinition['source']['files']): Record<string, string | SourceFile> {
  const plain = (path: string): string => path.replace(/^(?:\.\/)+/, '');
  const result: Record<string, string | SourceFile> = {};
  for (const [name, file] of Object.entries(files)) {
    if (typeof file === 'string') result[name] = plain(file);
    else {
      const path = typeof file.path === 'string' ? plain(file.path) : file.path.map(plain);
      result[name] = { ...file, path, ...(file.local === undefined ? {} : { local: plain(file.local) }) };
    }
  }
  return result;
}

/** The rules that need more than one field, all that are broken. */
function checkTask(task: TaskDefinition, where: string): Problem[] {
  const problems: Problem[] = [];
  const add = (keys: readonly (string | number)[], what: string, fix?: string): void => {
    problems.push({ where, what: `"${dottedPath(keys)}" ${what}`, fix });
  };
  const rules = rulesOf(task.family);
  const fileNames = Object.keys(task.source.files);

  checkSource(task, add);
  checkArrangement({ ...task, names: fileNames, prefix: [] }, task.family, add);
  if (task.layout === 'qrels' && rules.qrelsColumns !== undefined) checkQrels(task, add);

  if (task.splits.validation === null) {
    if (rules.needsValidation !== undefined)
      add(['splits', 'validation'], `is null.\n  ${rules.needsValidation}`, 'name the file of the validation split.');
    else if (task.fixedChoice === undefined)
      add(
        ['fixedChoice'],
        'is missing.\n  Without a validation split nothing chooses among the candidates of the family.',
        `add "fixedChoice": "${rules.candidates[0]}".`,
      );
  } else if (task.fixedChoice !== undefined && task.local === undefined) {
    add(['fixedChoice'], 'has no effect beside a validation split.', 'remove it, or set "splits.validation" to null.');
  }
  if (task.fixedChoice !== undefined && !rules.candidates.includes(task.fixedChoice))
    add(
      ['fixedChoice'],
      `is "${task.fixedChoice}", which is no candidate of the ${task.family} family.`,
      suggestName(task.fixedChoice, rules.candidates),
    );

  checkMetric(task, add);
  for (const role of Object.keys(task.prompts ?? {}))
    if (!(rules.textRoles as readonly string[]).includes(role))
      add(
        ['prompts', role],
        `is not a text of the ${task.family} family.`,
        `use one of ${rules.textRoles.map((r) => `"${r}"`).join(', ')}.`,
      );
  if (task.local !== undefined) checkLocal(task, add);
  if (task.subset !== undefined) checkSubset(task, task.subset, add);
  return problems;
}

type Add = (keys: readonly (string | number)[], what: string, fix?: string) => void;

function checkSource(task: TaskDefinition, add: Add): void {
  const { repo, revision, files } = task.source;
  const pin = 'pin the commit, so that the data cannot change under the same name.';
  if (repo !== undefined && revision === undefined) add(['source', 'revision'], 'is missing beside "repo".', pin);
  if (repo === undefined && revision !== undefined)
    add(['source', 'revision'], 'has no effect without "source.repo".', 'add the repository, or remove the revision.');
  for (const [name, given] of Object.entries(files)) {
    const at = ['source', 'files', name];
    const file: SourceFile = typeof given === 'string' ? { path: given } : given;
    const paths = typeof file.path === 'string' ? [file.path] : file.path;
    paths.forEach((path, i) => {
      const keys = typeof given === 'string' ? at : [...at, 'path', ...(typeof file.path === 'string' ? [] : [i])];
      const fault = unsafePath(path);
      if (fault !== undefined) add(keys, `is "${path}": ${fault}.`, RELATIVE);
    });
    if (file.local !== undefined) checkPlace(file.local, [...at, 'local'], add);
    if (file.local !== undefined && task.local !== undefined)
      add([...at, 'local'], 'stands beside "local" of the task.', 'say in one place only where the local file is.');
    if (file.repo !== undefined && file.revision === undefined)
      add([...at, 'revision'], 'is missing beside "repo".', pin);
    if (file.revision !== undefined && file.repo === undefined && repo === undefined)
      add([...at, 'revision'], 'has no effect without a repository.', 'add "repo", or remove the revision.');
    if (file.sha256 !== undefined && (paths.length > 1 || paths.some(isGlob)))
      add([...at, 'sha256'], 'is one hash, but "path" can be several files.', 'name one file, or remove the hash.');
  }
}

const RELATIVE = 'write a path that is relative to its folder and stays in it.';

function checkPlace(place: string, keys: readonly string[], add: Add): void {
  const fault = unsafePath(place);
  if (fault !== undefined) add(keys, `is "${place}": ${fault}.`, RELATIVE);
  else if (isGlob(place)) add(keys, `is "${place}"; a place is one file, not a pattern.`, 'name one file.');
  else if (/\.(?:parquet|jsonl)$/.test(place))
    add(keys, `is "${place}"; a place stands without its ending.`, `write "${place.replace(/\.[a-z]+$/, '')}".`);
}

/** Splits, columns and expectations of the source or of the local mirror, which follow the same rules. */
interface Arrangement {
  readonly splits: TaskSplits;
  readonly columns: TaskDefinition['columns'];
  readonly layout?: 'rows' | 'qrels';
  readonly expect?: TaskDefinition['expect'];
  /** Names of its files. */
  readonly names: readonly string[];
  /** Dotted path before its fields. */
  readonly prefix: readonly string[];
}

function checkArrangement(arrangement: Arrangement, family: TaskDefinition['family'], add: Add): void {
  const { splits, columns, layout, expect, names, prefix } = arrangement;
  const rules = rulesOf(family);
  const extra: Readonly<Partial<Record<string, string>>> = rules.extraSplits;
  for (const [split, why] of Object.entries(extra))
    if (!Object.hasOwn(splits, split))
      add(
        [...prefix, 'splits', split],
        `is missing.\n  The ${family} family ${why}.`,
        `add "${split}": "<name of a file>".`,
      );
  for (const [split, file] of Object.entries(splits)) {
    if (split !== 'validation' && split !== 'test' && extra[split] === undefined)
      add([...prefix, 'splits', split], `is not read by the ${family} family.`, 'remove it.');
    else if (file !== null && !names.includes(file))
      add(
        [...prefix, 'splits', split],
        `is "${file}", but ${prefix.length === 0 ? '"source.files"' : `"${dottedPath([...prefix, 'files'])}"`} has no such name.`,
        suggestName(file, names),
      );
  }
  if (layout === 'qrels' && rules.qrelsColumns === undefined) {
    add([...prefix, 'layout'], `is "qrels", which is a layout of the Retrieval family only.`, 'remove it.');
  } else {
    const required = layout === 'qrels' ? (rules.qrelsColumns as Record<string, string>) : rules.columns;
    const optional: readonly string[] = layout === 'qrels' ? [] : rules.optionalColumns;
    for (const [role, what] of Object.entries(required))
      if (!Object.hasOwn(columns, role))
        add(
          [...prefix, 'columns', role],
          `is missing.\n  The ${family} family reads ${what} from that column.`,
          `add "${role}": "<column name>", then run the \`validate\` command again.`,
        );
    const known = [...Object.keys(required), ...optional];
    for (const role of Object.keys(columns) as ColumnRole[])
      if (!known.includes(role))
        add(
          [...prefix, 'columns', role],
          `is not a column of the ${family} family${layout === 'qrels' ? ' in the layout "qrels"' : ''}.`,
          `its columns are ${known.map((k) => `"${k}"`).join(', ')}.`,
        );
  }
  for (const [file, facts] of Object.entries(expect ?? {})) {
    if (!names.includes(file)) add([...prefix, 'expect', file], 'is not the name of a file.', suggestName(file, names));
    if (facts.labels !== undefined && !Object.hasOwn(columns, 'label'))
      add(
        [...prefix, 'expect', file, 'labels'],
        `has no column to count: the ${family} family reads no labels.`,
        'remove it.',
      );
  }
}

function checkQrels(task: TaskDefinition, add: Add): void {
  for (const split of ['validation', 'test'] as const) {
    const name = task.splits[split];
    if (name === null || !Object.hasOwn(task.source.files, name) || qrelsFiles(task, split) !== undefined) continue;
    add(
      ['splits', split],
      `is "${name}", to which no pair of files belongs.\n  In the layout "qrels" a split names its judgements; the files are named "queries" and "qrels", or have these words in their names.`,
      `write "${split}": "qrels", with files "queries" and "qrels".`,
    );
  }
}

function checkMetric(task: TaskDefinition, add: Add): void {
  const rules = rulesOf(task.family);
  if (task.average !== undefined && task.family !== 'Classification')
    add(['average'], `has no effect in the ${task.family} family.`, 'remove it.');
  const first =
    task.family === 'Classification' && Array.isArray(task.average) ? `${task.average[0]}_f1` : rules.mainMetric;
  if (task.mainMetric !== first)
    add(
      ['mainMetric'],
      `is "${task.mainMetric}"; the main metric of ${first === rules.mainMetric ? `the ${task.family} family` : 'this average'} is "${first}".`,
      `write "mainMetric": "${first}".`,
    );
}

function checkLocal(task: TaskDefinition, add: Add): void {
  const local = task.local as NonNullable<TaskDefinition['local']>;
  for (const [name, place] of Object.entries(local.files)) checkPlace(place, ['local', 'files', name], add);
  checkArrangement({ ...local, names: Object.keys(local.files), prefix: ['local'] }, task.family, add);
  if (local.splits.validation === null && task.fixedChoice === undefined)
    add(['local', 'splits', 'validation'], 'is null, but the task has no "fixedChoice".', 'add one, or name a file.');
  if (local.layout === 'qrels') {
    const asTask = { source: { files: local.files }, splits: local.splits };
    for (const split of ['validation', 'test'] as const)
      if (local.splits[split] !== null && qrelsFiles(asTask, split) === undefined)
        add(['local', 'splits', split], 'names no pair of files for the layout "qrels".', 'name the file "qrels".');
  }
}

function checkSubset(task: TaskDefinition, { of, rows, stratifyBy, otherDocuments }: Subset, add: Add): void {
  if (of === task.id) add(['subset', 'of'], 'is the task itself.', 'give the part an id of its own.');
  for (const split of Object.keys(rows) as (keyof Subset['rows'])[])
    if ((task.splits[split] ?? task.local?.splits[split] ?? null) === null)
      add(['subset', 'rows', split], 'is a split that the task does not have.', 'remove it.');
  const { columns } = rulesOf(task.family);
  if (stratifyBy !== undefined && !Object.hasOwn(columns, stratifyBy))
    add(
      ['subset', 'stratifyBy'],
      `is "${stratifyBy}", a column that the ${task.family} family does not have.`,
      'remove it.',
    );
  if (otherDocuments !== undefined && task.family !== 'Retrieval')
    add(['subset', 'otherDocuments'], `has no effect in the ${task.family} family.`, 'remove it.');
}

function warningsOf(task: TaskDefinition, where: string): string[] {
  const warnings: string[] = [];
  if (typeof task.average === 'string')
    warnings.push(
      `${where}: "average" is the text "${task.average}"; as in the reference, a text means ["macro"]. Write a list.`,
    );
  const { repo, revision, files } = task.source;
  const revisions = [
    ...(repo === undefined ? [] : [revision]),
    ...Object.values(files).map((file) => (typeof file === 'string' ? undefined : file.revision)),
  ];
  for (const name of new Set(revisions))
    if (name !== undefined && !/^[0-9a-f]{40}$/.test(name))
      warnings.push(`${where}: the revision "${name}" is not a commit, so the data behind it can change.`);
  return warnings;
}
