import type { PlannedFile } from '../datasets/fetch-types.js';
import { resolveTasks } from '../definitions/select-tasks.js';
import { isHubModel, resolveModel } from '../embedding/resolve-model.js';
import type { ModelOptions } from '../embedding/types.js';
import { throwProblems } from '../errors.js';
import { fetchMissing, type HubOptions } from './fetch-missing.js';
import { modelOptionsOf } from './model-options.js';
import type { TaskOptions } from './task-options.js';

/** Without tasks, suite and model it is the suite `jmteb-v1`. */
export interface FetchOptions extends TaskOptions, ModelOptions, HubOptions {
  readonly model?: readonly string[];
  /** Says what would be fetched, and does not. */
  readonly dryRun?: boolean;
}

/**
 * Brings the data of tasks and the files of models into the cache of the Hub, whole and verified, so that everything else
 * works without a network.
 *
 * @returns the files that were wanted, with whether they were there before
 * @throws UserError with all problems at once; then nothing but small descriptions of models was downloaded
 */
export async function fetch(options: FetchOptions): Promise<readonly PlannedFile[]> {
  const { model: models = [], tasks, suite, family, exclude } = options;
  const namesTasks = [tasks, suite, family, exclude].some((given) => given !== undefined);
  const selection = namesTasks || models.length === 0 ? resolveTasks(tasks ?? [], options) : undefined;
  throwProblems(selection?.problems ?? []);
  for (const message of selection?.warnings ?? []) options.onEvent?.({ event: 'warning', message });
  for (const model of models) if (!isHubModel(model)) await resolveModel(model, modelOptionsOf(options));
  const needed = { tasks: selection?.tasks ?? [], models: [...new Set(models)], definitions: selection?.files };
  const { files, problems } = await fetchMissing(needed, options, { isDry: options.dryRun, tellAlways: true });
  throwProblems(problems);
  return files;
}
