import type { Hub, HubFile, HubRepository } from './hub-types.js';

/** Files of a repository that something needs. */
export interface WantedFiles {
  readonly repository: HubRepository;
  /** Commit, branch or tag. */
  readonly revision: string;
  /** Paths, or patterns of `*` and `?`. */
  readonly paths: readonly string[];
  /** Whose files they are, as messages say it: `task jsts`. */
  readonly wantedBy: string;
}

/** A file whose content is known before it is there. */
export interface PlannedFile {
  readonly repository: HubRepository;
  readonly commit: string;
  readonly file: HubFile;
  /** A file of this path and size is in the cache; whether it is right is found out when it is fetched. */
  readonly isCached: boolean;
}

/** What a fetch tells while it works. */
export type FetchEvent =
  | {
      readonly event: 'fetch-plan';
      readonly parts: readonly {
        readonly repository: string;
        readonly kind: 'model' | 'dataset';
        readonly commit: string;
        readonly files: number;
        readonly bytes: number;
        readonly missingFiles: number;
        readonly missingBytes: number;
      }[];
      readonly files: number;
      readonly bytes: number;
      readonly missingFiles: number;
      readonly missingBytes: number;
    }
  | {
      readonly event: 'fetching';
      /** The file that was heard of last. */
      readonly path: string;
      readonly files: number;
      readonly doneFiles: number;
      readonly bytes: number;
      readonly doneBytes: number;
      readonly bytesPerSecond: number | null;
      readonly secondsLeft: number | null;
    }
  | { readonly event: 'fetched'; readonly files: number; readonly bytes: number; readonly seconds: number }
  | { readonly event: 'warning'; readonly message: string };

/** What files are fetched with. */
export interface FetchContext {
  readonly hub: Hub;
  /** The same without a network. */
  readonly cachedHub: Hub;
  /** Folder of the Hub's cache. */
  readonly cache: string;
  /** Folder of the records of what commits hold. */
  readonly listings: string;
  readonly isOffline: boolean;
  /** Files that are not those of the first download are taken all the same. */
  readonly acceptDataChanges?: boolean;
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: FetchEvent) => void;
}
