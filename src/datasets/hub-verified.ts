import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isVerifiable, wrongnessOf, type Content } from './hub-content.js';

/**
 * What is wrong with a file of the cache; undefined when nothing is.
 *
 * The hash is computed once and the file remembered by size, time and number: a file that nobody touched since is not read
 * again. A cache that cannot be written to is read each time.
 *
 * @param folder where it is remembered
 * @param name of the content
 */
export async function faultOf(
  path: string,
  content: Content,
  { folder, name, signal }: { readonly folder: string; readonly name: string; readonly signal?: AbortSignal },
): Promise<string | undefined> {
  const known = await readFile(join(folder, name), 'utf8').catch(() => undefined);
  if (known !== undefined && known === (await marksOf(path, content))) return undefined;
  const wrong = await wrongnessOf(path, content, signal);
  if (wrong === undefined) await remember(path, content, { folder, name });
  return wrong;
}

/** Remembers that a file was found right. */
export async function remember(
  path: string,
  content: Content,
  { folder, name }: { readonly folder: string; readonly name: string },
): Promise<void> {
  if (!isVerifiable(content)) return;
  const marks = await marksOf(path, content);
  try {
    await mkdir(folder, { recursive: true });
    // Half of it is as good as none: it is compared as a whole.
    await writeFile(join(folder, name), marks);
  } catch {
    // Then it is verified again the next time.
  }
}

/** The content that is meant, and the file as the system knows it. */
async function marksOf(path: string, { sha256, blobId }: Content): Promise<string> {
  const { size, mtimeNs, ino } = await stat(path, { bigint: true });
  return `${sha256 ?? blobId} ${size} ${mtimeNs} ${ino}\n`;
}
