import { fetchFiles, planEvent } from '../datasets/fetch-files.js';
import type { FetchContext, FetchEvent, PlannedFile } from '../datasets/fetch-types.js';
import { hubSettings } from '../datasets/hub-settings.js';
import { openHub } from '../datasets/open-hub.js';
import { planFiles } from '../datasets/plan-files.js';
import { remoteFiles } from '../datasets/remote-files.js';
import type { TaskDefinition } from '../definitions/types.js';
import { fetchBesideExports, planModelFiles, type ModelFilePlan } from '../embedding/plan-model-files.js';
import { isHubModel } from '../embedding/resolve-model.js';
import type { ModelOptions } from '../embedding/types.js';
import { UserError, type Problem } from '../errors.js';
import { listingsFolder } from '../run/defaults.js';
import { modelOptionsOf } from './model-options.js';

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
  { tasks, models }: Needed,
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
  const absent: { path: string; owner: string }[] = data.missing.map(({ path, repository, wantedBy }) => ({
    path: `${path} of ${repository.id}`,
    owner: wantedBy,
  }));
  for (const model of hubModels) {
    const plan = await planned(model, options, context, problems);
    const missing = context.isOffline ? (plan?.files ?? []).filter(({ isCached }) => !isCached) : [];
    absent.push(...missing.map(({ file }) => ({ path: `${file.path} of ${model}`, owner: `model ${model}` })));
    if (plan === undefined || missing.length > 0) lacking.add(model);
    else networks.push(plan);
  }
  if (absent.length > 0) problems.push(offlineProblem(absent, context));
  const files = [...data.files, ...networks.flatMap((plan) => plan.files)];
  if (tellAlways || files.some(({ isCached }) => !isCached)) options.onEvent?.(planEvent(files));
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

const FILES_SHOWN = 5;

/** Everything that is missing without a network as one problem, with the command that brings it. */
function offlineProblem(absent: readonly { path: string; owner: string }[], { cache }: FetchContext): Problem {
  const owners = [...new Set(absent.map(({ owner }) => owner))];
  const named = (kind: string): string[] =>
    owners.filter((owner) => owner.startsWith(`${kind} `)).map((owner) => owner.slice(kind.length + 1));
  const [tasks, models] = [named('task'), named('model')];
  const paths = [...new Set(absent.map(({ path }) => path))];
  const more = paths.length > FILES_SHOWN ? ` and ${paths.length - FILES_SHOWN} more` : '';
  const command = [
    'jmteb fetch',
    ...models.map((model) => `-m ${model}`),
    ...(tasks.length === 0 ? [] : [`-t ${tasks.join(',')}`]),
  ];
  return {
    where: 'offline',
    what: `not in the cache of the Hub (${cache}), and nothing is asked over the network: ${paths.slice(0, FILES_SHOWN).join(', ')}${more}.`,
    fix: `${command.join(' ')}, while there is a network and without --offline and HF_HUB_OFFLINE${tasks.length === 0 ? '' : '; or give --data-dir a local mirror'}.`,
  };
}
