import type { ResolvedModel } from '../embedding/types.js';
import type { RunManifest, UsedFile } from '../results/run-manifest.js';
import type { OpenedTask } from './open-tasks.js';

/** Every file that a model and the rows of tasks come from. */
export function manifestOf(model: ResolvedModel, tasks: readonly OpenedTask[]): Omit<RunManifest, 'schema'> {
  const repository = model.revision === null ? null : model.id;
  return {
    model: model.files.map(({ path, sha256, bytes }) => ({
      path,
      repository,
      revision: model.revision,
      size: bytes ?? null,
      sha256,
    })),
    tasks: Object.fromEntries(tasks.map((task) => [task.definition.id, task.data.files.map(usedFile)])),
  };
}

function usedFile({ name, origin, bytes, sha256, rows }: OpenedTask['data']['files'][number]): UsedFile {
  const { repo: repository = null, revision = null } = origin ?? {};
  return { path: name, repository, revision, size: bytes, sha256, rows };
}
