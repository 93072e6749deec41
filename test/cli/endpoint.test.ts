import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hashVector, sendJson, startServer, type Answer, type TestServer } from '../embedding/endpoint-server.js';
import { readNpy } from '../npy.js';
import { contents, jmteb, startJmteb, temporaryFolder } from './jmteb.js';

const KEY_VARIABLE = 'ENDPOINT_TEST_KEY';
const KEY = 'sk-not-to-be-seen-anywhere-9876';

let answer: Answer = () => false;
let server: TestServer;

beforeAll(async () => {
  process.env[KEY_VARIABLE] = KEY;
  server = await startServer((response, asked, nth) => answer(response, asked, nth));
});

afterAll(async () => {
  delete process.env[KEY_VARIABLE];
  await server.close();
});

const args = (root: string, ...more: string[]): string[] => [
  'run',
  '-m',
  'openai:hash-model',
  '--endpoint',
  server.address,
  '--api-key-env',
  KEY_VARIABLE,
  '-s',
  'sample',
  '-o',
  join(root, 'results'),
  '--cache-dir',
  join(root, 'cache'),
  ...more,
];

/** Texts that the server was sent by `work`, those of probes left out. */
async function sentBy(work: () => Promise<unknown>): Promise<string[]> {
  const before = server.asked.length;
  await work();
  return server.asked
    .slice(before)
    .flatMap(({ body }) => body.input as string[])
    .filter((text) => text !== 'こんにちは');
}

const everything = (root: string): string => JSON.stringify(contents(root)) + records(root);

/** Records with their environment, which `contents` leaves out. */
function records(root: string): string {
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.json'))
    .map((name) => readFileSync(join(root, name), 'utf8'))
    .join('\n');
}

describe('jmteb run with an endpoint', () => {
  const undisturbed = temporaryFolder();
  let sent: string[];

  beforeAll(async () => {
    sent = await sentBy(async () => {
      const { code, stderr, stdout } = await jmteb(args(undisturbed));
      expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
      expect(stderr).toContain('--revision');
      expect(stdout + stderr).not.toContain(KEY);
      expect(stdout.trim().split('\n').at(-1)).toMatch(
        /results\/openai\/hash-model\/local-[0-9a-f]{7}\.server\.published$/,
      );
    });
  });

  it('scores the sample suite, sends the key, and keeps neither key nor address where they do not belong', () => {
    expect(server.asked.every(({ authorization }) => authorization === `Bearer ${KEY}`)).toBe(true);
    expect(everything(undisturbed)).not.toContain(KEY);
    expect(JSON.stringify(contents(undisturbed))).not.toContain(server.origin);
    expect(records(undisturbed)).toContain(`${server.address}/embeddings`);
    expect(records(undisturbed).match(/"state": ?"done"/g)).toHaveLength(6);
  });

  it('killed at any request and started again, ends with the same bytes and asks for no stored list twice', async () => {
    const root = temporaryFolder();
    const inAll: string[] = [];
    for (const nth of [4, 9]) {
      const before = server.asked.length;
      const { child, ended } = startJmteb(args(root));
      answer = () => server.asked.length - before >= nth && child.kill('SIGKILL');
      inAll.push(...(await sentBy(() => ended)));
    }
    answer = () => false;
    const last = await sentBy(() => jmteb(args(root)));
    inAll.push(...last);
    expect(contents(root)).toEqual(contents(undisturbed));
    expect(last.length).toBeGreaterThan(0);
    expect(last.length).toBeLessThan(sent.length);
    expect([...new Set(inAll)].sort()).toEqual([...new Set(sent)].sort());
    const again = await sentBy(() => jmteb(args(root, '--overwrite', 'always')));
    expect(again).toEqual([]);
  });

  it('stops with exit code 2 before any work when the key is refused, and with 2 and all problems on wrong options', async () => {
    const root = temporaryFolder();
    answer = (response) => sendJson(response, { error: { message: `wrong key ${KEY}` } }, 401);
    const { code, stderr } = await jmteb(args(root));
    answer = () => false;
    expect(code).toBe(2);
    expect(stderr).toContain(`environment variable ${KEY_VARIABLE}`);
    expect(stderr).not.toContain(KEY);
    expect(readdirSync(root)).toEqual([]);
    const wrong = await jmteb(args(root, '--concurrency', '0', '--dimensions', 'many'));
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain('--concurrency');
    expect(wrong.stderr).toContain('--dimensions');
  });

  it('fails the task whose text has no vector, and goes on with the others', async () => {
    const root = temporaryFolder();
    const tasks = ['-t', 'sample_sts,sample_pair', '--limit', '10'];
    answer = (response, { body }) => {
      if (body.input.length === 1) return false;
      const data = body.input.map((_, index) => ({
        index,
        embedding: index === 0 && once-- > 0 ? [null] : hashVector('x'),
      }));
      sendJson(response, { data });
    };
    let once = 1;
    const { code, stdout } = await jmteb(args(root, ...tasks, '--concurrency', '1'));
    answer = () => false;
    expect(code).toBe(4);
    expect(stdout).toContain('NaN or infinity');
    expect(records(root).match(/"state": ?"failed"/g)).toHaveLength(1);
  });
});

describe('jmteb encode with an endpoint', () => {
  it('writes the vectors of the server in the order of the texts', async () => {
    const root = temporaryFolder();
    const texts = Array.from({ length: 150 }, (_, i) => `${i} 番目`);
    writeFileSync(join(root, 'texts.txt'), `${texts.join('\n')}\n`);
    const out = join(root, 'out.npy');
    const { code } = await jmteb([
      ...['encode', '-m', 'openai:hash-model', '--endpoint', server.address, '--dimensions', '6'],
      ...['--query-prompt', 'q: ', '--role', 'query', '--input', join(root, 'texts.txt'), '-o', out],
    ]);
    expect(code).toBe(0);
    const { data, shape } = readNpy(out);
    expect(shape).toEqual([150, 6]);
    expect([...data]).toEqual(texts.flatMap((text) => hashVector(`q: ${text}`, 6)));
  });
});
