import { localDefinition, sourceFile } from '../definitions/task-definition.js';
import type { TaskDefinition } from '../definitions/types.js';
import { besideDefinition, hasPlace, localMirror } from './file-sources.js';
import type { WantedFiles } from './fetch-types.js';
import { rowsPlan } from './rows-plan.js';

/**
 * Files of the Hub that a task needs: those of its splits that are neither in the local mirror nor beside the definition.
 *
 * @param dataDir folder of a local mirror
 */
export async function remoteFiles(task: TaskDefinition, dataDir?: string): Promise<WantedFiles[]> {
  const definition = dataDir === undefined ? task : localDefinition(task, (place) => hasPlace(dataDir, place));
  const nearer = [...(dataDir === undefined ? [] : [localMirror(dataDir)]), besideDefinition()];
  const wanted: WantedFiles[] = [];
  for (const key of rowsPlan(definition).keys()) {
    const file = sourceFile(definition, key);
    const repo = file?.repo ?? definition.source.repo;
    if (file === undefined || repo === undefined) continue;
    const answers = await Promise.all(nearer.map((source) => source.find(definition, key)));
    if (answers.some((answer) => answer !== undefined && !('missing' in answer))) continue;
    wanted.push({
      repository: { kind: 'dataset', id: repo },
      revision: file.revision ?? definition.source.revision ?? 'main',
      paths: typeof file.path === 'string' ? [file.path] : file.path,
      wantedBy: `task ${task.id}`,
    });
  }
  return wanted;
}
