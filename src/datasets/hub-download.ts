import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { UserError } from '../errors.js';
import { fileAddress, shownAddress } from './hub-address.js';
import { isVerifiable, type Content } from './hub-content.js';
import { checkRoom } from './hub-disk.js';
import { PassingFault } from './hub-fault.js';
import { withLock } from './hub-lock.js';
import { PartFile } from './hub-part.js';
import { checkPath, type RepositoryPlaces } from './hub-places.js';
import { nameGiven, receiveRest, type Receiving } from './hub-receive.js';
import { refusal } from './hub-refusal.js';
import { ask, type HubLine } from './hub-request.js';
import { persist } from './hub-retry.js';
import { linkBlob } from './hub-snapshot.js';
import type { DownloadOptions, HubFile, HubRepository } from './hub-types.js';
import { faultOf, remember } from './hub-verified.js';

/** A file that is wanted. */
export interface Wanted {
  readonly repository: HubRepository;
  readonly commit: string;
  readonly file: HubFile;
  readonly places: RepositoryPlaces;
}

/** A checksum that is wrong this often is wrong at the other side. */
const MOST_DAMAGED = 2;

/** Brings a file into the cache where it is not there already; see `Hub.download`. */
export async function bring(line: HubLine, wanted: Wanted, options: DownloadOptions): Promise<string> {
  const { repository, commit, file, places } = wanted;
  checkPath(repository, file.path);
  const pointer = join(places.snapshots, commit, ...file.path.split('/'));
  const name = file.sha256 ?? file.blobId;
  if (name !== undefined || line.settings.isOffline) {
    if (await isThere(pointer, file, name, places, options)) return pointer;
    if (line.settings.isOffline) return bringOffline(line, wanted, pointer, options);
  }
  const known = name === undefined ? await identify(line, wanted, options) : { name, content: file };
  const receiving: Receiving = { line, ...known, ...addressOf(line, wanted), options };
  const lock = join(places.locks, `${known.name}.jmteb.lock`);
  const blob = join(places.blobs, known.name);
  const what = `"${file.path}" of ${repository.id}`;
  await withLock(lock, line.machine, { ...options, what, theirs: `${blob}.incomplete` }, async () => {
    if (await isThere(pointer, known.content, known.name, places, options)) return;
    const isNew = !(await isThere(blob, known.content, known.name, places, options));
    if (isNew) await fetchBlob(receiving, blob, places);
    await linkBlob(pointer, blob, { isNew }, line.machine);
    if (isNew) await remember(pointer, known.content, { folder: places.verified, name: known.name });
  });
  return pointer;
}

function addressOf({ settings }: HubLine, { repository, commit, file }: Wanted): Pick<Receiving, 'url' | 'asked'> {
  const url = fileAddress(settings.endpoint, repository, commit, file.path);
  return { url, asked: { repository, revision: commit, path: file.path } };
}

/** The cache has the file, and it is right; a damaged one is told of. */
async function isThere(
  path: string,
  content: Content,
  name: string | undefined,
  { verified }: RepositoryPlaces,
  { signal, onNotice }: DownloadOptions,
): Promise<boolean> {
  const isFile = await stat(path).then(
    (stats) => stats.isFile(),
    () => false,
  );
  if (!isFile) return false;
  const fault = await faultOf(path, content, { folder: verified, name: name ?? '', signal });
  if (fault !== undefined) onNotice?.(`${path} is damaged: it ${fault}`);
  return fault === undefined;
}

async function bringOffline(
  { machine, settings }: HubLine,
  { repository, commit, file, places }: Wanted,
  pointer: string,
  options: DownloadOptions,
): Promise<string> {
  const name = file.sha256 ?? file.blobId;
  const blob = name === undefined ? undefined : join(places.blobs, name);
  if (blob !== undefined && (await isThere(blob, file, name, places, options))) {
    await linkBlob(pointer, blob, { isNew: false }, machine);
    return pointer;
  }
  throw new UserError({
    where: `${repository.kind} ${repository.id}`,
    what: `"${file.path}" of ${commit} is not whole in the cache (${settings.cache}), and nothing is asked over the network.`,
    fix: 'bring it there with jmteb fetch while there is a network, without --offline and HF_HUB_OFFLINE.',
  });
}

/** Asks the Hub for the name of a file's content. */
async function identify(
  line: HubLine,
  wanted: Wanted,
  { signal, onWait }: DownloadOptions,
): Promise<{ name: string; content: Content }> {
  const { url, asked } = addressOf(line, wanted);
  const name = await persist(
    () =>
      ask(line, { url, signal }, async (answer) => {
        if (answer.status !== 200) throw await refusal(answer, asked, line.settings, line.machine.now());
        const given = nameGiven(answer);
        if (given !== undefined && /^[\w-]{1,128}$/.test(given)) return given;
        throw new PassingFault(`${answer.shown} answers without the name of the content`, { kind: 'content' });
      }),
    line.machine,
    { where: shownAddress(url), signal, onWait },
  );
  const { size } = wanted.file;
  if (/^[0-9a-f]{64}$/.test(name)) return { name, content: { size, sha256: name } };
  return { name, content: { size, ...(/^[0-9a-f]{40}$/.test(name) ? { blobId: name } : {}) } };
}

async function fetchBlob(receiving: Receiving, blob: string, { verified }: RepositoryPlaces): Promise<void> {
  const { line, url, content, name, options, asked } = receiving;
  const { signal, onWait, onProgress } = options;
  const part = await PartFile.open(blob, content, line.machine, signal);
  let isPublished = false;
  try {
    checkRoom(dirname(blob), content.size - part.received, await line.machine.freeBytes(dirname(blob)));
    onProgress?.({ path: asked.path, received: part.received, size: content.size });
    const trust = { isTrusted: true };
    let damaged = 0;
    const attempt = async (): Promise<void> => {
      if (!isVerifiable(content)) await part.drop();
      if (!part.isWhole || content.size === 0) await receiveRest(receiving, part, trust);
      if (part.isRight()) return;
      await part.drop();
      if (++damaged >= MOST_DAMAGED) throw damagedAtSource(receiving);
      throw new PassingFault(`"${asked.path}" came with a wrong checksum`, { kind: 'content' });
    };
    await persist(attempt, line.machine, { where: shownAddress(url), received: () => part.received, signal, onWait });
    await part.publish(blob);
    isPublished = true;
  } finally {
    if (!isPublished) await part.keep();
  }
  await remember(blob, content, { folder: verified, name });
}

function damagedAtSource({ asked, content, name }: Receiving): UserError {
  return new UserError({
    where: `${asked.repository.kind} ${asked.repository.id}`,
    what: `"${asked.path}" at ${asked.revision} came ${MOST_DAMAGED} times with ${content.size} bytes and a wrong checksum; ${name} is expected.`,
    fix: 'check HF_ENDPOINT and the proxy where there is one; a mirror may have a damaged copy.',
  });
}
