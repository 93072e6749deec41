import type { Problem } from '../errors.js';
import { tellingOf } from './fetch-telling.js';
import type { FetchContext } from './fetch-types.js';
import type { HubFile, HubRepository } from './hub-types.js';
import { differenceOf, readListing, writeListing } from './listing-record.js';

/** Wanted files that the Hub has otherwise now: problems, or, where they are accepted, the files to take in their place. */
export async function changesOf(
  repository: HubRepository,
  commit: string,
  wanted: readonly HubFile[],
  context: FetchContext,
): Promise<{ files: ReadonlyMap<string, HubFile>; problems: readonly Problem[] }> {
  const { hub, listings, acceptDataChanges, signal, onEvent } = context;
  const record = readListing(listings, repository, commit);
  if (record === undefined) return { files: new Map(), problems: [] };
  const now = new Map(
    (await hub.listFiles(repository, commit, { signal, ...tellingOf(onEvent) })).map((file) => [file.path, file]),
  );
  const files = new Map<string, HubFile>();
  const problems: Problem[] = [];
  for (const file of wanted) {
    const found = now.get(file.path);
    const what = found === undefined ? 'is not there any more' : differenceOf(file, found);
    if (what === undefined) continue;
    if (found !== undefined && acceptDataChanges === true) files.set(file.path, found);
    else
      problems.push({
        where: `${repository.kind} ${repository.id}, "${file.path}"`,
        what: `${what}.`,
        fix: changedFix(repository),
      });
  }
  if (files.size > 0) {
    const accepted = new Map((record.accepted ?? []).map((file) => [file.path, file]));
    for (const [path, file] of files) accepted.set(path, file);
    await writeListing(listings, { ...record, accepted: [...accepted.values()] });
  }
  return { files, problems };
}

function changedFix({ kind }: HubRepository): string {
  const why = 'the files of a commit do not change by themselves: check HF_ENDPOINT';
  if (kind === 'model') return `${why}.`;
  return `${why}, or use these with --accept-data-changes; the result is then not ranked beside others.`;
}
