import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from './faults.js';
import type { StoredFile } from './repository.js';

export interface Sending {
  readonly file: StoredFile;
  readonly method: string;
  /** The Range header. */
  readonly range?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly fault?: Fault;
}

/** Sends a file or the range of it that is asked for, with whatever shall go wrong. */
export async function sendFile(
  response: ServerResponse,
  { file, method, range, headers, fault }: Sending,
): Promise<void> {
  const asked = fault?.kind === 'no-range' ? undefined : readRange(range, file.size);
  if (asked === 'beyond') return void response.writeHead(416, { 'content-range': `bytes */${file.size}` }).end();
  const shift = fault?.kind === 'range' ? fault.shift : 0;
  const start = (asked?.start ?? 0) + shift;
  const end = Math.max(start, (asked?.end ?? file.size) - (fault?.kind === 'short' ? fault.by : 0));
  const told = fault?.kind === 'range' && fault.isHidden === true ? start - shift : start;
  const length = fault?.kind === 'length' ? fault.bytes : end - start;
  response.writeHead(asked === undefined && shift === 0 ? 200 : 206, {
    'content-type': 'application/octet-stream',
    'accept-ranges': 'bytes',
    ...headers,
    'content-length': String(length),
    ...(asked === undefined && shift === 0 ? {} : { 'content-range': `bytes ${told}-${end - 1}/${file.size}` }),
  });
  if (method === 'HEAD') return void response.end();
  response.flushHeaders();
  await sendBody(response, padded(file, start, end), start, fault);
}

/** Bytes `[start, end)`; noughts where the file has none. */
async function* padded(file: StoredFile, start: number, end: number): AsyncGenerator<Uint8Array> {
  yield* file.read(Math.min(start, file.size), Math.min(end, file.size));
  if (end > file.size) yield new Uint8Array(end - Math.max(start, file.size));
}

async function sendBody(
  response: ServerResponse,
  chunks: AsyncIterable<Uint8Array>,
  start: number,
  fault: Fault | undefined,
): Promise<void> {
  const limit = fault?.kind === 'cut' || fault?.kind === 'stall' ? fault.after : Infinity;
  let sent = 0;
  for await (const chunk of chunks) {
    const bytes = Uint8Array.from(chunk.subarray(0, Math.max(0, limit - sent)));
    if (fault?.kind === 'flip' && fault.at >= start + sent && fault.at < start + sent + bytes.length)
      bytes[fault.at - start - sent] ^= 1;
    if (fault?.kind === 'drip') await drip(response, bytes, fault);
    else if (bytes.length > 0) await write(response, bytes);
    sent += bytes.length;
    if (sent >= limit || response.destroyed) break;
  }
  if (fault?.kind === 'stall') return;
  if (fault?.kind === 'cut' || fault?.kind === 'length') return void setImmediate(() => response.socket?.destroySoon());
  response.end();
}

async function drip(
  response: ServerResponse,
  bytes: Uint8Array,
  { bytes: step, everyMs }: { readonly bytes: number; readonly everyMs: number },
): Promise<void> {
  for (let from = 0; from < bytes.length && !response.destroyed; from += step) {
    await write(response, bytes.subarray(from, from + step));
    await sleep(everyMs);
  }
}

async function write(response: ServerResponse, bytes: Uint8Array): Promise<void> {
  if (response.destroyed || response.write(bytes)) return;
  await new Promise<void>((resolve) => {
    const goOn = (): void => {
      response.off('drain', goOn).off('close', goOn);
      resolve();
    };
    response.on('drain', goOn).on('close', goOn);
  });
}

function readRange(header: string | undefined, size: number): { start: number; end: number } | 'beyond' | undefined {
  const match = /^bytes=(\d+)-(\d*)$/.exec(header ?? '');
  if (match === null) return undefined;
  const start = Number(match[1]);
  if (start >= size) return 'beyond';
  return { start, end: match[2] === '' ? size : Math.min(size, Number(match[2]) + 1) };
}
