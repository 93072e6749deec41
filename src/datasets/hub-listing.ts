import { readdirSync, readlinkSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { UserError } from '../errors.js';
import { apiAddress } from './hub-address.js';
import { askJson } from './hub-json.js';
import { checkPath, type RepositoryPlaces } from './hub-places.js';
import type { HubLine } from './hub-request.js';
import type { HubFile, HubRepository, ListFilesOptions } from './hub-types.js';

/** An entry of the Hub's tree; what is no file is left out. */
interface Page {
  readonly files: readonly HubFile[];
}

const SHA1 = /^[0-9a-f]{40}$/;
const SHA256 = /^[0-9a-f]{64}$/;

/** Asks the Hub for the files of a commit, page after page. */
export async function askFiles(
  line: HubLine,
  repository: HubRepository,
  commit: string,
  options: ListFilesOptions,
): Promise<readonly HubFile[]> {
  const { folder } = options;
  const steps = folder === undefined ? [] : folder.split('/');
  let url = `${apiAddress(line.settings.endpoint, repository, 'tree', commit, ...steps)}?recursive=true`;
  const asked = { repository, revision: commit, path: folder };
  const files = new Map<string, HubFile>();
  const seen = new Set<string>();
  for (let next: string | undefined = url; next !== undefined && !seen.has(next);) {
    url = next;
    seen.add(url);
    const { value, headers } = await askJson(line, url, asked, options, readPage);
    for (const file of value.files) {
      checkPath(repository, file.path);
      if (folder === undefined || file.path.startsWith(`${folder}/`)) files.set(file.path, file);
    }
    next = nextPage(headers, url);
  }
  return sorted([...files.values()]);
}

function readPage(json: unknown): Page | undefined {
  if (!Array.isArray(json)) return undefined;
  const files: HubFile[] = [];
  for (const entry of json as unknown[]) {
    const { type } = (entry ?? {}) as { type?: unknown };
    if (typeof type !== 'string') return undefined;
    if (type !== 'file') continue;
    const file = readFile(entry as Readonly<Record<string, unknown>>);
    if (file === undefined) return undefined;
    files.push(file);
  }
  return { files };
}

function readFile({ path, size, oid, lfs }: Readonly<Record<string, unknown>>): HubFile | undefined {
  if (typeof path !== 'string' || !isSize(size)) return undefined;
  const blobId = typeof oid === 'string' && SHA1.test(oid) ? { blobId: oid } : {};
  if (lfs === undefined || lfs === null) return { path, size, ...blobId };
  const large = lfs as { readonly oid?: unknown; readonly size?: unknown };
  if (typeof large.oid !== 'string' || !SHA256.test(large.oid) || !isSize(large.size)) return undefined;
  return { path, size: large.size, sha256: large.oid, ...blobId };
}

function isSize(size: unknown): size is number {
  return Number.isSafeInteger(size) && (size as number) >= 0;
}

function nextPage(headers: Headers, url: string): string | undefined {
  const next = /<([^<>]*)>\s*;[^<]*\brel="?next"?/i.exec(headers.get('link') ?? '')?.[1];
  return next === undefined || !URL.canParse(next, url) ? undefined : new URL(next, url).href;
}

/** Files of a commit that the cache has; their checksums where the names of their blobs tell them. */
export function cachedFiles(
  { kind, id }: HubRepository,
  commit: string,
  { snapshots }: RepositoryPlaces,
  { folder }: ListFilesOptions,
): readonly HubFile[] {
  const root = join(snapshots, commit);
  const start = folder === undefined ? root : join(root, folder);
  const files = filesBelow(start, folder === undefined ? '' : `${folder}/`);
  if (files.length > 0) return sorted(files);
  throw new UserError({
    where: `${kind} ${id}`,
    what: `${folder === undefined ? 'no file' : `no file of "${folder}"`} of ${commit} is in the cache, and nothing is asked over the network.`,
    fix: 'bring them there with jmteb fetch while there is a network, without --offline and HF_HUB_OFFLINE.',
  });
}

function filesBelow(folder: string, prefix: string): HubFile[] {
  const files: HubFile[] = [];
  for (const name of namesIn(folder)) {
    const full = join(folder, name);
    const stats = statSync(full, { throwIfNoEntry: false });
    if (stats?.isDirectory()) files.push(...filesBelow(full, `${prefix}${name}/`));
    if (stats?.isFile()) files.push({ path: `${prefix}${name}`, size: stats.size, ...hashesOf(full) });
  }
  return files;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function hashesOf(pointer: string): Pick<HubFile, 'sha256' | 'blobId'> {
  const blob = linkOf(pointer);
  if (SHA256.test(blob)) return { sha256: blob };
  return SHA1.test(blob) ? { blobId: blob } : {};
}

function linkOf(pointer: string): string {
  try {
    return basename(readlinkSync(pointer));
  } catch {
    return '';
  }
}

function sorted(files: HubFile[]): readonly HubFile[] {
  return files.sort((a, b) => (a.path < b.path ? -1 : Number(a.path > b.path)));
}
