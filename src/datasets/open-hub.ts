import { bring } from './hub-download.js';
import { askFiles, cachedFiles } from './hub-listing.js';
import { thisMachine, type HubMachine } from './hub-machine.js';
import { checkCommit, checkPath, isCommit, placesOf } from './hub-places.js';
import type { HubLine } from './hub-request.js';
import { askRevision, cachedRevision, RevisionNames } from './hub-revision.js';
import type { HubSettings } from './hub-settings.js';
import type { Hub } from './hub-types.js';
import { Turns } from './turns.js';

/**
 * The Hub that the settings name, with its cache.
 *
 * @param settings as `hubSettings` reads them from the environment
 */
export function openHub(settings: HubSettings, machine: HubMachine = thisMachine(settings.silenceMs)): Hub {
  const line: HubLine = { settings, machine };
  const names = new RevisionNames();
  const turns = new Turns();
  return {
    resolveRevision: async (repository, revision, options = {}) => {
      const places = placesOf(repository, settings.cache);
      if (isCommit(revision)) return { commit: revision };
      if (settings.isOffline) return cachedRevision(repository, revision, settings.cache);
      const found = await askRevision(line, repository, revision, options);
      await names.add(places, revision, found.commit);
      return found;
    },
    listFiles: async (repository, commit, options = {}) => {
      const places = placesOf(repository, settings.cache);
      checkCommit(commit);
      const folder = options.folder?.replace(/\/+$/, '') || undefined;
      if (folder !== undefined) checkPath(repository, folder);
      if (settings.isOffline) return cachedFiles(repository, commit, places, { folder });
      return askFiles(line, repository, commit, { ...options, folder });
    },
    download: async (repository, commit, file, options = {}) => {
      const places = placesOf(repository, settings.cache);
      checkCommit(commit);
      const key = `${places.folder} ${file.sha256 ?? file.blobId ?? `${commit} ${file.path}`}`;
      const path = await turns.take(key, options.signal, () =>
        bring(line, { repository, commit, file, places }, options),
      );
      await names.write(places, commit);
      options.onProgress?.({ path: file.path, received: file.size, size: file.size });
      return path;
    },
  };
}
