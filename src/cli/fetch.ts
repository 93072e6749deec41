import { fetch } from '../commands/fetch.js';
import type { PlannedFile } from '../datasets/fetch-types.js';
import { oneLine } from '../results/text-table.js';
import type { Invocation } from './command.js';
import { ProgressPrinter, size } from './progress.js';

export async function execute(invocation: Invocation): Promise<number> {
  const { options, out, signal } = invocation;
  const progress = new ProgressPrinter(invocation, options);
  try {
    const files = await fetch({ ...options, onEvent: progress.onEvent, signal });
    progress.clear();
    const isDry = options.dryRun === true;
    if (options.json === true) for (const file of files) out(`${JSON.stringify(fileEvent(file, isDry))}\n`);
    else out(files.map((file) => `${line(file, isDry)}\n`).join(''));
    return 0;
  } finally {
    progress.clear();
  }
}

function stateOf({ isCached }: PlannedFile, isDry: boolean): string {
  if (isCached) return 'cached';
  return isDry ? 'missing' : 'fetched';
}

function fileEvent(planned: PlannedFile, isDry: boolean): object {
  const { repository, commit, file } = planned;
  const { path, size: bytes, sha256 = null } = file;
  const { kind, id } = repository;
  return { event: 'file', kind, repository: id, commit, path, bytes, sha256, state: stateOf(planned, isDry) };
}

function line(planned: PlannedFile, isDry: boolean): string {
  const { repository, commit, file } = planned;
  const state = stateOf(planned, isDry).padEnd(7);
  return `${state}  ${size(file.size).padStart(9)}  ${repository.id}@${commit.slice(0, 7)}  ${oneLine(file.path)}`;
}
