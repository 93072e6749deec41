import { fetchFiles, planEvent } from '../datasets/fetch-files.js';
import type { FetchContext, FetchEvent, PlannedFile } from '../datasets/fetch-types.js';
import { cachedRepository } from '../datasets/hub-cache.js';
import { hubSettings } from '../datasets/hub-settings.js';
import { openHub } from '../datasets/open-hub.js';
import { planFiles } from '../datasets/plan-files.js';
import { remoteFiles } from '../datasets/remote-files.js';
import type { TaskDefinition } from '../definitions/types.js';
import { fetchBesideExports, planModelFiles, type ModelFilePlan } from '../embedding/plan-model-files.js';
import { hubModel, isHubModel } from '../embedding/resolve-model.js';
import type { ModelOptions } from '../embedding/types.js';
import { UserError, type Problem } from '../errors.js';
import { listingsFolder } from '../run/defaults.js';
import { modelOptionsOf } from './model-options.js';
import { offlineProblem, type Absent } from './offline-problem.js';

/** Options of commands that bring from the Hub what they lack. */
export interface HubOptions {
  readonly dataDir?: string;
  readonly acceptDataChanges?: boolean;
  /** Nothing is asked over the network. */
  readonly offline?: boolean;
  readonly cacheDir?: string;
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: FetchEvent) => void;
}

/** What has to be there. */
export interface Needed {
  readonly tasks: readonly TaskDefinition[];
  /** As `--model` names them; those that are not of the Hub need nothing. */
  readonly models: readonly string[];
  /** Files of definitions that are not the package's, by task. */
  readonly definitions?: ReadonlyMap<string, string>;
}

/** What became of it. */
export interface FetchOutcome {
  readonly files: readonly PlannedFile[];
  readonly problems: readonly Problem[];
  /** Tasks and models that the problems are about: what they lack is known already. */
  readonly lacking: ReadonlySet<TaskDefinition | string>;
}

const NOTHING: FetchOutcome = { files: [], problems: [], lacking: new Set() };

/**
 * Brings into the cache of the Hub what tasks and models need and is not on this machine yet; tells how far it is.
 *
 * Nothing is downloaded when anything is known to be wrong. Without a network, what is missing is one problem that says how
 * to get it.
 *
 * @param isDry plan only
 * @throws UserError when the Hub refuses a file, MachineError when it cannot be reached or there is no room
 */
export async function fetchMissing(
  { tasks, models, definitions = new Map() }: Needed,
  options: HubOptions & ModelOptions,
  { isDry = false, tellAlways = false }: { readonly isDry?: boolean; readonly tellAlways?: boolean } = {},
): Promise<FetchOutcome> {
  const wanted = (await Promise.all(tasks.map((task) => remoteFiles(task, options.dataDir)))).flat();
  const hubModels = models.filter(isHubModel);
  if (wanted.length === 0 && hubModels.length === 0) return NOTHING;
  const context = contextOf(options);
  const data = await planFiles(wanted, context);
  const problems: Problem[] = [...data.problems];
  const lacking = new Set<TaskDefinition | string>(tasks.filter(({ id }) => data.lacking.includes(`task ${id}`)));
  const networks: ModelFilePlan[] = [];
  const absent: Absent[] = data.missing.map(({ path, repository, wantedBy }) => ({
    what: `${path} of ${repository.id}`,
    task: wantedBy.replace(/^task /, ''),
  }));
  for (const model of hubModels) {
    const plan = isUnheardOf(model, options, context) ? 'nothing' : await planned(model, options, context, problems);
    const missing = context.isOffline ? missingOf(plan) : [];
    absent.push(...missing.map((what) => ({ what: `${what} of ${model}`, model })));
    if (plan === undefined || plan === 'nothing' || missing.length > 0) lacking.add(model);
    else networks.push(plan);
  }
  if (absent.length > 0) problems.push(offlineProblem(absent, options, definitions, context));
  const files = [...data.files, ...networks.flatMap((plan) => plan.files)];
  const isWorthTelling = tellAlways && (files.length > 0 || problems.length === 0);
  if (isWorthTelling || files.some(({ isCached }) => !isCached)) options.onEvent?.(planEvent(files));
  if (problems.length > 0 || isDry) return { files, problems, lacking };
  await fetchFiles(files, context);
  for (const plan of networks) await fetchBesideExports(plan, context);
  return { files, problems, lacking };
}

function contextOf({ offline, cacheDir, acceptDataChanges, signal, onEvent }: HubOptions): FetchContext {
  const found = hubSettings();
  const settings = offline === true ? { ...found, isOffline: true } : found;
  return {
    hub: openHub(settings),
    cachedHub: openHub({ ...settings, isOffline: true }),
    cache: settings.cache,
    listings: listingsFolder(cacheDir),
    isOffline: settings.isOffline,
    acceptDataChanges,
    signal,
    onEvent,
  };
}

/** Nothing of a model is in the cache, and there is no network to ask what it has. */
function isUnheardOf(model: string, options: ModelOptions, { cache, isOffline }: FetchContext): boolean {
  if (!isOffline) return false;
  const { name, revision } = hubModel(model, options);
  return cachedRepository('model', name, revision, cache).commits.length === 0;
}

function missingOf(plan: ModelFilePlan | 'nothing' | undefined): string[] {
  if (plan === 'nothing') return ['all files'];
  return (plan?.files ?? []).filter(({ isCached }) => !isCached).map(({ file }) => file.path);
}

/** The files of a model; undefined, with problems, where they cannot be known. */
async function planned(
  model: string,
  options: ModelOptions,
  context: FetchContext,
  problems: Problem[],
): Promise<ModelFilePlan | undefined> {
  try {
    return await planModelFiles(model, modelOptionsOf(options), context);
  } catch (thrown) {
    if (!(thrown instanceof UserError)) throw thrown;
    problems.push(...thrown.problems);
    return undefined;
  }
}
