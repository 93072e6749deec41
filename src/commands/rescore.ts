import { dirname, resolve } from 'node:path';
import { readPublished } from '../definitions/published.js';
import { valueOf } from '../definitions/reading.js';
import { resolveTasks } from '../definitions/select-tasks.js';
import type { ModelRole, TextRole } from '../definitions/types.js';
import { modelRole } from '../definitions/model-prompts.js';
import type { ResolvedModel } from '../embedding/types.js';
import { type Problem, throwProblems, UserError } from '../errors.js';
import { readRun, type Run } from '../results/read-run.js';
import type { RunRecord } from '../results/types.js';
import { checkWritable } from '../run/check-folder.js';
import { checkVectors } from '../run/check-vectors.js';
import { DEFAULT_MAX_MEMORY, defaultCacheDir, defaultThreads, listingsFolder } from '../run/defaults.js';
import type { OnRunEvent } from '../run/events.js';
import { openTasks } from '../run/open-tasks.js';
import { runModel } from '../run/run-model.js';
import { openScorer } from '../run/scoring-process.js';
import { fetchMissing } from './fetch-missing.js';
import { reportOf, type RunReport } from './run.js';
import { scoreSettings, type ScoreOptions } from './score-options.js';

export interface RescoreOptions extends ScoreOptions {
  /** Folder of a run. What is not given otherwise is as in that run. */
  readonly run: string;
  /** Default: the tasks of the run. */
  readonly tasks?: readonly string[];
  readonly dataDir?: string;
  readonly acceptDataChanges?: boolean;
  /** Nothing is asked over the network: what is not in the cache of the Hub is missing. */
  readonly offline?: boolean;
  /** Default: the results folder that the run lies in. */
  readonly output?: string;
  readonly cacheDir?: string;
  readonly threads?: number;
  readonly maxMemory?: number;
  readonly onEvent?: OnRunEvent;
  readonly signal?: AbortSignal;
}

/**
 * Scores the stored vectors of a run again: another protocol, seed or number of dimensions. Never loads a model.
 *
 * @throws UserError with all problems at once: no such run, rows that changed, vectors that are no longer stored
 */
export async function rescore(options: RescoreOptions): Promise<RunReport> {
  const earlier = await readRun(options.run);
  const { record } = earlier;
  const { settings, problems: wrongSettings } = scoreSettings({ ...recordedOptions(record), ...given(options) });
  const names = options.tasks ?? [...earlier.tasks.keys()].map(definedBy(record));
  const selection = resolveTasks(names, {});
  const problems: Problem[] = [...earlier.problems, ...wrongSettings];
  if (names.length === 0)
    problems.push({ where: options.run, what: 'the run has no task results.', fix: 'run again.' });
  else problems.push(...selection.problems);
  const dataDir = options.dataDir ?? stringOr(record.environment.dataDir);
  const cacheDir = options.cacheDir ?? stringOr(record.environment.cacheDir) ?? defaultCacheDir();
  const { acceptDataChanges } = options;
  const data = { dataDir, limit: settings.limit, acceptDataChanges, listings: listingsFolder(cacheDir) };
  const selected = names.length === 0 ? [] : selection.tasks;
  const needed = { tasks: selected, models: [], definitions: selection.files };
  const fetched = await fetchMissing(needed, { ...options, dataDir, cacheDir }, { isDry: problems.length > 0 });
  problems.push(...fetched.problems);
  const there = selected.filter((task) => !fetched.lacking.has(task));
  const { tasks, problems: wrongData } = await openTasks(there, {
    ...data,
    protocol: settings.protocol,
  });
  problems.push(...wrongData);
  const model = modelOfRun(earlier);
  if (settings.truncateDim !== undefined && settings.truncateDim > model.dims)
    problems.push({ where: '--truncate-dim', what: `the stored vectors have ${model.dims} dimensions.` });
  problems.push(...(await checkVectors(model, tasks, cacheDir, settings.storeDtype)));
  const output = options.output ?? outputOf(options.run, record);
  problems.push(...checkWritable(output, '--output'));
  throwProblems(problems);

  const scorer = openScorer();
  try {
    const outcome = await runModel({
      model,
      tasks,
      suite: null,
      settings,
      data,
      output,
      cacheDir,
      threads: options.threads ?? defaultThreads(),
      maxMemory: options.maxMemory ?? DEFAULT_MAX_MEMORY,
      overwrite: 'always',
      resources: { openRunner: () => Promise.reject(new Error('rescoring opens no model')) },
      scorer,
      onEvent: options.onEvent,
      signal: options.signal,
      environment: { ...record.environment, dataDir: dataDir ?? null, cacheDir, rescored: resolve(options.run) },
    });
    return reportOf(outcome, valueOf(readPublished()), { model, tasks, suite: null });
  } finally {
    await scorer.close();
  }
}

/** The definition of a task as the run found it: a file of one's own, else the package's of that id. */
function definedBy({ environment }: RunRecord): (task: string) => string {
  const files = environment.definitions as Readonly<Record<string, unknown>> | undefined;
  return (task) => stringOr(files?.[task]) ?? task;
}

/** The results folder that a run lies in: above its model's id and its variant. */
function outputOf(folder: string, record: RunRecord): string {
  return record.model.id.split('/').reduce((path) => dirname(path), dirname(resolve(folder)));
}

function given(options: RescoreOptions): ScoreOptions {
  const { protocol, seed, seedMode, clusteringSeeds, clusterer, truncateDim, limit } = options;
  const all = { protocol, seed, seedMode, clusteringSeeds, clusterer, truncateDim, limit };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

function recordedOptions({ settings, protocol }: RunRecord): ScoreOptions {
  const { seed, seedMode, clusteringSeeds, clusterers, truncateDim, storeDtype, limit } = settings;
  return {
    protocol: protocol.name,
    seed: numberOr(seed),
    seedMode: seedMode === 'stream' ? 'stream' : 'each',
    clusteringSeeds: numberOr(clusteringSeeds),
    clusterer: Array.isArray(clusterers) ? clusterers.map(String) : [],
    truncateDim: numberOr(truncateDim),
    storeDtype: storeDtype === 'fp32' || storeDtype === 'fp16' ? storeDtype : undefined,
    limit: numberOr(limit),
  };
}

/** The model as the run recorded it: everything but the way to make more vectors. */
function modelOfRun({ folder, record, tasks }: Run): ResolvedModel {
  const { model, settings } = record;
  const dims = numberOr(settings.dims);
  const { dtype, localHash, modelOptions, promptChangesPooling } = settings;
  if (dims === undefined || typeof dtype !== 'string' || typeof localHash !== 'string')
    throw new UserError({ where: folder, what: 'run.json does not say what vectors the run has', fix: 'run again' });
  const prompts = new Map([...tasks.values()].map(({ task, embedding }) => [task, embedding?.prompts ?? {}]));
  // A task that the run had not is read with the prompts that the model has for texts of that kind elsewhere.
  const byRole = new Map<ModelRole, string>();
  for (const known of prompts.values())
    for (const [role, prompt] of Object.entries(known)) byRole.set(modelRole(role as TextRole), prompt);
  return {
    id: model.id,
    kind: model.kind as ResolvedModel['kind'],
    revision: model.revision,
    localHash,
    dims,
    dtype,
    files: model.files,
    settings: model.settings,
    options: (modelOptions ?? {}) as ResolvedModel['options'],
    key: model.key,
    warnings: [],
    promptChangesPooling: promptChangesPooling === true,
    promptFor: (task, role) => prompts.get(task.id)?.[role] ?? byRole.get(modelRole(role)) ?? '',
    promptOrigin: () => 'the run',
    open: () => Promise.reject(new UserError({ where: folder, what: 'vectors of this run are not stored any more' })),
  };
}

function numberOr(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

function stringOr(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
