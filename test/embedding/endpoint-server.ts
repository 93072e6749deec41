import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { EndpointMachine } from '../../src/embedding/endpoint-machine.js';

export interface Asked {
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: {
    readonly model: string;
    readonly input: readonly (string | readonly number[])[];
    readonly encoding_format?: string;
    readonly dimensions?: number;
    readonly truncate_prompt_tokens?: number;
  };
}

/** Answers a request, or returns false to leave it to the usual answer. */
export type Answer = (response: ServerResponse, asked: Asked, nth: number) => boolean | void | Promise<boolean | void>;

export interface TestServer {
  /** With the path /v1. */
  readonly address: string;
  readonly origin: string;
  /** Requests so far. */
  readonly asked: Asked[];
  close(): Promise<void>;
}

export const DIMS = 8;

/** A vector that depends on the whole text and is the same float32 in every form of answer. */
export function hashVector(input: string | readonly number[], dims = DIMS): number[] {
  const text = typeof input === 'string' ? input : JSON.stringify(input);
  const values: number[] = [];
  for (let block = 0; values.length < dims; block++) {
    const hash = createHash('sha256').update(`${block} ${text}`).digest();
    for (let i = 0; i < hash.length; i += 4) values.push(Math.fround(hash.readInt32LE(i) / 2 ** 31));
  }
  return values.slice(0, dims);
}

export function base64(vector: readonly number[]): string {
  const bytes = Buffer.alloc(4 * vector.length);
  for (const [i, value] of vector.entries()) bytes.writeFloatLE(value, 4 * i);
  return bytes.toString('base64');
}

/** What a well-behaved server answers, to be changed for one that is not. */
export function rightAnswer({ body }: Asked, dims = body.dimensions ?? DIMS) {
  const data = body.input.map((input, index) => {
    const vector = hashVector(input, dims);
    const embedding: unknown = body.encoding_format === 'base64' ? base64(vector) : vector;
    return { object: 'embedding', index, embedding };
  });
  const words = body.input.map((input) => (typeof input === 'string' ? Array.from(input).length : input.length));
  const counted = words.map((count) => Math.min(count, body.truncate_prompt_tokens ?? Infinity));
  const tokens = counted.reduce((sum, count) => sum + count, 0);
  return { object: 'list', model: body.model, data, usage: { prompt_tokens: tokens, total_tokens: tokens } };
}

export function sendJson(response: ServerResponse, value: unknown, status = 200, headers: Record<string, string> = {}) {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(typeof value === 'string' ? value : JSON.stringify(value));
}

/** An OpenAI-compatible server on this machine with vectors from hashes. */
export async function startServer(answer: Answer = () => false): Promise<TestServer> {
  const asked: Asked[] = [];
  const server: Server = createServer((request, response) => {
    void readBody(request).then(async (text) => {
      const body = JSON.parse(text === '' ? '{}' : text) as Asked['body'];
      const { authorization } = request.headers;
      const entry: Asked = { path: request.url ?? '', authorization, body };
      asked.push(entry);
      if ((await answer(response, entry, asked.length)) !== false) return;
      sendJson(response, rightAnswer(entry));
    });
  });
  await new Promise<void>((settle) => server.listen(0, '127.0.0.1', settle));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    address: `${origin}/v1`,
    origin,
    asked,
    close: () =>
      new Promise((settle) => {
        server.close(() => settle());
        server.closeAllConnections();
      }),
  };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

/** A machine whose clock goes on only while somebody sleeps, and which sleeps no time. */
export function testMachine(
  env: EndpointMachine['env'] = {},
  more: Partial<EndpointMachine> = {},
): EndpointMachine & { readonly slept: number[] } {
  let now = 1_000_000;
  const slept: number[] = [];
  return {
    fetch: globalThis.fetch,
    env,
    now: () => now,
    sleep: async (ms, signal) => {
      const until = now + ms;
      slept.push(ms);
      await new Promise((settle) => setImmediate(settle));
      signal?.throwIfAborted();
      now = Math.max(now, until);
    },
    timeoutMs: 20_000,
    slept,
    ...more,
  };
}
