import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, open, readdir, rename, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { MachineError } from './errors.js';

/** What `writeAtomically` needs of a file that is open for writing. */
export interface WritableFile {
  /** Appends. */
  writeFile(bytes: Uint8Array): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** The file operations behind an atomic write; a parameter so that a failing disk can be tried out. */
export interface FileOperations {
  mkdir(folder: string): Promise<void>;
  /** Creates a file that must not exist yet. */
  create(path: string): Promise<WritableFile>;
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  /** Makes a rename in this folder last through a power cut. */
  syncFolder(folder: string): Promise<void>;
}

/** The disk itself. */
export const nodeFiles: FileOperations = {
  mkdir: makeFolder,
  create: (path) => open(path, 'wx'),
  rename,
  unlink,
  syncFolder: async (folder) => {
    const handle = await open(folder, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  },
};

/**
 * Makes a folder and those above it. Node's own way of doing so says of a full disk that there is no such folder.
 */
async function makeFolder(folder: string): Promise<void> {
  if (await isFolder(folder)) return;
  if (dirname(folder) !== folder) await makeFolder(dirname(folder));
  try {
    await mkdir(folder);
  } catch (thrown) {
    // Another process may have made it meanwhile.
    if (!(await isFolder(folder))) throw thrown;
  }
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/** Name of a temporary file: what it is for, the process that writes it, and a random part. */
const TEMPORARY = /^\.(.+)\.(\d+)-[0-9a-f]{12}\.tmp$/;
/** Times that a file is written when others take its temporary file for a dead process's. */
const TRIES = 3;
/** The clock of a file server may be behind by so much. */
const CLOCKS_MS = 1000;

/** Writes the content of a file, piece by piece. */
export type Fill = (file: WritableFile) => Promise<void>;

/**
 * Writes a file so that nobody ever reads half of it: a temporary name in the same folder, flush, rename.
 *
 * Missing folders are made. When anything fails, the old file (or its absence) is as before and no temporary file stays
 * behind, as far as the disk still obeys. What killed processes left of their writes of the same file is removed.
 *
 * @param path where the file shall stand
 * @param content bytes, pieces of bytes that are written one after the other, text that is written as UTF-8, or a function
 *   that writes them and can do it again
 * @throws MachineError with the path, what the system said and what to do
 */
export async function writeAtomically(
  path: string,
  content: Uint8Array | readonly Uint8Array[] | string | Fill,
  files: FileOperations = nodeFiles,
): Promise<void> {
  const folder = dirname(path);
  const fill = typeof content === 'function' ? content : filling(content);
  for (let tries = 1; ; tries++) {
    try {
      await files.mkdir(folder);
      await writeAndRename(path, fill, files);
      break;
    } catch (thrown) {
      // A process in another container sees no process of this one; or the folder was removed meanwhile.
      if (codeOf(thrown) === 'ENOENT' && tries < TRIES) continue;
      throw new MachineError({ where: path, ...explain(thrown) }, { cause: thrown });
    }
  }
  // Not every system can flush a folder; the file itself is whole either way.
  await files.syncFolder(folder).catch(() => undefined);
}

/**
 * The same for content that is made while it is written, once, and need not fit the memory.
 *
 * @throws MachineError as `writeAtomically` for what the system says; what `fill` throws for reasons of its own, as it is
 */
export async function writeFilled(path: string, fill: Fill, files: FileOperations = nodeFiles): Promise<void> {
  try {
    await files.mkdir(dirname(path));
    await writeAndRename(path, fill, files);
  } catch (thrown) {
    throw writeFault(path, thrown);
  }
  await files.syncFolder(dirname(path)).catch(() => undefined);
}

function filling(content: Uint8Array | readonly Uint8Array[] | string): Fill {
  const pieces = typeof content === 'string' ? [new TextEncoder().encode(content)] : [content].flat();
  return async (file) => {
    for (const piece of pieces) await file.writeFile(piece);
  };
}

/** What to throw when a file cannot be written: a MachineError for what the system says, anything else as it is. */
export function writeFault(path: string, thrown: unknown): unknown {
  const code = codeOf(thrown);
  // Node's own codes begin so: they are mistakes of a program, not of a disk.
  if (code === undefined || code.startsWith('ERR_')) return thrown;
  return new MachineError({ where: path, ...explain(thrown) }, { cause: thrown });
}

async function writeAndRename(path: string, fill: Fill, files: FileOperations): Promise<void> {
  await clear(dirname(path), stemOf(path));
  const temporary = temporaryName(path);
  const file = await files.create(temporary);
  try {
    try {
      await fill(file);
      await file.sync();
    } finally {
      await file.close();
    }
    await files.rename(temporary, path);
  } catch (thrown) {
    await files.unlink(temporary).catch(() => undefined);
    throw thrown;
  }
}

/** A name beside a file for what is on its way to it; `clearTemporaryFiles` knows it. */
export function temporaryName(path: string): string {
  return join(dirname(path), `.${stemOf(path)}.${process.pid}-${randomBytes(6).toString('hex')}.tmp`);
}

/** A long name is cut: with the affixes it must fit the 255 bytes that file systems allow. */
function stemOf(path: string): string {
  return Buffer.from(basename(path))
    .subarray(0, 180)
    .toString('latin1')
    .replace(/[^\w.-]/g, '_');
}

/**
 * Removes what killed processes left of their atomic writes, in this folder only.
 *
 * Files of processes that still live stay: they may be about to be renamed.
 *
 * @returns names of the files removed
 */
export function clearTemporaryFiles(folder: string): Promise<string[]> {
  return clear(folder);
}

/** @param stem of the only file whose leftovers go; all go unless given */
async function clear(folder: string, stem?: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => [] as string[]);
  const removed: string[] = [];
  for (const name of names.sort()) {
    const [, writes, pid] = TEMPORARY.exec(name) ?? [];
    if (pid === undefined || (stem !== undefined && stem !== writes)) continue;
    const path = join(folder, name);
    if (!(await isLeft(path, Number(pid)))) continue;
    await unlink(path).then(
      () => removed.push(name),
      () => undefined,
    );
  }
  return removed;
}

/**
 * Whether the process that wrote a file runs no more on this machine.
 *
 * In containers every process may have the same number: a file that is older than this process is not its own.
 */
export async function isLeft(path: string, pid: number): Promise<boolean> {
  if (pid !== process.pid) return !isAlive(pid);
  const began = Date.now() - process.uptime() * 1000;
  const written = await stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => Infinity,
  );
  return written + CLOCKS_MS < began;
}

/** Whether a process of this number runs on this machine. */
export function isAlive(pid: number): boolean {
  if (pid === process.pid) return true;
  try {
    process.kill(pid, 0);
  } catch (thrown) {
    // EPERM: it lives and belongs to somebody else.
    return codeOf(thrown) === 'EPERM';
  }
  return !isZombie(pid);
}

/** Whether a process has ended and only waits for its parent, which may never look (Linux). */
function isZombie(pid: number): boolean {
  try {
    const line = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name, in parentheses, may hold anything.
    return line.slice(line.lastIndexOf(')')).startsWith(') Z');
  } catch {
    return false;
  }
}

function codeOf(thrown: unknown): string | undefined {
  const code = (thrown as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : undefined;
}

function explain(thrown: unknown): { what: string; fix: string } {
  const said = thrown instanceof Error ? thrown.message : String(thrown);
  const code = codeOf(thrown) ?? '';
  const known = CAUSES[code];
  if (known === undefined) return { what: `could not be written (${said})`, fix: 'see what the system says' };
  return { what: `could not be written: ${known.what} (${code})`, fix: known.fix };
}

const noPermission = {
  what: 'no permission',
  fix: 'write to another folder (--output, --cache-dir), or give this user the right to write here',
};
const noRoom = { what: 'no room left on the device', fix: 'make room or write to another folder; then run again' };
const inTheWay = {
  what: 'something else stands at this path',
  fix: 'move away what stands there, or choose another folder',
};
const CAUSES: Record<string, { what: string; fix: string }> = {
  ENOSPC: noRoom,
  EDQUOT: noRoom,
  EACCES: noPermission,
  EPERM: noPermission,
  EROFS: { ...noPermission, what: 'the file system is read-only' },
  ENOTDIR: inTheWay,
  EEXIST: inTheWay,
  EISDIR: inTheWay,
  ENOTEMPTY: inTheWay,
  ENAMETOOLONG: { what: 'the name is too long for this file system', fix: 'choose a shorter folder or name' },
  EMFILE: { what: 'too many files are open', fix: 'raise the limit of open files (ulimit -n)' },
  ENFILE: { what: 'too many files are open', fix: 'raise the limit of open files (ulimit -n)' },
  EIO: { what: 'the device reports an error', fix: 'check the disk; write to another one' },
};
