import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile, mkdir, readlink, rename, unlink } from 'node:fs/promises';
import { dirname, relative } from 'node:path';
import { codeOf, onDisk } from './hub-disk.js';
import type { HubMachine } from './hub-machine.js';

/** What systems say that have no links, or give none to this user. */
const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EINVAL', 'UNKNOWN']);

/**
 * Lets a file of a snapshot be a blob: by a relative link, or, where there are no links, by moving a new blob and copying one
 * that other commits may have, too.
 */
export async function linkBlob(
  pointer: string,
  blob: string,
  { isNew }: { readonly isNew: boolean },
  machine: HubMachine,
): Promise<void> {
  const target = relative(dirname(pointer), blob);
  await onDisk(pointer, async () => {
    await mkdir(dirname(pointer), { recursive: true });
    for (;;) {
      if ((await readlink(pointer).catch(() => undefined)) === target) return;
      // A link that leads elsewhere, or a damaged copy.
      await unlink(pointer).catch(ignoreMissing);
      try {
        return await machine.symlink(target, pointer);
      } catch (thrown) {
        const code = codeOf(thrown) ?? '';
        if (NO_LINKS.has(code)) return isNew ? await rename(blob, pointer) : await copy(blob, pointer);
        // Another process was faster.
        if (code !== 'EEXIST') throw thrown;
      }
    }
  });
}

async function copy(blob: string, pointer: string): Promise<void> {
  const temporary = `${blob}.${randomBytes(4).toString('hex')}.incomplete`;
  try {
    await copyFile(blob, temporary, constants.COPYFILE_FICLONE);
    await rename(temporary, pointer);
  } catch (thrown) {
    await unlink(temporary).catch(() => undefined);
    throw thrown;
  }
}

function ignoreMissing(thrown: unknown): void {
  if (codeOf(thrown) !== 'ENOENT') throw thrown;
}
