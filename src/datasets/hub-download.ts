import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { MachineError, UserError } from '../errors.js';
import { fileAddress, shownAddress } from './hub-address.js';
import { isVerifiable, type Content } from './hub-content.js';
import { checkRoom, onDisk } from './hub-disk.js';
import { PassingFault } from './hub-fault.js';
import { withLock } from './hub-lock.js';
import { clearParts, PartFile } from './hub-part.js';
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
/** A part is begun again so often when other processes take it. */
const MOST_TAKEN = 5;

/** Brings a file into the cache where it is not there already; see `Hub.download`. */
export async function bring(line: HubLine, wanted: Wanted, given: DownloadOptions): Promise<string> {
  const { repository, commit, file, places } = wanted;
  checkPath(repository, file.path);
  const options = { ...given, onNotice: onceEach(given.onNotice) };
  const pointer = join(places.snapshots, commit, ...file.path.split('/'));
  const guess: Known = { content: file, name: file.sha256 ?? file.blobId ?? '', wanted };
  if (await isThere(pointer, guess, options)) return pointer;
  if (line.settings.isOffline) return bringOffline(line, guess, pointer, options);
  const known = guess.name === '' ? await identify(line, wanted, options) : guess;
  const lock = join(places.locks, `${known.name}.jmteb.lock`);
  const blob = join(places.blobs, known.name);
  const locking = { ...options, what: whatOf(wanted), theirs: `${blob}.incomplete` };
  await withLock(lock, line.machine, locking, async () => {
    if (await isThere(pointer, known, options)) return;
    const isNew = !(await isThere(blob, known, options));
    if (isNew) await fetchBlob({ line, ...known, ...addressOf(line, wanted), options }, blob);
    else await clearParts(blob);
    await linkBlob(pointer, blob, { isNew }, line.machine);
    await remember(pointer, known.content, { folder: places.verified, name: known.name });
  });
  return pointer;
}

/** What is known of a file that is wanted. */
interface Known {
  readonly content: Content;
  /** Of the content; empty where nobody knows it yet. */
  readonly name: string;
  readonly wanted: Wanted;
}

function whatOf({ repository, file }: Wanted): string {
  return `"${file.path}" of ${repository.id}`;
}

/** Tells nothing twice. */
function onceEach(tell: DownloadOptions['onNotice']): (message: string) => void {
  const told = new Set<string>();
  return (message) => {
    if (!told.has(message)) tell?.(message);
    told.add(message);
  };
}

function addressOf({ settings }: HubLine, { repository, commit, file }: Wanted): Pick<Receiving, 'url' | 'asked'> {
  const url = fileAddress(settings.endpoint, repository, commit, file.path);
  return { url, asked: { repository, revision: commit, path: file.path } };
}

/** The cache has the file, and it is right; a damaged one is told of. */
async function isThere(
  path: string,
  { content, name, wanted }: Known,
  { signal, onNotice }: DownloadOptions,
): Promise<boolean> {
  const isFile = await stat(path).then(
    (stats) => stats.isFile(),
    () => false,
  );
  if (!isFile) return false;
  const fault = await onDisk(path, () => faultOf(path, content, { folder: wanted.places.verified, name, signal }));
  if (fault !== undefined) onNotice?.(`${whatOf(wanted)} is damaged in the cache: it ${fault}`);
  return fault === undefined;
}

async function bringOffline(
  { machine, settings }: HubLine,
  known: Known,
  pointer: string,
  options: DownloadOptions,
): Promise<string> {
  const { repository, commit, file, places } = known.wanted;
  const blob = join(places.blobs, known.name);
  if (known.name !== '' && (await isThere(blob, known, options))) {
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
async function identify(line: HubLine, wanted: Wanted, { signal, onWait }: DownloadOptions): Promise<Known> {
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
  if (/^[0-9a-f]{64}$/.test(name)) return { name, wanted, content: { size, sha256: name } };
  return { name, wanted, content: { size, ...(/^[0-9a-f]{40}$/.test(name) ? { blobId: name } : {}) } };
}

/** Receives a blob, alone or, where the lock fails, beside others that do the same. */
async function fetchBlob(receiving: Receiving & Known, blob: string): Promise<void> {
  const { line, options } = receiving;
  for (let taken = 0; !(await receiveBlob(receiving, blob)); taken++) {
    if (await isThere(blob, receiving, options)) return;
    if (taken < MOST_TAKEN) continue;
    const what = `other processes on ${line.settings.cache} took what was received, time and again.`;
    throw new MachineError({ where: blob, what, fix: 'wait until they have ended, then run again.' });
  }
}

/** @returns false when another process has taken what was received */
async function receiveBlob(receiving: Receiving, blob: string): Promise<boolean> {
  const { line, content, options, asked } = receiving;
  const part = await PartFile.open(blob, content, line.machine, options.signal);
  try {
    checkRoom(dirname(blob), content.size - part.received, await line.machine.freeBytes(dirname(blob)));
    options.onProgress?.({ path: asked.path, received: part.received, size: content.size });
    await receiveAll(receiving, part);
  } catch (thrown) {
    await part.keep();
    throw thrown;
  }
  return part.publish(blob);
}

/** Asks until the part is the file. */
async function receiveAll(receiving: Receiving, part: PartFile): Promise<void> {
  const { line, url, content, options, asked } = receiving;
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
  const { signal, onWait } = options;
  await persist(attempt, line.machine, { where: shownAddress(url), received: () => part.received, signal, onWait });
}

function damagedAtSource({ asked, content, name }: Receiving): UserError {
  return new UserError({
    where: `${asked.repository.kind} ${asked.repository.id}`,
    what: `"${asked.path}" at ${asked.revision} came ${MOST_DAMAGED} times with ${content.size} bytes and a wrong checksum; ${name} is expected.`,
    fix: 'check HF_ENDPOINT and the proxy where there is one; a mirror may have a damaged copy.',
  });
}
