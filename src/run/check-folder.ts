import { existsSync, mkdtempSync, rmdirSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Problem } from '../errors.js';
import { messageOf } from '../errors.js';

/**
 * Whether files could be written into a folder that may not exist yet; it is not made.
 *
 * Permission bits do not tell (a read-only file system, a super-user), so an empty folder is made in the nearest one that
 * exists and removed at once.
 *
 * @param option names the folder in the problem
 */
export function checkWritable(folder: string, option: string): Problem[] {
  const where = `${option} ${folder}`;
  let existing = resolve(folder);
  while (!existsSync(existing) && dirname(existing) !== existing) existing = dirname(existing);
  const fix = 'name a folder that can be written to';
  if (!statSync(existing).isDirectory()) return [{ where, what: `${existing} is a file, not a folder`, fix }];
  try {
    rmdirSync(mkdtempSync(join(existing, '.jmteb-')));
    return [];
  } catch (thrown) {
    return [{ where, what: `cannot be written to (${messageOf(thrown)})`, fix }];
  }
}
