import { UserError } from '../errors.js';
import type { Content } from './hub-content.js';
import { PassingFault } from './hub-fault.js';
import type { PartFile } from './hub-part.js';
import { refusal, type Asked } from './hub-refusal.js';
import { ask, type HubAnswer, type HubLine } from './hub-request.js';
import type { DownloadOptions } from './hub-types.js';

/** A file that is being brought. */
export interface Receiving {
  readonly line: HubLine;
  readonly url: string;
  readonly asked: Asked & { readonly path: string };
  readonly content: Content;
  /** Name that the Hub gives the content: the ETag. */
  readonly name: string;
  readonly options: DownloadOptions;
}

/** How far a server can be trusted with the rest of a file; changes from attempt to attempt. */
export interface RangeTrust {
  isTrusted: boolean;
}

/**
 * Asks for what a part lacks, once, and appends what comes.
 *
 * @throws PassingFault when not all came, or what came cannot be the file; what is whole and wrong is found by its hash
 */
export async function receiveRest(receiving: Receiving, part: PartFile, trust: RangeTrust): Promise<void> {
  const { line, url, asked, options } = receiving;
  const headers: Record<string, string> =
    part.received > 0 && trust.isTrusted ? { range: `bytes=${part.received}-` } : {};
  await ask(line, { url, headers, signal: options.signal }, async (answer) => {
    if (answer.status === 416 && part.received > 0) {
      trust.isTrusted = false;
      throw new PassingFault(`${answer.shown} has nothing from byte ${part.received} on`, { kind: 'content' });
    }
    if (answer.status !== 200 && answer.status !== 206)
      throw await refusal(answer, asked, line.settings, line.machine.now());
    checkName(answer, receiving);
    await appendBody(answer, beginningOf(answer, receiving, part, trust), receiving, part);
  });
}

/** ETag that the Hub itself gives a file; stores behind it have others. */
export function nameGiven(answer: HubAnswer): string | undefined {
  const given = toldByHub(answer, 'x-linked-etag') ?? toldByHub(answer, 'etag');
  return given?.replace(/^W\//, '').replaceAll('"', '');
}

function toldByHub({ headers, isHub, redirect }: HubAnswer, name: string): string | undefined {
  return redirect?.get(name) ?? (isHub ? headers.get(name) : undefined) ?? undefined;
}

const SHA256 = /^[0-9a-f]{64}$/;

/** A commit never changes: when the Hub has another content, what was recorded is not of this commit. */
function checkName(answer: HubAnswer, { asked, content, name }: Receiving): void {
  const given = nameGiven(answer);
  const size = toldByHub(answer, 'x-linked-size');
  const isOther =
    given !== undefined &&
    (SHA256.test(given) ? given !== (content.sha256 ?? name) : content.sha256 === undefined && given !== name);
  if (!isOther && (size === undefined || Number(size) === content.size)) return;
  const { kind, id } = asked.repository;
  throw new UserError({
    where: `${kind} ${id}`,
    what: `"${asked.path}" at ${asked.revision} is another file than was recorded: ${size ?? 'unknown'} bytes, checksum ${given ?? 'unknown'}; recorded are ${content.size} bytes, checksum ${name}.`,
    fix: 'check the record and HF_ENDPOINT: the files of a commit do not change.',
  });
}

/** Which byte of the file the body begins with. */
function beginningOf(answer: HubAnswer, { asked, content }: Receiving, part: PartFile, trust: RangeTrust): number {
  const { status, headers, shown } = answer;
  const fault = (what: string): PassingFault => new PassingFault(`${shown} answers ${what}`, { kind: 'content' });
  if (status === 206) {
    const range = headers.get('content-range') ?? 'none';
    const match = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(range);
    const isRight =
      match !== null && Number(match[1]) === part.received && [String(content.size), '*'].includes(match[3]);
    if (isRight) return part.received;
    trust.isTrusted = false;
    throw fault(`with the range "${range}" where bytes ${part.received}-${content.size - 1} were asked for`);
  }
  const length = headers.get('content-length');
  if (length !== null && headers.get('content-encoding') === null && Number(length) !== content.size)
    throw fault(`with ${length} bytes where the file has ${content.size}`);
  const isPage = /^text\/html\b/i.test(headers.get('content-type') ?? '');
  if (length === null && isPage && !/\.html?$/i.test(asked.path)) throw fault('with a page instead of the file');
  return 0;
}

async function appendBody(answer: HubAnswer, from: number, receiving: Receiving, part: PartFile): Promise<void> {
  const { asked, content, options } = receiving;
  let position = from;
  for await (const chunk of answer.body()) {
    const isTooLong = position + chunk.length > content.size;
    if (isTooLong) throw new PassingFault(`${answer.shown} sends more than ${content.size} bytes`, { kind: 'content' });
    // A server that begins from the start sends what is there already, too.
    const fresh = chunk.subarray(Math.max(0, part.received - position));
    position += chunk.length;
    if (fresh.length === 0) continue;
    await part.append(fresh);
    options.onProgress?.({ path: asked.path, received: part.received, size: content.size });
  }
  if (position < content.size)
    throw new PassingFault(`${answer.shown} broke off after ${position} of ${content.size} bytes`);
}
