import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import envPaths from 'env-paths';

export const DEFAULT_OUTPUT = 'results';
/** Bytes for search and distance matrices. */
export const DEFAULT_MAX_MEMORY = 2 * 2 ** 30;

/** The user's cache folder for this program. */
export function defaultCacheDir(): string {
  return envPaths('jmteb', { suffix: '' }).cache;
}

/** Folder of the records of what commits of the Hub held when they were first asked for. */
export function listingsFolder(cacheDir: string = defaultCacheDir()): string {
  return join(cacheDir, 'listings');
}

/** Threads of the engine unless said: what the system lets this process use. */
export function defaultThreads(): number {
  return availableParallelism();
}
