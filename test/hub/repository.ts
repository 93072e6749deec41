import { createHash } from 'node:crypto';
import { createReadStream, statSync } from 'node:fs';

/** A file of a repository: its text, its bytes, or a file on this disk. */
export type TestContent = string | Uint8Array | { readonly file: string };

export interface TestRepository {
  readonly kind: 'model' | 'dataset';
  /** `owner/name`. */
  readonly id: string;
  /** Files by path, by commit (40 hexadecimal digits). */
  readonly commits: Readonly<Record<string, Readonly<Record<string, TestContent>>>>;
  /** Branches and tags; `main` is the last commit where nothing else is said. */
  readonly refs?: Readonly<Record<string, string>>;
  /** Nobody but those with one of the tokens of `access` sees it. */
  readonly isPrivate?: boolean;
  /** Everybody sees it, but files are only for those with one of the tokens of `access`. */
  readonly isGated?: boolean;
  readonly access?: readonly string[];
}

/** A file as the Hub keeps it. */
export interface StoredFile {
  readonly path: string;
  readonly size: number;
  readonly sha256: string;
  /** Name of the blob in git: of the content, or of the pointer to a large file. */
  readonly blobId: string;
  /** Kept outside git and served by another host. */
  readonly isLarge: boolean;
  /** Bytes `[start, end)`. */
  read(start: number, end: number): AsyncIterable<Uint8Array>;
}

const LARGE = /\.(?:parquet|safetensors|onnx|onnx_data|bin|gz|model|arrow|npy)$/;
const CHUNK_BYTES = 64 * 1024;

export async function storeFile(path: string, content: TestContent): Promise<StoredFile> {
  const isLarge = LARGE.test(path);
  if (typeof content === 'string' || content instanceof Uint8Array) {
    const bytes = typeof content === 'string' ? Buffer.from(content) : content;
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const blobId = isLarge ? pointerId(sha256, bytes.length) : gitId(bytes);
    return { path, size: bytes.length, sha256, blobId, isLarge, read: (start, end) => slices(bytes, start, end) };
  }
  const { size } = statSync(content.file);
  const hash = createHash('sha256');
  const git = createHash('sha1').update(`blob ${size}\0`);
  for await (const chunk of createReadStream(content.file)) {
    hash.update(chunk as Buffer);
    if (!isLarge) git.update(chunk as Buffer);
  }
  const sha256 = hash.digest('hex');
  return {
    path,
    size,
    sha256,
    blobId: isLarge ? pointerId(sha256, size) : git.digest('hex'),
    isLarge,
    read: (start, end) => (end > start ? createReadStream(content.file, { start, end: end - 1 }) : none()),
  };
}

function gitId(bytes: Uint8Array): string {
  return createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
}

function pointerId(sha256: string, size: number): string {
  return gitId(Buffer.from(`version https://git-lfs.github.com/spec/v1\noid sha256:${sha256}\nsize ${size}\n`));
}

async function* slices(bytes: Uint8Array, start: number, end: number): AsyncGenerator<Uint8Array> {
  for (let from = start; from < end; from += CHUNK_BYTES) {
    yield await Promise.resolve(bytes.subarray(from, Math.min(end, from + CHUNK_BYTES)));
  }
}

async function* none(): AsyncGenerator<Uint8Array> {
  // An empty range has no bytes.
}
