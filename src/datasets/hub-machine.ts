import { open, statfs, symlink } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** What is needed of a file that is being received. */
export interface OpenFile {
  /** @returns bytes written, which may be fewer than there are */
  write(bytes: Uint8Array, position: number): Promise<number>;
  truncate(bytes: number): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** How long is waited, and how often is asked again. */
export interface HubPatience {
  /** For the beginning of an answer. */
  readonly answerMs: number;
  /** For the next byte. */
  readonly silenceMs: number;
  /** Fewer than `slowBytes` within this time of waiting is as good as silence: another connection may be faster. */
  readonly slowMs: number;
  readonly slowBytes: number;
  /** Failures in a row after which a request is given up. A transfer that brought this many bytes begins to count anew. */
  readonly attempts: number;
  readonly progressBytes: number;
  /** The first wait; each further one is twice as long, up to the longest. */
  readonly firstWaitMs: number;
  readonly longestWaitMs: number;
  /** Another process that does not write for so long is taken for dead. */
  readonly abandonedMs: number;
  /** How often another process's download is looked at. */
  readonly pollMs: number;
}

/** What the client needs of the machine; a parameter so that faults can be tried out. */
export interface HubMachine {
  readonly fetch: typeof fetch;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** @throws when `signal` is aborted */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** In [0, 1). */
  readonly random: () => number;
  /** Opens for writing. */
  readonly open: (path: string, flags: number) => Promise<OpenFile>;
  readonly symlink: (target: string, path: string) => Promise<void>;
  /** Room for this user on the disk of a folder; undefined where the system does not say. */
  readonly freeBytes: (folder: string) => Promise<number | undefined>;
  readonly patience: HubPatience;
}

const PATIENCE: HubPatience = {
  answerMs: 30_000,
  silenceMs: 30_000,
  slowMs: 60_000,
  slowBytes: 64 * 1024,
  attempts: 8,
  progressBytes: 1024 * 1024,
  firstWaitMs: 500,
  longestWaitMs: 60_000,
  abandonedMs: 30_000,
  pollMs: 500,
};

/** This machine's network, clock and disk. */
export function thisMachine(silenceMs?: number): HubMachine {
  return {
    fetch: (...call) => globalThis.fetch(...call),
    now: Date.now,
    sleep: async (ms, signal) => sleep(ms, undefined, { signal }),
    random: Math.random,
    open: openFile,
    symlink,
    freeBytes: async (folder) => {
      // File systems without a size of their own tell nothing but noughts, or refuse to tell.
      const { bavail, bsize } = await statfs(folder).catch(() => ({ bavail: 0, bsize: 0 }));
      return bavail * bsize || undefined;
    },
    patience: silenceMs === undefined ? PATIENCE : { ...PATIENCE, silenceMs, answerMs: silenceMs },
  };
}

async function openFile(path: string, flags: number): Promise<OpenFile> {
  const handle = await open(path, flags, 0o666);
  return {
    write: async (bytes, position) => (await handle.write(bytes, 0, bytes.length, position)).bytesWritten,
    truncate: (bytes) => handle.truncate(bytes),
    sync: () => handle.sync(),
    close: () => handle.close(),
  };
}
