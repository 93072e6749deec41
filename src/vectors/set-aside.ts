import { link, rename, stat, unlink } from 'node:fs/promises';
import { messageOf } from '../errors.js';

/**
 * Renames a broken file to the first free `<path>.corrupt-<n>`, n >= 1.
 *
 * @param inode of the file that was found broken; another one that has come into its place meanwhile stays
 * @returns what was done, as the end of a sentence
 */
export async function setAside(path: string, inode: number | undefined): Promise<string> {
  try {
    if (inode !== undefined && (await stat(path)).ino !== inode) return 'another process has replaced it';
    const aside = await freeName(path);
    await rename(path, aside);
    const moved = (await stat(aside)).ino;
    if (inode !== undefined && moved !== inode) {
      // It came between the look and the rename: back it goes, unless there is one again.
      await link(aside, path).catch(() => undefined);
      await unlink(aside);
      return 'another process has replaced it';
    }
    return `set aside as ${aside}`;
  } catch (thrown) {
    return `it could not be set aside (${messageOf(thrown)})`;
  }
}

async function freeName(path: string): Promise<string> {
  for (let n = 1; ; n++) {
    const name = `${path}.corrupt-${n}`;
    const isTaken = await stat(name).then(
      () => true,
      () => false,
    );
    if (!isTaken) return name;
  }
}
