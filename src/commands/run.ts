import { loadDefinitions } from '../definitions/catalogue.js';
import { readPublished, type PublishedScores } from '../definitions/published.js';
import { valueOf } from '../definitions/reading.js';
import { resolveTasks } from '../definitions/select-tasks.js';
import type { SuiteDefinition, TaskDefinition } from '../definitions/types.js';
import { shownAddresses } from '../embedding/endpoint-address.js';
import { parseDevices } from '../engine/devices.js';
import { resolveModel } from '../embedding/resolve-model.js';
import type { ModelOptions, ResolvedModel } from '../embedding/types.js';
import { type Problem, throwProblems, UserError } from '../errors.js';
import { compareWithPublished, type PublishedComparison } from '../leaderboard/compare-with-published.js';
import { fetchMissing, type FetchOutcome } from './fetch-missing.js';
import { modelOptionsOf } from './model-options.js';
import { scoreSettings, type ScoreOptions } from './score-options.js';
import { checkWritable } from '../run/check-folder.js';
import { checkDevices, gpuHint } from '../run/choose-device.js';
import { checkTexts } from '../run/check-texts.js';
import {
  DEFAULT_MAX_MEMORY,
  DEFAULT_OUTPUT,
  defaultCacheDir,
  defaultThreads,
  listingsFolder,
} from '../run/defaults.js';
import type { OnRunEvent } from '../run/events.js';
import { openTasks, type DataOptions, type OpenedTask } from '../run/open-tasks.js';
import { openResources } from '../run/open-resources.js';
import { runModel, type RunOutcome, type RunRequest } from '../run/run-model.js';
import { settleBatchTokens } from '../run/settle-batch-tokens.js';
import { openScorer } from '../run/scoring-process.js';
import { settleDevice } from './settle-device.js';
import type { TaskOptions } from './task-options.js';

/** Without tasks and suite it is the suite `jmteb-v1`. */
export interface RunOptions extends TaskOptions, ModelOptions, ScoreOptions {
  /** Folders, `vectors:<folder>`, `baseline:char-ngram`; one run each. */
  readonly model: readonly string[];
  readonly dataDir?: string;
  readonly acceptDataChanges?: boolean;
  /** Nothing is asked over the network: what is not in the cache of the Hub is missing. */
  readonly offline?: boolean;
  /** Default `results`. */
  readonly output?: string;
  readonly cacheDir?: string;
  readonly threads?: number;
  /** Bytes for search and distance matrices; default 2 GiB. */
  readonly maxMemory?: number;
  readonly overwrite?: 'never' | 'always';
  readonly onEvent?: OnRunEvent;
  readonly signal?: AbortSignal;
}

/** One model's run. */
export interface RunReport extends RunOutcome {
  readonly model: string;
  readonly tasks: readonly TaskDefinition[];
  readonly suite: SuiteDefinition | null;
  /** null where nothing was published for the model. */
  readonly comparison: PublishedComparison | null;
}

/**
 * Embeds and scores tasks with one or more models, one after the other.
 *
 * Everything that can be wrong with the input is found before any work.
 *
 * @param onReport called when a model is done
 * @throws UserError with all problems of options, definitions, data and models at once; nothing is written then
 */
export async function run(given: RunOptions, onReport?: (report: RunReport) => void): Promise<RunReport[]> {
  const options = await settleDevice(given, (device, message) =>
    given.onEvent?.({ event: 'device', asked: 'auto', device, message }),
  );
  const checked = await preflight(options);
  const { models, tasks, suite, settings } = checked;
  tellOfGpu(models, options);
  const { device = 'cpu', threads = defaultThreads() } = options;
  const { output, cacheDir } = checked.folders;
  const published = valueOf(readPublished());
  const scorer = openScorer();
  const reports: RunReport[] = [];
  try {
    for (const resolved of models) {
      const spec = checked.specs.get(resolved) as string;
      const model = await withBatchTokens(resolved, spec, options, cacheDir);
      const outcome = await runModel({
        model,
        tasks,
        suite,
        settings,
        data: dataOptions(options),
        output,
        cacheDir,
        threads,
        maxMemory: options.maxMemory ?? DEFAULT_MAX_MEMORY,
        overwrite: options.overwrite ?? 'never',
        resources: openResources(device, threads),
        scorer,
        onEvent: options.onEvent,
        signal: options.signal,
        environment: {
          definitions: Object.fromEntries(checked.definitions),
          device,
          dataDir: options.dataDir ?? null,
          cacheDir,
          modelSpec: spec,
          ...(options.endpoint === undefined ? {} : { endpoints: shownAddresses(options.endpoint) }),
        },
      });
      const report = reportOf(outcome, published, { model, tasks, suite });
      reports.push(report);
      onReport?.(report);
      if (outcome.status === 'interrupted') break;
    }
  } finally {
    await scorer.close();
  }
  return reports;
}

/** The model with as many tokens a batch as suit the GPU, where it is on one and no number is given. */
async function withBatchTokens(
  model: ResolvedModel,
  spec: string,
  options: RunOptions,
  cacheDir: string,
): Promise<ResolvedModel> {
  const { device, batchTokens: given, threads = defaultThreads(), onEvent } = options;
  if (device === undefined || given !== undefined || !COMPUTED.includes(model.kind)) return model;
  // One device is measured, whatever their number: each gets batches of its own.
  const resources = openResources(parseDevices(device)[0], threads);
  const found = await settleBatchTokens(model, cacheDir, resources);
  if (found === undefined) return model;
  onEvent?.({ event: 'budget', model: model.id, device, ...found });
  return resolveModel(spec, modelOptionsOf({ ...options, batchTokens: found.batchTokens }));
}

/** Kinds of models for which a GPU is worth it: the others are tables. */
const COMPUTED = ['sentence-transformers', 'onnx'];

function tellOfGpu(models: readonly ResolvedModel[], { device, onEvent }: RunOptions): void {
  if (device !== undefined || !models.some(({ kind }) => COMPUTED.includes(kind))) return;
  const message = gpuHint();
  if (message !== undefined) onEvent?.({ event: 'device', asked: null, device: 'cpu', message });
}

/** What is told of one model's run. */
export function reportOf(
  outcome: RunOutcome,
  published: PublishedScores,
  { model, tasks, suite }: Pick<RunRequest, 'model' | 'tasks' | 'suite'>,
): RunReport {
  return {
    ...outcome,
    model: model.id,
    tasks: tasks.map(({ definition }) => definition),
    suite,
    comparison: compareWithPublished(outcome.results, published, model.id, loadDefinitions().tasks),
  };
}

interface Checked {
  readonly models: readonly ResolvedModel[];
  readonly specs: ReadonlyMap<ResolvedModel, string>;
  readonly tasks: readonly OpenedTask[];
  readonly suite: SuiteDefinition | null;
  /** Files of definitions that are not the package's, by task. */
  readonly definitions: ReadonlyMap<string, string>;
  readonly settings: ReturnType<typeof scoreSettings>['settings'];
  readonly folders: { readonly output: string; readonly cacheDir: string };
}

async function preflight(options: RunOptions): Promise<Checked> {
  const { onEvent } = options;
  const { settings, problems: wrongSettings } = scoreSettings(options);
  const selection = resolveTasks(options.tasks ?? [], options);
  const problems: Problem[] = [...wrongSettings, ...selection.problems];
  for (const message of selection.warnings) onEvent?.({ event: 'warning', message });
  // With something wrong already, nothing is downloaded; what is on this machine is checked all the same.
  const needed = { tasks: selection.tasks, models: options.model, definitions: selection.files };
  const fetched = await fetchMissing(needed, options, { isDry: problems.length > 0 });
  problems.push(...fetched.problems);
  const { models, specs, problems: wrongModels } = await resolveModels(options, settings.truncateDim, fetched.lacking);
  problems.push(...wrongModels);
  const there = selection.tasks.filter((task) => !fetched.lacking.has(task));
  const { tasks, problems: wrongData } = await openTasks(there, {
    ...dataOptions(options),
    protocol: settings.protocol,
  });
  problems.push(...wrongData);
  for (const model of models) problems.push(...(await checkTexts(model, tasks)));
  const { output = DEFAULT_OUTPUT, cacheDir = defaultCacheDir() } = options;
  problems.push(...checkWritable(output, '--output'), ...checkWritable(cacheDir, '--cache-dir'));
  const { device = 'cpu' } = options;
  // Models that are computed elsewhere, or not at all, have no device.
  if (device !== 'cpu' && models.some(({ settings: { device: own } }) => own !== undefined))
    problems.push(...(await checkDevices(device)));
  throwProblems(problems);
  return {
    models,
    specs,
    tasks,
    suite: selection.suite,
    definitions: selection.files,
    settings,
    folders: { output, cacheDir },
  };
}

async function resolveModels(options: RunOptions, truncateDim: number | undefined, lacking: FetchOutcome['lacking']) {
  const problems: Problem[] = [];
  const specs = new Map<ResolvedModel, string>();
  if (options.model.length === 0)
    problems.push({
      where: '--model',
      what: 'no model is named.',
      fix: 'name a Hub id, a folder, vectors:<folder> or baseline:char-ngram (-m MODEL).',
    });
  for (const spec of new Set(options.model)) {
    if (lacking.has(spec)) continue;
    try {
      const model = await resolveModel(spec, modelOptionsOf(options));
      specs.set(model, spec);
      if (truncateDim !== undefined && truncateDim > model.dims)
        problems.push({
          where: `--truncate-dim ${truncateDim}`,
          what: `the vectors of ${model.id} have ${model.dims} dimensions.`,
          fix: `give at most ${model.dims}.`,
        });
    } catch (thrown) {
      if (!(thrown instanceof UserError)) throw thrown;
      problems.push(...thrown.problems);
    }
  }
  return { models: [...specs.keys()], specs, problems };
}

function dataOptions({ dataDir, limit, acceptDataChanges, cacheDir }: RunOptions): DataOptions {
  return { dataDir, limit, acceptDataChanges, listings: listingsFolder(cacheDir) };
}
