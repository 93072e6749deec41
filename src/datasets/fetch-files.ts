import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import pLimit from 'p-limit';
import type { FetchContext, FetchEvent, PlannedFile } from './fetch-types.js';
import { tellingOf } from './fetch-telling.js';
import { checkRoom } from './hub-disk.js';
import { thisMachine } from './hub-machine.js';
import { bytesThere } from './hub-part.js';
import { placesOf } from './hub-places.js';

/** Downloads at once. */
const CONCURRENCY = 4;
/** Progress is told at most so often. */
const TELL_EVERY_MS = 200;
/** The rate is that of the last seconds; before the first of them has passed there is none. */
const RATE_OVER_MS = 10_000;
const RATE_AFTER_MS = 1000;

/** What lies ahead, for those who watch. */
export function planEvent(files: readonly PlannedFile[]): Extract<FetchEvent, { event: 'fetch-plan' }> {
  const commits = new Map<string, PlannedFile[]>();
  for (const planned of files) {
    const key = `${planned.repository.kind} ${planned.repository.id} ${planned.commit}`;
    commits.set(key, [...(commits.get(key) ?? []), planned]);
  }
  const parts = [...commits.values()].map((group) => {
    const [{ repository, commit }] = group;
    return { repository: repository.id, kind: repository.kind, commit, ...amounts(group) };
  });
  return { event: 'fetch-plan', parts, ...amounts(files) };
}

function amounts(files: readonly PlannedFile[]) {
  const missing = files.filter(({ isCached }) => !isCached);
  return { files: files.length, bytes: bytesOf(files), missingFiles: missing.length, missingBytes: bytesOf(missing) };
}

function bytesOf(files: readonly PlannedFile[]): number {
  return files.reduce((sum, { file }) => sum + file.size, 0);
}

/**
 * Brings files into the cache, some at a time, whole and verified; those that are there are verified, too.
 *
 * @returns their paths, in the same order
 * @throws what the Hub's client throws, of the first file that failed; what was received stays for the next attempt.
 *   MachineError when the disk has no room for all of them; then nothing is downloaded
 */
export async function fetchFiles(files: readonly PlannedFile[], context: FetchContext): Promise<string[]> {
  const { hub, cache, signal, onEvent } = context;
  const missing = files.filter(({ isCached }) => !isCached);
  if (missing.length > 0) {
    const folder = existingFolder(cache);
    checkRoom(folder, await bytesToCome(missing, cache), await thisMachine().freeBytes(folder));
  }
  const progress = new FetchProgress(missing, onEvent);
  const stop = new AbortController();
  const either = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]);
  const limit = pLimit(CONCURRENCY);
  const downloads = files.map((planned) =>
    limit(async () => {
      try {
        const { repository, commit, file } = planned;
        const onProgress = planned.isCached ? undefined : progress.of(planned);
        return await hub.download(repository, commit, file, { signal: either, ...tellingOf(onEvent), onProgress });
      } catch (thrown) {
        // The others put down what they have; the first fault is the one that is told.
        stop.abort();
        throw thrown;
      }
    }),
  );
  const settled = await Promise.allSettled(downloads);
  const faults = settled.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
  signal?.throwIfAborted();
  if (faults.length > 0) throw faults.find((fault) => !isAbort(fault)) ?? faults[0];
  if (missing.length > 0) progress.finish();
  return settled.map((one) => (one as PromiseFulfilledResult<string>).value);
}

/** What has to be received: each content once, without the parts of earlier attempts. */
export async function bytesToCome(missing: readonly PlannedFile[], cache: string): Promise<number> {
  const contents = new Map<string, Promise<number>>();
  for (const { repository, file } of missing) {
    const blob = join(placesOf(repository, cache).blobs, file.sha256 ?? file.blobId ?? file.path);
    contents.set(
      blob,
      bytesThere(blob).then((there) => Math.max(0, file.size - there)),
    );
  }
  return (await Promise.all(contents.values())).reduce((sum, bytes) => sum + bytes, 0);
}

function isAbort(thrown: unknown): boolean {
  return (thrown as { name?: unknown } | null)?.name === 'AbortError';
}

function existingFolder(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : existingFolder(dirname(path));
}

/** Adds up how far several downloads are. */
class FetchProgress {
  private readonly received = new Map<PlannedFile, number>();
  private readonly bytes: number;
  /** Bytes that were there from earlier attempts: they say nothing about the rate. */
  private before = 0;
  private readonly began = Date.now();
  private told = 0;
  /** When so many bytes had come, the oldest first. */
  private samples: { readonly at: number; readonly bytes: number }[] = [];

  constructor(
    private readonly files: readonly PlannedFile[],
    private readonly onEvent: FetchContext['onEvent'],
  ) {
    this.bytes = bytesOf(files);
  }

  of(planned: PlannedFile): (progress: { readonly received: number }) => void {
    return ({ received }) => {
      if (!this.received.has(planned)) this.before += received === planned.file.size ? 0 : received;
      this.received.set(planned, received);
      if (received > 0) this.tell(planned);
    };
  }

  finish(): void {
    const seconds = (Date.now() - this.began) / 1000;
    this.onEvent?.({ event: 'fetched', files: this.files.length, bytes: this.bytes, seconds });
  }

  private tell({ file }: PlannedFile): void {
    const now = Date.now();
    if (now - this.told < TELL_EVERY_MS) return;
    this.told = now;
    const doneBytes = [...this.received.values()].reduce((sum, bytes) => sum + bytes, 0);
    const doneFiles = [...this.received].filter(([planned, bytes]) => bytes === planned.file.size).length;
    const rate = this.rateAt(now, doneBytes - this.before);
    this.onEvent?.({
      event: 'fetching',
      path: file.path,
      files: this.files.length,
      doneFiles,
      bytes: this.bytes,
      doneBytes,
      bytesPerSecond: rate,
      secondsLeft: rate === null ? null : (this.bytes - doneBytes) / rate,
    });
  }

  /** Bytes a second; null where that is not known. */
  private rateAt(now: number, bytes: number): number | null {
    const kept = this.samples.filter(({ at }) => now - at <= RATE_OVER_MS);
    this.samples = [...(kept.length > 0 ? kept : this.samples.slice(-1)), { at: now, bytes }];
    const [oldest] = this.samples;
    const rate = (bytes - oldest.bytes) / ((now - oldest.at) / 1000);
    return now - oldest.at < RATE_AFTER_MS || rate <= 0 ? null : rate;
  }
}
