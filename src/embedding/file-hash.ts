import { createHash } from 'node:crypto';
import { createReadStream, realpathSync, statSync } from 'node:fs';

/** A file that decides vectors. */
export interface HashedFile {
  readonly path: string;
  readonly sha256: string;
  readonly bytes: number;
}

const known = new Map<string, string>();

/**
 * SHA-256 of a file, hex. A file that this process has hashed is not read again while its size and time stay.
 *
 * @throws the system's error when the file cannot be read
 */
export async function fileHash(path: string): Promise<string> {
  const { size, mtimeMs, ino } = statSync(path);
  const identity = `${realpathSync(path)} ${size} ${mtimeMs} ${ino}`;
  const before = known.get(identity);
  if (before !== undefined) return before;
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  const digest = hash.digest('hex');
  known.set(identity, digest);
  return digest;
}

/** Hashes of files; `absolute` by the name that is recorded. In the order of names. */
export async function hashFiles(absolute: ReadonlyMap<string, string>): Promise<HashedFile[]> {
  const files: HashedFile[] = [];
  for (const path of [...absolute.keys()].sort()) {
    const file = absolute.get(path) as string;
    files.push({ path, sha256: await fileHash(file), bytes: statSync(file).size });
  }
  return files;
}

/** SHA-256 of anything that JSON can hold, hex; keys count in the order in which they are written. */
export function hashOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}
