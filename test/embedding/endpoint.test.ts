import { afterEach, describe, expect, it } from 'vitest';
import type { EndpointMachine } from '../../src/embedding/endpoint-machine.js';
import { resolveEndpoint } from '../../src/embedding/endpoint-model.js';
import { resolveModel } from '../../src/embedding/resolve-model.js';
import type { EmbedCall, ModelOptions, ResolvedModel } from '../../src/embedding/types.js';
import { MachineError, messageOf, UserError } from '../../src/errors.js';
import { loadCl100k } from '../../src/tokenization/cl100k.js';
import {
  base64,
  DIMS,
  hashVector,
  rightAnswer,
  sendJson,
  startServer,
  testMachine,
  type Answer,
  type Asked,
  type TestServer,
} from './endpoint-server.js';

const NO_RESOURCES = { openRunner: () => Promise.reject(new Error('an endpoint needs no runner')) };
const KEY = 'sk-very-secret-0123456789';
const TEXTS = ['一つ', '二つ', '三つ', 'ひとつの長い文章です', '五'];
const PROBES = 1;

const servers: TestServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function serve(answer?: Answer): Promise<TestServer> {
  const server = await startServer(answer);
  servers.push(server);
  return server;
}

/** A fault in everything but the first request, with which a model is opened. */
const afterProbe =
  (answer: Answer): Answer =>
  (response, asked, nth) =>
    nth > PROBES ? answer(response, asked, nth) : false;

const model = (server: TestServer, options: ModelOptions = {}, machine: EndpointMachine = testMachine()) =>
  resolveEndpoint('test-model', { endpoint: [server.address], ...options }, machine);

async function embed(resolved: ResolvedModel, texts: readonly string[], call: Partial<EmbedCall> = {}) {
  const embedder = await resolved.open(NO_RESOURCES);
  return embedder.embed(texts, { prompt: '', ...call });
}

async function embedAt(server: TestServer, options: ModelOptions = {}, machine?: EndpointMachine, texts = TEXTS) {
  return embed(await model(server, options, machine), texts);
}

function rowsOf(texts: readonly (string | readonly number[])[], dims = DIMS): Float32Array {
  return Float32Array.from(texts.flatMap((text) => hashVector(text, dims)));
}

async function faultOf(work: Promise<unknown>): Promise<Error> {
  const thrown = await work.then(
    () => new Error('nothing was thrown'),
    (reason: Error) => reason,
  );
  expect(thrown.message).not.toContain(KEY);
  return thrown;
}

async function messageFrom(work: Promise<unknown>): Promise<string> {
  return (await faultOf(work)).message;
}

const inputsOf = ({ asked }: TestServer): readonly unknown[] => asked.slice(PROBES).map(({ body }) => body.input);

describe('vectors from an endpoint', () => {
  it('are those of the server, bit for bit, from base64', async () => {
    const server = await serve();
    const { rows, tokens, truncated, unknownTokens, byteFallbackTokens } = await embedAt(server);
    expect(rows).toEqual(rowsOf(TEXTS));
    expect(server.asked.every(({ body }) => body.encoding_format === 'base64')).toBe(true);
    expect(server.asked[0].body.model).toBe('test-model');
    expect({ tokens, truncated, unknownTokens, byteFallbackTokens }).toEqual({
      tokens: TEXTS.reduce((sum, text) => sum + Array.from(text).length, 0),
      truncated: null,
      unknownTokens: null,
      byteFallbackTokens: null,
    });
  });

  it('are the same from lists of numbers, where a server passes over base64 or refuses it', async () => {
    const ignoring = await serve((response, asked) => {
      sendJson(response, rightAnswer({ ...asked, body: { ...asked.body, encoding_format: 'float' } }));
    });
    expect((await embedAt(ignoring)).rows).toEqual(rowsOf(TEXTS));
    for (const status of [400, 422]) {
      const refusing = await serve((response, { body }) => {
        if (body.encoding_format === undefined) return false;
        sendJson(
          response,
          { detail: [{ loc: ['body', 'encoding_format'], msg: 'extra fields not permitted' }] },
          status,
        );
      });
      expect((await embedAt(refusing)).rows).toEqual(rowsOf(TEXTS));
      // Asked once, then never again.
      expect(refusing.asked.filter(({ body }) => body.encoding_format !== undefined)).toHaveLength(1);
    }
  });

  it('are put in order by their index', async () => {
    const server = await serve((response, asked) => {
      const answer = rightAnswer(asked);
      sendJson(response, { ...answer, data: answer.data.reverse() });
    });
    expect((await embedAt(server, { concurrency: 1 })).rows).toEqual(rowsOf(TEXTS));
  });

  it('of an empty text are those of one space, and half a pair is sent as U+FFFD', async () => {
    const server = await serve();
    const { rows } = await embedAt(server, {}, undefined, ['', ' a ', 'x\ud800']);
    expect(rows).toEqual(rowsOf([' ', ' a ', 'x\ufffd']));
  });

  it('of no texts are none, without a request', async () => {
    const server = await serve();
    expect((await embedAt(server, {}, undefined, [])).rows.length).toBe(0);
    expect(server.asked).toHaveLength(PROBES);
  });

  it('come with progress for every request, and with tokens unknown where the server does not count', async () => {
    const server = await serve((response, asked) => sendJson(response, { ...rightAnswer(asked), usage: null }));
    const told: number[] = [];
    const { tokens } = await embed(await model(server, { concurrency: 1 }), manyTexts(200), {
      onProgress: (texts) => told.push(texts),
    });
    expect(tokens).toBeNull();
    expect(told).toEqual([64, 128, 192, 200]);
  });

  it('are asked for by several requests at once, at most as many as allowed at each address', async () => {
    const most: number[] = [];
    const slow = (server: number, ms: number): Answer => {
      let now = 0;
      return async (response, asked) => {
        most[server] = Math.max(most[server] ?? 0, ++now);
        await new Promise((settle) => setTimeout(settle, ms));
        now--;
        sendJson(response, rightAnswer(asked));
      };
    };
    const [a, b] = [await serve(slow(0, 5)), await serve(slow(1, 40))];
    const resolved = await resolveEndpoint('m', { endpoint: [a.address, b.address], concurrency: 2 }, testMachine());
    expect((await embed(resolved, manyTexts(1000))).rows).toEqual(rowsOf(manyTexts(1000)));
    expect(most).toEqual([2, 2]);
    // The faster server gets more.
    expect(a.asked.length).toBeGreaterThan(b.asked.length);
  });
});

describe('a server that refuses requests as too large', () => {
  it('is sent half, until it takes them, and from then on no more than that', async () => {
    for (const status of [400, 413, 422]) {
      const server = await serve((response, { body }) => {
        if (body.input.length <= 7) return false;
        sendJson(response, { error: `batch size ${body.input.length} > maximum allowed batch size 7` }, status);
      });
      const texts = manyTexts(300);
      expect((await embedAt(server, {}, undefined, texts)).rows).toEqual(rowsOf(texts));
      const refused = server.asked.filter(({ body }) => body.input.length > 7);
      // 64 -> 32 -> 16 -> 8 -> 4, each at most once for every request under way.
      expect(refused.length).toBeLessThanOrEqual(4 * 4);
    }
  });

  it('over one text is an error that names it', async () => {
    const server = await serve((response, { body }) => {
      if (body.input.every((text) => text.length < 9)) return false;
      sendJson(response, { error: { message: 'maximum context length is 8 tokens' } }, 400);
    });
    const fault = await faultOf(embedAt(server));
    expect(fault).toBeInstanceOf(UserError);
    expect(fault.message).toContain('"ひとつの長い文章です"');
    expect(fault.message).toContain('maximum context length is 8 tokens');
    expect(fault.message).toContain('--max-tokens');
  });

  it('over one text is asked for many at once again afterwards', async () => {
    const server = await serve((response, { body }) => {
      if (!body.input.includes('bad')) return false;
      sendJson(response, { error: { message: 'not this one' } }, 400);
    });
    const embedder = await (await model(server, { concurrency: 1 })).open(NO_RESOURCES);
    const texts = manyTexts(64);
    const message = await messageFrom(embedder.embed([...texts.slice(1), 'bad'], { prompt: '' }));
    expect(message).toContain('text "bad": the server refuses it: 400 Bad Request: not this one');
    const before = server.asked.length;
    expect((await embedder.embed(texts, { prompt: '' })).rows).toEqual(rowsOf(texts));
    expect(server.asked.length).toBe(before + 1);
  });

  it('is told how far to cut texts, and held to it', async () => {
    const server = await serve();
    const resolved = await model(server, { maxTokens: 5 });
    await embed(resolved, TEXTS);
    expect(server.asked.every(({ body }) => body.truncate_prompt_tokens === 5)).toBe(true);
    expect(resolved.options).toEqual({ 'max-tokens': 5 });
    const ignoring = await serve((response, asked) => {
      sendJson(response, rightAnswer({ ...asked, body: { ...asked.body, truncate_prompt_tokens: undefined } }));
    });
    expect(await messageFrom(embedAt(ignoring, { maxTokens: 5 }))).toMatch(/--max-tokens 5: .* read 10 tokens/);
    const silent = await serve((response, asked) => sendJson(response, { ...rightAnswer(asked), usage: undefined }));
    expect(await messageFrom(embedAt(silent, { maxTokens: 5 }))).toContain('does not say how many tokens it read');
  });
});

describe('faults that pass', () => {
  const transient: [string, Answer][] = [
    ['500', (response) => sendJson(response, 'oops', 500)],
    ['503', (response) => sendJson(response, { error: 'loading' }, 503)],
    ['429', (response) => sendJson(response, { error: { message: 'slow down' } }, 429)],
    ['a reset', (response) => void response.destroy()],
    [
      'a broken answer',
      (response, asked) => {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': '5000' });
        response.write(JSON.stringify(rightAnswer(asked)).slice(0, 40), () => response.destroy());
      },
    ],
  ];

  it.each(transient)('%s: the request is made again, after 1, 2 and 4 seconds', async (_, fault) => {
    const server = await serve((response, asked, nth) => (nth <= 3 ? (fault(response, asked, nth), true) : false));
    const machine = testMachine();
    expect((await embedAt(server, { concurrency: 1 }, machine)).rows).toEqual(rowsOf(TEXTS));
    expect(machine.slept).toEqual([1000, 2000, 4000]);
  });

  it.each(transient)('%s that stays: an error says what was waited for', async (_, fault) => {
    const server = await serve(afterProbe(fault));
    const machine = testMachine();
    const thrown = await faultOf(embedAt(server, { concurrency: 1 }, machine));
    expect(thrown).toBeInstanceOf(MachineError);
    // 1 + 2 + 4 + 8 + 16 + 32 + 60 seconds.
    expect(thrown.message).toContain('no vectors after 8 tries in 123 s');
    expect(thrown.message).toContain(server.address);
    expect(server.asked).toHaveLength(PROBES + 8);
  });

  it('waits as long as the server asks, in seconds, milliseconds or until a date', async () => {
    for (const [headers, ms] of [
      [{ 'retry-after': '7' }, 7000],
      [{ 'retry-after-ms': '2500', 'retry-after': '1' }, 2500],
      [{ 'retry-after': '0' }, 1000],
      [{ 'retry-after': 'soon' }, 1000],
      [{ 'retry-after': new Date(1_000_000 + 9000).toUTCString() }, 9000],
    ] as const) {
      const server = await serve((response, _, nth) => (nth === 1 ? sendJson(response, '', 429, headers) : false));
      const machine = testMachine();
      await embedAt(server, {}, machine);
      expect(machine.slept).toEqual([ms]);
    }
  });

  it('does not wait for hours', async () => {
    const server = await serve((response) => sendJson(response, '', 429, { 'retry-after': '7200' }));
    const machine = testMachine();
    const thrown = await faultOf(embedAt(server, {}, machine));
    expect(thrown).toBeInstanceOf(MachineError);
    expect(thrown.message).toContain('asks to wait 120 minutes');
    expect(machine.slept).toEqual([]);
  });

  it('gives up a request that takes too long, and makes it again', async () => {
    const server = await serve((_, __, nth) => nth === 1);
    const machine = testMachine({}, { timeoutMs: 40 });
    expect((await embedAt(server, {}, machine)).rows).toEqual(rowsOf(TEXTS));
    expect(machine.slept).toEqual([1000]);
  });

  it('remarks what is waited for', async () => {
    const server = await serve(afterProbe((response, _, nth) => (nth === 2 ? sendJson(response, 'busy', 503) : false)));
    const remarks: string[] = [];
    await embed(await model(server, { concurrency: 1 }), TEXTS, { onRemark: (message) => remarks.push(message) });
    expect(remarks).toEqual([`${server.address}/embeddings: 503 Service Unavailable: busy; trying again in 1 s`]);
  });

  it('of requests that fail together count once', async () => {
    const failing = new Set<string>();
    const server = await serve(
      afterProbe((response, { body }) => {
        const text = String(body.input[0]);
        if (failing.has(text)) return false;
        failing.add(text);
        sendJson(response, '', 503);
      }),
    );
    const machine = testMachine();
    await embedAt(server, { concurrency: 5 }, machine);
    expect(Math.max(...machine.slept)).toBeLessThanOrEqual(1000);
  });

  it('where nobody answers, ends soon', async () => {
    const server = await serve();
    await server.close();
    const machine = testMachine();
    const thrown = await faultOf(embedAt(server, {}, machine));
    expect(thrown).toBeInstanceOf(MachineError);
    expect(thrown.message).toContain('3 tries');
    expect(thrown.message).toContain('ECONNREFUSED');
  });
});

describe('several endpoints', () => {
  it('take turns; one that fails is set aside for a while', async () => {
    const [good, bad] = [await serve(), await serve(afterProbe((response) => sendJson(response, '', 500)))];
    const machine = testMachine();
    const options = { endpoint: [bad.address, good.address], concurrency: 1 };
    const resolved = await resolveEndpoint('m', options, machine);
    const remarks: string[] = [];
    const { rows } = await embed(resolved, manyTexts(640), { onRemark: (message) => remarks.push(message) });
    expect(rows).toEqual(rowsOf(manyTexts(640)));
    expect(bad.asked).toHaveLength(PROBES + 1);
    expect(good.asked).toHaveLength(PROBES + 10);
    expect(machine.slept).toEqual([]);
    expect(remarks).toEqual([expect.stringContaining('going on with the other addresses')]);
  });

  it('go on while one is not there at all, with a warning', async () => {
    const [good, gone] = [await serve(), await serve()];
    await gone.close();
    const resolved = await resolveEndpoint('m', { endpoint: [gone.address, good.address] }, testMachine());
    expect(resolved.warnings.join()).toContain('left aside for now');
    const known = { endpoint: [gone.address, good.address], dimensions: DIMS };
    const remarks: string[] = [];
    const later = await resolveEndpoint('m', known, testMachine());
    await embed(later, TEXTS, { onRemark: (message) => remarks.push(message) });
    expect(remarks[0]).toContain('left aside for now');
    expect((await embed(resolved, TEXTS)).rows).toEqual(rowsOf(TEXTS));
  });

  it('that run different models are refused', async () => {
    const [a, b] = [await serve(), await serve((response, asked) => sendJson(response, otherVectors(asked)))];
    const resolving = resolveEndpoint('m', { endpoint: [a.address, b.address] }, testMachine());
    expect(await messageFrom(resolving)).toContain('run different models');
  });
});

describe('answers that cannot be right', () => {
  const wrongs: [string, (answer: ReturnType<typeof rightAnswer>) => unknown, string][] = [
    ['too few vectors', (answer) => ({ ...answer, data: answer.data.slice(1) }), '4 vectors came back for 5 texts'],
    [
      'too many',
      (answer) => ({ ...answer, data: [...answer.data, answer.data[0]] }),
      '6 vectors came back for 5 texts',
    ],
    ['an index twice', (answer) => edited(answer, { index: 0 }), 'two vectors have the "index" 0'],
    [
      'a nested index',
      (answer) => JSON.stringify(edited(answer, { index: '@' })).replace('"@"', nested(30_000)),
      'is no number',
    ],
    ['an index beyond', (answer) => edited(answer, { index: 5 }), '"index" of a vector is 5'],
    ['no index', (answer) => edited(answer, { index: undefined }), '"index" of a vector is missing'],
    ['fewer dimensions', (answer) => edited(answer, { embedding: [1, 2] }), 'has 2 dimensions, expected 8'],
    ['null for a number', (answer) => edited(answer, { embedding: [1, null, 3] }), 'text "五": its vector'],
    ['a number beyond float32', (answer) => edited(answer, { embedding: [1e300] }), 'holds NaN or infinity'],
    ['NaN in base64', (answer) => edited(answer, { embedding: base64([NaN, 1]) }), 'text "五": its vector'],
    [
      'NaN in JSON',
      (answer) => JSON.stringify(edited(answer, { embedding: ['@'] })).replace('"@"', 'NaN'),
      'text "五"',
    ],
    [
      '-Infinity in JSON',
      (answer) => JSON.stringify(edited(answer, { embedding: ['@'] })).replace('"@"', '-Infinity'),
      'text "五"',
    ],
    ['broken base64', (answer) => edited(answer, { embedding: 'AAAA!AAA' }), 'neither a list of numbers nor base64'],
    ['half a float', (answer) => edited(answer, { embedding: 'AAAA' }), 'neither a list of numbers nor base64'],
    ['texts for numbers', (answer) => edited(answer, { embedding: ['1'] }), 'neither a list of numbers nor base64'],
    ['no list', () => ({ error: 'x' }), 'no list "data"'],
    ['null', () => 'null', 'no list "data"'],
    ['HTML', () => '<html><body>Welcome</body></html>', 'the answer is no JSON: "<html>'],
    ['nothing', () => '', 'the answer is no JSON'],
  ];

  it.each(wrongs)('%s: refused, without asking again', async (_, change, expected) => {
    const server = await serve(afterProbe((response, asked) => sendJson(response, change(rightAnswer(asked)))));
    const options = { concurrency: 1 };
    const thrown = await faultOf(embedAt(server, options));
    expect(thrown).toBeInstanceOf(UserError);
    expect(thrown.message).toContain(expected);
    expect(server.asked).toHaveLength(PROBES + 1);
  });

  it('an answer without an end is left after the bytes that the vectors can take', async () => {
    let sent = 0;
    const server = await serve(
      afterProbe((response) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        const chunk = Buffer.alloc(65_536, ' ');
        const more = (): void => {
          if (response.destroyed || sent > 1e9) return void response.end();
          sent += chunk.length;
          response.write(chunk, () => setImmediate(more));
        };
        more();
      }),
    );
    expect(await messageFrom(embedAt(server, { concurrency: 1 }))).toMatch(/longer than the \d+ bytes/);
    expect(sent).toBeLessThan(50e6);
  });
});

describe('requests that are refused', () => {
  it.each([400, 401, 403, 404, 418])('with status %i are not made again', async (status) => {
    const server = await serve((response) =>
      sendJson(response, { error: { message: `no: Bearer ${KEY} is not it` } }, status),
    );
    const machine = testMachine({ MY_KEY: KEY });
    const thrown = await faultOf(embedAt(server, { apiKeyEnv: 'MY_KEY' }, machine));
    expect(thrown).toBeInstanceOf(UserError);
    expect(thrown.message).toContain(`${status} `);
    expect(thrown.message).toContain('Bearer *** is not it');
    expect(server.asked).toHaveLength(1);
    if (status === 401 || status === 403) expect(thrown.message).toContain('environment variable MY_KEY');
  });

  it('with an answer of any kind are an error', async () => {
    for (const body of ['', 'null', '[]', '{"error":null}', '{"detail":[1]}', '\u0000\u001b[31mred', nested(30_000)]) {
      const server = await serve((response) => sendJson(response, body, 404));
      const message = await messageFrom(embedAt(server));
      expect(message).toContain('the server answers 404 Not Found');
      // eslint-disable-next-line no-control-regex
      expect(message).not.toMatch(/[\x00\x1b]/);
      expect(message.length).toBeLessThan(700);
    }
  });

  it('for want of a key say so', async () => {
    const server = await serve((response) => sendJson(response, '', 401));
    expect(await messageFrom(embedAt(server))).toContain('no key was sent');
  });

  it('for an account without credit are not made again', async () => {
    const body = { error: { message: 'You exceeded your current quota', code: 'insufficient_quota' } };
    const server = await serve((response) => sendJson(response, body, 429));
    expect(await messageFrom(embedAt(server))).toContain('no credit');
    expect(server.asked).toHaveLength(1);
  });

  it('by redirection to another host take no key there, nor anything else', async () => {
    const other = await serve();
    for (const status of [301, 302, 307, 308]) {
      const server = await serve((response) => {
        response.writeHead(status, { location: `${other.origin}/v1/embeddings?token=${KEY}` });
        response.end();
      });
      const message = await messageFrom(embedAt(server, { apiKeyEnv: 'MY_KEY' }, testMachine({ MY_KEY: KEY })));
      expect(message).toContain(`${other.origin}/v1/embeddings`);
      expect(server.asked[0].authorization).toBe(`Bearer ${KEY}`);
    }
    expect(other.asked).toHaveLength(0);
  });
});

describe('keys', () => {
  it('of OpenAI go to OpenAI, and to other servers only when they are named', async () => {
    const server = await serve();
    const machine = testMachine({ OPENAI_API_KEY: KEY });
    await embedAt(server, {}, machine);
    expect(server.asked.every(({ authorization }) => authorization === undefined)).toBe(true);
    await embedAt(server, { apiKeyEnv: 'OPENAI_API_KEY' }, machine);
    expect(server.asked.at(-1)?.authorization).toBe(`Bearer ${KEY}`);
  });

  it('stand in no settings, key or warning', async () => {
    const server = await serve();
    const resolved = await model(server, { apiKeyEnv: 'MY_KEY' }, testMachine({ MY_KEY: KEY }));
    expect(JSON.stringify(resolved)).not.toContain(KEY);
    expect(JSON.stringify({ ...resolved })).not.toContain(server.origin);
  });

  it('that are missing, or hold a line end, are problems that do not show them', async () => {
    const missing = resolveEndpoint('text-embedding-3-small', {}, testMachine());
    expect(await messageFrom(missing)).toContain('"OPENAI_API_KEY" with the key is not set');
    const broken = { MY_KEY: `${KEY}\nx` };
    const options = { endpoint: ['http://localhost:1'], apiKeyEnv: 'MY_KEY', dimensions: 3 };
    expect(await messageFrom(resolveEndpoint('m', options, testMachine(broken)))).toContain(
      'characters that no key has',
    );
    expect((await resolveEndpoint('m', options, testMachine({ MY_KEY: `${KEY}\n` }))).dims).toBe(3);
  });

  it('over a wire that others can read are warned of', async () => {
    const env = testMachine({ MY_KEY: KEY });
    const warningsAt = async (endpoint: string): Promise<string> =>
      (await resolveEndpoint('m', { endpoint: [endpoint], dimensions: 3, apiKeyEnv: 'MY_KEY' }, env)).warnings.join();
    expect(await warningsAt('http://gpu-box:8000')).toContain('unencrypted');
    for (const safe of ['https://gpu-box:8000', 'http://localhost:8000', 'http://127.0.0.1:8', 'http://[::1]:8'])
      expect(await warningsAt(safe)).not.toContain('unencrypted');
  });
});

describe('resolving openai:<name>', () => {
  it('asks no server where the definition or the option says the dimensions', async () => {
    const noFetch = testMachine({ OPENAI_API_KEY: KEY }, { fetch: () => Promise.reject(new Error('asked')) });
    const large = await resolveEndpoint('text-embedding-3-large', {}, noFetch);
    expect(large).toMatchObject({
      id: 'openai/text-embedding-3-large',
      kind: 'endpoint',
      dims: 3072,
      options: {},
      warnings: [],
      settings: { tokenizer: 'cl100k_base', maxTokens: 8191, dimensions: null, emptyText: ' ' },
    });
    expect(
      await resolveEndpoint('text-embedding-3-large', { dimensions: 3072, maxTokens: 8191 }, noFetch),
    ).toMatchObject({
      key: large.key,
      options: {},
    });
    expect(await resolveEndpoint('text-embedding-3-large', { dimensions: 256 }, noFetch)).toMatchObject({
      dims: 256,
      options: { dimensions: 256 },
      settings: { dimensions: 256 },
    });
  });

  it('learns the dimensions from one request otherwise', async () => {
    const server = await serve();
    expect((await model(server)).dims).toBe(DIMS);
    expect(server.asked).toHaveLength(1);
    expect(server.asked[0].path).toBe('/v1/embeddings');
  });

  it('takes prompts, dimensions and stripping of a model of the Hub from its definition', async () => {
    const server = await serve((response, asked) => sendJson(response, rightAnswer(asked, 256)));
    const resolved = await resolveEndpoint('cl-nagoya/ruri-v3-30m', { endpoint: [server.address] }, testMachine());
    expect(server.asked).toHaveLength(0);
    expect(resolved.promptFor({ id: 'x', family: 'Retrieval' }, 'query')).toBe('検索クエリ: ');
    await embed(resolved, ['  a ']);
    expect(server.asked.at(-1)?.body.input).toEqual(['a']);
  });

  it('refuses a server whose vectors have other dimensions than the definition or the option says', async () => {
    const server = await serve((response, asked) => sendJson(response, rightAnswer(asked, 16)));
    const small = await resolveEndpoint('cl-nagoya/ruri-v3-30m', { endpoint: [server.address] }, testMachine());
    expect(await messageFrom(embed(small, TEXTS))).toContain('vectors of 16 dimensions, expected 256');
    expect(await messageFrom(embedAt(server, { dimensions: 4 }))).toContain('16 dimensions came back where 4');
  });

  it('makes a key of everything that changes vectors, and of no address', async () => {
    const key = async (options: ModelOptions, name = 'm'): Promise<string> =>
      (await resolveEndpoint(name, { endpoint: ['http://a:1'], dimensions: 8, ...options }, testMachine({ K: KEY })))
        .key;
    const base = await key({});
    const same = { endpoint: ['http://b:2/v1', 'https://c'], concurrency: 9, apiKeyEnv: 'K', prompt: 'x' };
    expect(await key(same)).toBe(base);
    const others = [
      await key({ dimensions: 9 }),
      await key({ maxTokens: 9 }),
      await key({}, 'n'),
      await key({ revision: 'a' }),
    ];
    expect(new Set([base, ...others]).size).toBe(5);
  });

  it('warns of weights that the server does not name, unless the user does', async () => {
    const server = await serve();
    expect((await model(server)).warnings.join()).toContain('--revision');
    const named = await model(server, { revision: 'abc', noPrompt: true });
    expect(named).toMatchObject({ warnings: [], revision: 'abc', options: {} });
  });

  it('tells everything that is wrong at once', async () => {
    const options: ModelOptions = {
      endpoint: ['ftp://x', 'nonsense', `http://user:${KEY}@host/v1`],
      apiKeyEnv: 'NOT_THERE',
      dimensions: 9999,
      maxTokens: 9000,
      pooling: 'mean',
      dtype: 'fp16',
      batchTokens: 5,
      noPrompt: true,
      prompt: 'x',
    };
    const thrown = await faultOf(resolveEndpoint('text-embedding-3-large', options, testMachine()));
    const wheres = (thrown as UserError).problems.map(({ where }) => where);
    expect(wheres.sort()).toEqual([
      '--batch-tokens',
      '--dimensions 9999',
      '--dtype',
      '--endpoint',
      '--endpoint',
      '--endpoint host',
      '--max-tokens 9000',
      '--no-prompt',
      '--pooling',
    ]);
    for (const name of ['', '../x', 'a//b'])
      expect(await messageFrom(resolveEndpoint(name, {}, testMachine()))).toContain('names no model');
  });

  it('is refused its options where the model runs here', async () => {
    const options = { endpoint: ['http://a'], concurrency: 2, pooling: 'mean' } as const;
    const thrown = await faultOf(resolveModel('baseline:char-ngram', options));
    expect((thrown as UserError).problems.map(({ where }) => where)).toEqual([
      '--endpoint',
      '--concurrency',
      '--pooling',
    ]);
  });

  it('finds the path of embeddings at an address', async () => {
    const server = await serve();
    for (const [path, expected] of [
      ['', '/v1/embeddings'],
      ['/', '/v1/embeddings'],
      ['/v1/', '/v1/embeddings'],
      ['/embeddings', '/embeddings'],
      ['/openai/v1/embeddings/?api-version=1', '/openai/v1/embeddings/?api-version=1'],
      ['/a/b?k=v#x', '/a/b/embeddings?k=v'],
    ]) {
      await resolveEndpoint('m', { endpoint: [`${server.origin}${path}`] }, testMachine());
      expect(server.asked.at(-1)?.path).toBe(expected);
    }
  });
});

describe("OpenAI's own models", () => {
  /** Requests to OpenAI's address, answered by the test server. */
  function toServer(server: TestServer): EndpointMachine {
    const fetchThere = ((url: string, init: RequestInit) =>
      fetch(url.replace('https://api.openai.com/v1', server.address), init)) as typeof fetch;
    return testMachine({ OPENAI_API_KEY: KEY }, { fetch: fetchThere });
  }
  const small: Answer = (response, asked) => sendJson(response, rightAnswer(asked, asked.body.dimensions ?? 1536));

  it('are sent token ids of cl100k_base, cut to 8,191, as by the reference', async () => {
    const server = await serve(small);
    const resolved = await resolveEndpoint('text-embedding-3-small', {}, toServer(server));
    const long = '日本語の長い文章。'.repeat(3000);
    const { ids } = (await loadCl100k()).encode(long, 8191);
    const space = (await loadCl100k()).encode(' ', 10).ids;
    const one = (await loadCl100k()).encode('お誕生日', 10).ids;
    const { rows, tokens, truncated } = await embed(resolved, [long, '', 'お誕生日']);
    expect(rows).toEqual(rowsOf([ids, space, one], 1536));
    expect({ tokens, truncated }).toEqual({ tokens: 8191 + space.length + one.length, truncated: 1 });
    expect(
      inputsOf(server)
        .flat()
        .map((input) => (input as number[]).length)
        .sort((a, b) => a - b),
    ).toEqual([space.length, one.length, 8191].sort((a, b) => a - b));
    const embedder = await resolved.open(NO_RESOURCES);
    expect(embedder.tokenize?.(long)).toEqual(ids);
  });

  it('are sent at most 2,048 texts and 250,000 tokens a request', async () => {
    const server = await serve(small);
    const resolved = await resolveEndpoint('text-embedding-3-small', { concurrency: 1 }, toServer(server));
    await embed(resolved, manyTexts(2100));
    expect(inputsOf(server).map((input) => (input as unknown[]).length)).toEqual([2048, 52]);
    const [before, long] = [server.asked.length, ' word'.repeat(8191)];
    await embed(
      resolved,
      Array.from({ length: 32 }, (_, i) => `${i}${long}`),
    );
    for (const { body } of server.asked.slice(before)) {
      expect(body.input.reduce((sum: number, input) => sum + input.length, 0)).toBeLessThanOrEqual(250_000);
    }
  });

  it('behind another address are sent texts, and ids only where a text had to be cut', async () => {
    const server = await serve(small);
    const options = { endpoint: [server.address], maxTokens: 20, concurrency: 1 };
    const resolved = await resolveEndpoint('text-embedding-3-small', options, testMachine());
    await embed(resolved, ['短い', '文章']);
    expect(inputsOf(server)).toEqual([['短い', '文章']]);
    await embed(resolved, ['短い', '長い'.repeat(50)]);
    expect((server.asked.at(-1)?.body.input[1] as number[]).length).toBe(20);
  });

  it('are asked for fewer dimensions by the option', async () => {
    const server = await serve(small);
    const resolved = await resolveEndpoint('text-embedding-3-small', { dimensions: 12 }, toServer(server));
    const { rows } = await embed(resolved, ['a']);
    expect(rows.length).toBe(12);
    expect(server.asked.every(({ body }) => body.dimensions === 12)).toBe(true);
  });
});

describe('a request to stop', () => {
  it('ends requests and waits at once', async () => {
    const never = await serve(afterProbe(() => true));
    const busy = await serve(afterProbe((response) => sendJson(response, '', 503)));
    for (const server of [never, busy]) {
      const stop = new AbortController();
      const endless: EndpointMachine['sleep'] = (_, signal) =>
        new Promise((_settle, refuse) => signal?.addEventListener('abort', () => refuse(signal.reason as Error)));
      const resolved = await model(server, {}, testMachine({}, { sleep: endless }));
      const embedding = embed(resolved, TEXTS, { signal: stop.signal });
      setTimeout(() => stop.abort(new Error('stopped by the user')), 30);
      expect(messageOf(await faultOf(embedding))).toBe('stopped by the user');
    }
  });

  it('of one failed request stops the others', async () => {
    let open = 0;
    const server = await serve(
      afterProbe((response, _, nth) => {
        if (nth === PROBES + 2) return void sendJson(response, '', 401);
        open++;
        response.on('close', () => open--);
      }),
    );
    const thrown = await faultOf(embedAt(server, { concurrency: 3 }));
    expect(thrown.message).toContain('401');
    await new Promise((settle) => setTimeout(settle, 20));
    expect(open).toBe(0);
  });
});

function manyTexts(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `文 ${i}`);
}

/** The last vector, of the text "五", with other fields. */
function edited(answer: ReturnType<typeof rightAnswer>, fields: Record<string, unknown>) {
  const last = answer.data.length - 1;
  return { ...answer, data: answer.data.map((entry, i) => (i === last ? { ...entry, ...fields } : entry)) };
}

function nested(depth: number): string {
  return '['.repeat(depth) + ']'.repeat(depth);
}

function otherVectors(asked: Asked) {
  const input = asked.body.input.map((text) => `other ${String(text)}`);
  return rightAnswer({ ...asked, body: { ...asked.body, input } });
}
