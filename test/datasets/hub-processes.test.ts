import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { openHub } from '../../src/datasets/open-hub.js';
import { startTestHub, type TestHub } from '../hub/test-hub.js';
import { quickMachine } from './quick-machine.js';

const COMMIT = '0123456789abcdef0123456789abcdef01234567';
const ROWS = Uint8Array.from({ length: 1_000_000 }, (_, i) => (i * i) >> 3);
const sha256 = createHash('sha256').update(ROWS).digest('hex');
const repository = { kind: 'dataset', id: 'owner/rows' } as const;
const file = { path: 'test.parquet', size: ROWS.length, sha256 };
const store = { host: 'cdn' } as const;
/** The built client: a child process knows no TypeScript. */
const client = pathToFileURL(resolve(import.meta.dirname, '../../dist/datasets/open-hub.js')).href;

let hub: TestHub;
let cache: string;

beforeAll(async () => {
  hub = await startTestHub({ repositories: [{ ...repository, commits: { [COMMIT]: { [file.path]: ROWS } } }] });
});
beforeEach(() => {
  hub.reset();
  cache = mkdtempSync(join(tmpdir(), 'jmteb-hub-'));
});
afterAll(() => hub.close());

const folder = (...steps: string[]): string => join(cache, 'datasets--owner--rows', ...steps);
const lock = (): string => join(cache, '.locks', 'datasets--owner--rows', `${sha256}.jmteb.lock`);
const stored = (): unknown[] => hub.requests.filter(({ host }) => host === 'cdn').map(({ headers }) => headers.range);

function startChild(): ChildProcess {
  const call = JSON.stringify([repository, COMMIT, file]);
  const settings = JSON.stringify({ endpoint: hub.endpoint, cache, isOffline: false });
  const code = `import { openHub } from ${JSON.stringify(client)};
    await openHub(${settings}).download(...${call});`;
  return spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'ignore', 'inherit'] });
}

async function endOf(child: ChildProcess): Promise<number | null> {
  return new Promise((done) => child.once('exit', (code) => done(code)));
}

async function here(notices: string[] = []): Promise<Uint8Array> {
  const settings = { endpoint: hub.endpoint, cache, isOffline: false };
  const onNotice = (notice: string): number => notices.push(notice);
  return readFileSync(await openHub(settings, quickMachine()).download(repository, COMMIT, file, { onNotice }));
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((done) => setTimeout(done, 10));
}

function sizeOfPart(): number {
  try {
    const name = readdirSync(folder('blobs')).find((one) => one.endsWith('.incomplete'));
    return name === undefined ? 0 : statSync(folder('blobs', name)).size;
  } catch {
    return 0;
  }
}

it('a process that is killed leaves a part that the next one goes on with, and a lock that stops nobody', async () => {
  hub.fail({ kind: 'stall', after: 500_000 }, store);
  const child = startChild();
  await until(() => sizeOfPart() >= 400_000);
  const ended = endOf(child);
  child.kill('SIGKILL');
  await ended;
  const received = sizeOfPart();
  expect(statSync(lock()).isFile()).toBe(true);
  expect(() => statSync(folder('blobs', sha256))).toThrow('ENOENT');
  expect(Buffer.compare(await here(), ROWS)).toBe(0);
  expect(stored()).toEqual([undefined, `bytes=${received}-`]);
  expect(readdirSync(folder('blobs'))).toEqual([sha256]);
  expect(() => statSync(lock())).toThrow('ENOENT');
});

it('processes that want the same file at once bring it once', async () => {
  hub.fail({ kind: 'drip', bytes: 50_000, everyMs: 40 }, store);
  const children = [startChild(), startChild(), startChild()];
  expect(await Promise.all(children.map(endOf))).toEqual([0, 0, 0]);
  expect(stored()).toHaveLength(1);
  expect(Buffer.compare(readFileSync(folder('snapshots', COMMIT, file.path)), ROWS)).toBe(0);
});

it('processes that do not see each other, as on other machines, are both right', async () => {
  const machine = quickMachine();
  const blind = { ...machine, patience: { ...machine.patience, abandonedMs: 0 } };
  hub.fail({ kind: 'drip', bytes: 50_000, everyMs: 5 }, { ...store, times: 2 });
  const settings = { endpoint: hub.endpoint, cache, isOffline: false };
  const paths = await Promise.all([1, 2, 3].map(() => openHub(settings, blind).download(repository, COMMIT, file)));
  for (const path of paths) expect(Buffer.compare(readFileSync(path), ROWS)).toBe(0);
});

it('a lock is waited for while its owner lives, and not after', async () => {
  mkdirSync(join(lock(), '..'), { recursive: true });
  writeFileSync(lock(), `elsewhere 1 abcdef\n`);
  const notices: string[] = [];
  const began = Date.now();
  await here(notices);
  expect(Date.now() - began).toBeGreaterThan(300);
  expect(notices).toEqual([expect.stringMatching(/another process is downloading "test.parquet" of owner\/rows/)]);

  cache = mkdtempSync(join(tmpdir(), 'jmteb-hub-'));
  mkdirSync(join(lock(), '..'), { recursive: true });
  // No process has this number.
  writeFileSync(lock(), `${hostname()} 4194305 abcdef\n`);
  await here(notices);
  expect(notices).toHaveLength(1);

  cache = mkdtempSync(join(tmpdir(), 'jmteb-hub-'));
  mkdirSync(join(lock(), '..'), { recursive: true });
  writeFileSync(lock(), `${hostname()} ${process.pid} abcdef\n`);
  utimesSync(lock(), 1, 1);
  await here(notices);
  expect(notices).toHaveLength(1);
});

it("a part that Python's program is writing is waited for and never written to", async () => {
  mkdirSync(folder('blobs'), { recursive: true });
  const theirs = folder('blobs', `${sha256}.incomplete`);
  writeFileSync(theirs, 'theirs');
  const notices: string[] = [];
  expect(Buffer.compare(await here(notices), ROWS)).toBe(0);
  expect(notices).toHaveLength(1);
  expect(readFileSync(theirs, 'utf8')).toBe('theirs');
});
