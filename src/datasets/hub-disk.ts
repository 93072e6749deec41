import { accessSync, constants, existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { MachineError, messageOf, UserError } from '../errors.js';
import { PassingFault } from './hub-fault.js';

const NO_ROOM = {
  what: 'no room is left on the disk',
  fix: 'make room, or name a folder on another disk in HF_HUB_CACHE; then run again: what was received is kept.',
};
const NO_PERMISSION = {
  what: 'this user has no right to it',
  fix: 'name a folder in HF_HUB_CACHE that this user may write to; files that are in the cache already are used as they are.',
};
const CAUSES: Readonly<Record<string, { readonly what: string; readonly fix: string }>> = {
  ENOSPC: NO_ROOM,
  EDQUOT: NO_ROOM,
  EACCES: NO_PERMISSION,
  EPERM: NO_PERMISSION,
  EROFS: { ...NO_PERMISSION, what: 'the file system is read-only' },
};

/** The system's code of an error, such as `ENOENT`. */
export function codeOf(thrown: unknown): string | undefined {
  const code = (thrown as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : undefined;
}

/**
 * Does something with the files of the cache.
 *
 * @throws MachineError with the path, what the system said and what to do
 */
export async function onDisk<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    throw diskFault(path, thrown);
  }
}

function diskFault(path: string, thrown: unknown): unknown {
  const code = codeOf(thrown);
  if (thrown instanceof MachineError || thrown instanceof UserError || thrown instanceof PassingFault) return thrown;
  // Node's own codes begin so: they are mistakes of a program, not of a disk.
  if (code === undefined || code.startsWith('ERR_') || code === 'ABORT_ERR') return thrown;
  const { what, fix } = CAUSES[code] ??
    CAUSES[causeOfAbsence(path, code)] ?? {
      what: messageOf(thrown),
      fix: 'see what the system says; HF_HUB_CACHE names another folder.',
    };
  return new MachineError(
    { where: path, what: `cannot be read or written: ${what} (${code}).`, fix },
    { cause: thrown },
  );
}

/** A folder that cannot be made is told of as absent; whether it may be made tells the nearest one that is there. */
function causeOfAbsence(path: string, code: string): string {
  if (code !== 'ENOENT' || dirname(path) === path) return code;
  if (!existsSync(path)) return causeOfAbsence(dirname(path), code);
  try {
    accessSync(path, constants.W_OK);
    return code;
  } catch (thrown) {
    return codeOf(thrown) ?? code;
  }
}

/**
 * Refuses a download that cannot fit, before it begins.
 *
 * @throws MachineError with both numbers
 */
export function checkRoom(folder: string, wanted: number, free: number | undefined): void {
  if (free === undefined || free >= wanted) return;
  const what = `${wanted} bytes are still to come, and the disk has room for ${free}.`;
  throw new MachineError({ where: folder, what, fix: NO_ROOM.fix });
}
