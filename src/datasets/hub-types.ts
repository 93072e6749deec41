import type { RepositoryKind } from './hub-cache.js';

/** A repository of the Hub. */
export interface HubRepository {
  readonly kind: RepositoryKind;
  /** `owner/name`. */
  readonly id: string;
}

/** A commit that a branch, a tag or the beginning of a hash stands for. */
export interface HubRevision {
  /** 40 hexadecimal digits. */
  readonly commit: string;
  /** The files are given only to accounts that accepted the repository's conditions; known where the Hub was asked. */
  readonly gated?: boolean;
}

/** What the Hub says of a file of a commit. */
export interface HubFile {
  /** Path in the repository, parts apart by `/`; never leads outside. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** SHA-256 of the content, 64 hexadecimal digits, of files that the Hub keeps outside git (large ones). */
  readonly sha256?: string;
  /**
   * Name of the blob in git, 40 hexadecimal digits: of the content, or, where `sha256` is there, of a pointer to it. Known
   * where the Hub was asked.
   */
  readonly blobId?: string;
}

export interface DownloadProgress {
  readonly path: string;
  /** Bytes that are there, those of earlier attempts included. Falls when a part turned out to be of no use. */
  readonly received: number;
  readonly size: number;
}

/** Why the client waits before it asks again. */
export interface HubWait {
  /** What happened, with the address and without any secret. */
  readonly reason: string;
  readonly waitMs: number;
  /** Failures so far, from 1. */
  readonly attempt: number;
  readonly attempts: number;
}

export interface HubCallOptions {
  readonly signal?: AbortSignal;
  readonly onWait?: (wait: HubWait) => void;
  /** Told what happened beside the way: a file of the cache that was set aside, another process that is waited for. */
  readonly onNotice?: (message: string) => void;
}

export interface ListFilesOptions extends HubCallOptions {
  /** Only files below this folder of the repository. */
  readonly folder?: string;
}

export interface DownloadOptions extends HubCallOptions {
  readonly onProgress?: (progress: DownloadProgress) => void;
}

/** Repositories of the Hub, and the cache that they are brought into. */
export interface Hub {
  /**
   * The commit that a branch, a tag, a hash or the beginning of one (7 digits or more) stands for.
   *
   * A whole hash is not asked about. Names of the cache are used only offline: a branch may have moved on.
   *
   * @throws UserError when it is not there or not open to this account; MachineError when the Hub cannot be reached
   */
  resolveRevision(repository: HubRepository, revision: string, options?: HubCallOptions): Promise<HubRevision>;
  /**
   * All files of a commit, sorted by path; offline those that the cache has.
   *
   * @throws UserError and MachineError as above; UserError, too, when a path of the listing leads outside
   */
  listFiles(repository: HubRepository, commit: string, options?: ListFilesOptions): Promise<readonly HubFile[]>;
  /**
   * Brings a file into the cache, whole and verified. No network when it is there already.
   *
   * @returns its path in the snapshot's folder
   * @throws UserError as above, and when what comes is not what the Hub says; MachineError as above, and when it cannot
   *   be written; what was received stays for the next attempt
   */
  download(repository: HubRepository, commit: string, file: HubFile, options?: DownloadOptions): Promise<string>;
}
