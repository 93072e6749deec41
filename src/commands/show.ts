import { existsSync } from 'node:fs';
import { rulesOf } from '../definitions/family-rules.js';
import { resolveTasks, type TaskSelection } from '../definitions/select-tasks.js';
import type { TaskDefinition, TextRole } from '../definitions/types.js';
import { resolveModel } from '../embedding/resolve-model.js';
import type { ModelOptions, ResolvedModel, TextCounts, Tokenizing } from '../embedding/types.js';
import type { FetchEvent } from '../datasets/fetch-types.js';
import { formatProblem, throwProblems, UserError, type Problem } from '../errors.js';
import { listingsFolder } from '../run/defaults.js';
import { PUBLISHED } from '../definitions/protocol.js';
import { openTasks } from '../run/open-tasks.js';
import { examplesOf, prepareTask, type PreparedTask } from '../run/prepare-task.js';
import { nameOf, type UniqueList } from '../run/unique-list.js';
import { sumCounts } from '../vectors/store.js';
import { fetchMissing } from './fetch-missing.js';
import { modelOptionsOf } from './model-options.js';
import { settleDevice } from './settle-device.js';
import { auditFields, cutFields, showModel } from './show-model.js';

export interface ShowOptions extends ModelOptions {
  /** Id or file of a task, or a model as `run` takes it; the model of `model` where it is absent. */
  readonly name?: string;
  /** For a task: the model whose prompts are put before the texts, and which cuts them into tokens. */
  readonly model?: readonly string[];
  readonly dataDir?: string;
  readonly acceptDataChanges?: boolean;
  /** Nothing is asked over the network: what is not in the cache of the Hub is missing. */
  readonly offline?: boolean;
  readonly cacheDir?: string;
  readonly onEvent?: (event: FetchEvent) => void;
  readonly signal?: AbortSignal;
}

/** What a name resolves to, in fields that can be printed as they are. */
export interface Shown {
  readonly kind: 'task' | 'model' | 'definition';
  readonly fields: Readonly<Record<string, unknown>>;
  readonly warnings: readonly string[];
}

/**
 * What a task or a model resolves to: files, splits and columns, or files and settings with where they come from; and where
 * rows or a model are given, the exact strings that are sent, with their ids and an audit of the tokens.
 *
 * @throws UserError when the name is neither, or what it names is broken
 */
export async function show(given: ShowOptions): Promise<Shown> {
  const options = await settleDevice(given);
  const { name } = options;
  const [model, ...more] = options.model ?? [];
  if (more.length > 0) {
    throw new UserError({ where: '--model', what: 'more than one is given.', fix: 'show one model at a time.' });
  }
  if (name === undefined) {
    if (model !== undefined) return showModel(model, options);
    const fix = 'name a task, or a model with --model.';
    throw new UserError({ where: 'jmteb show', what: 'nothing is named.', fix });
  }
  const selection = resolveTasks([name]);
  const isFile = name.endsWith('.json') && existsSync(name);
  if (isFile || selection.tasks.length === 1) return showTask(selection, options);
  try {
    return await showModel(name, options);
  } catch (thrown) {
    // A name without a slash or colon was probably meant as a task.
    if (thrown instanceof UserError && !/[/:\\]/.test(name)) throw new UserError(selection.problems);
    throw thrown;
  }
}

async function showTask({ tasks, files, problems, warnings }: TaskSelection, options: ShowOptions): Promise<Shown> {
  if (problems.length > 0) throw new UserError(problems);
  const [task] = tasks;
  const spec = options.model?.[0];
  // A task alone is shown by its definition: rows may be large.
  const needed = spec === undefined ? { tasks: [], models: [] } : { tasks, models: [spec], definitions: files };
  throwProblems((await fetchMissing(needed, options)).problems);
  const model = spec === undefined ? undefined : await resolveModel(spec, modelOptionsOf(options));
  const rows = await rowsOf(task, options, model);
  const fields = { ...taskFields(task), ...promptFields(task, model), ...rows.fields };
  return { kind: 'task', fields, warnings: [...warnings, ...rows.warnings] };
}

function taskFields(task: TaskDefinition): Record<string, unknown> {
  const { folder: _, source, ...fields } = task;
  const rules = rulesOf(task.family);
  return { ...fields, source, candidates: rules.candidates };
}

function promptFields(task: TaskDefinition, model: ResolvedModel | undefined): Record<string, unknown> {
  if (model === undefined) return {};
  const roles = rulesOf(task.family).textRoles;
  return {
    model: model.id,
    promptsSent: Object.fromEntries(roles.map((role: TextRole) => [role, model.promptFor(task, role)])),
    promptsFrom: Object.fromEntries(roles.map((role: TextRole) => [role, model.promptOrigin(task, role)])),
  };
}

/** Counts and first strings, where the rows are at hand. */
async function rowsOf(
  task: TaskDefinition,
  options: ShowOptions,
  model: ResolvedModel | undefined,
): Promise<{ readonly fields: Record<string, unknown>; readonly warnings: readonly string[] }> {
  if ([options.dataDir, task.folder, model].every((given) => given === undefined)) return { fields: {}, warnings: [] };
  const listings = listingsFolder(options.cacheDir);
  const { tasks, problems } = await openTasks([task], { ...options, listings, protocol: PUBLISHED });
  if (tasks.length === 0) return { fields: {}, warnings: problems.map((problem: Problem) => formatProblem(problem)) };
  const [opened] = tasks;
  const prepared = await prepareTask(opened, {
    promptChangesPooling: model?.promptChangesPooling ?? false,
    promptFor: (definition, role) => model?.promptFor(definition, role) ?? definition.prompts?.[role] ?? '',
  });
  const files = opened.data.files.map(({ key, name, rows, bytes, sha256 }) => ({ key, name, rows, bytes, sha256 }));
  const texts = Object.fromEntries(
    prepared.lists.map((list) => [nameOf(list), { rows: list.index.length, unique: list.size }]),
  );
  const sent = examplesOf(prepared);
  const cut = model === undefined ? {} : { ...(await cutFields(model, sent)), audit: await auditOf(model, prepared) };
  return { fields: { files, texts, sent, ...cut }, warnings: [...opened.warnings, ...opened.changed] };
}

/** Texts that are counted in one go. */
const COUNTED_AT_ONCE = 4096;

async function countTexts(tokenizing: Tokenizing, texts: AsyncIterable<string>): Promise<TextCounts> {
  const counts: TextCounts[] = [];
  let some: string[] = [];
  for await (const text of texts) {
    if (some.push(text) < COUNTED_AT_ONCE) continue;
    counts.push(tokenizing.count(some));
    some = [];
  }
  return sumCounts([...counts, tokenizing.count(some)]);
}

/** Tokens of every list of a task, and of all of them, as a run would count them. */
async function auditOf(model: ResolvedModel, { lists }: PreparedTask): Promise<Record<string, unknown> | undefined> {
  const tokenizing = await model.tokenizing?.();
  if (tokenizing === undefined) return undefined;
  const counted: { readonly list: UniqueList; readonly counts: TextCounts }[] = [];
  for (const list of lists) counted.push({ list, counts: await countTexts(tokenizing, list.texts()) });
  const all = sumCounts(counted.map(({ counts }) => counts));
  return {
    ...Object.fromEntries(counted.map(({ list, counts }) => [nameOf(list), auditFields(list.size, counts)])),
    all: auditFields(
      lists.reduce((sum, { size }) => sum + size, 0),
      all,
    ),
  };
}
