import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { HubFile } from './hub-types.js';

/** What the bytes of a file are known to be. */
export type Content = Pick<HubFile, 'size' | 'sha256' | 'blobId'>;

/** Bytes that are read at once. */
const READ_BYTES = 1024 * 1024;

/** The content can be told from any other by its hash. */
export function isVerifiable({ sha256, blobId }: Content): boolean {
  return (sha256 ?? blobId) !== undefined;
}

/** A hash to feed the content to: its SHA-256, or the name that git gives it. */
export function beginHash({ size, sha256, blobId }: Content): Hash {
  if (sha256 !== undefined || blobId === undefined) return createHash('sha256');
  return createHash('sha1').update(`blob ${size}\0`);
}

/** The hash of all bytes is the one that the Hub names; true where it names none. */
export function isHashOf(content: Content, hash: Hash): boolean {
  return !isVerifiable(content) || hash.digest('hex') === (content.sha256 ?? content.blobId);
}

/** Feeds a file to a hash. */
export async function feed(hash: Hash, path: string, signal?: AbortSignal): Promise<void> {
  for await (const chunk of createReadStream(path, { highWaterMark: READ_BYTES })) {
    signal?.throwIfAborted();
    hash.update(chunk as Buffer);
  }
}

/** What is wrong with a file for a content; undefined when nothing is. */
export async function wrongnessOf(path: string, content: Content, signal?: AbortSignal): Promise<string | undefined> {
  const { size } = await stat(path);
  if (size !== content.size) return `has ${size} bytes instead of ${content.size}`;
  if (!isVerifiable(content)) return undefined;
  const hash = beginHash(content);
  await feed(hash, path, signal);
  return isHashOf(content, hash) ? undefined : 'has other bytes than its checksum says';
}
