import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { jmteb, startJmteb, temporaryFolder, type Ended } from '../cli/jmteb.js';
import type { Fault, Occasion } from '../hub/faults.js';
import { startTestHub, type TestHub } from '../hub/test-hub.js';
import { describeFull } from '../shared.js';

const ID = 'owner/large';
const COMMIT = 'fedcba9876543210fedcba9876543210fedcba98';
const SIZE = 1_500_000;
const BYTES = Buffer.from(Uint8Array.from({ length: SIZE }, (_, i) => (i * i) >> 3));
const TOKEN = 'hf_aTokenThatNobodyShouldSee';
const STORE = { host: 'cdn' } as const;
const ALWAYS = 99;

let hub: TestHub;
let home: string;
let task: string;

beforeAll(async () => {
  const commits = { [COMMIT]: { 'rows.parquet': BYTES } };
  hub = await startTestHub({
    repositories: [
      { kind: 'dataset', id: ID, commits },
      { kind: 'dataset', id: 'owner/gated', commits, isGated: true },
      { kind: 'dataset', id: 'owner/private', commits, isPrivate: true },
    ],
    tokens: [TOKEN],
  });
});
beforeEach(() => {
  hub.reset();
  home = temporaryFolder();
  task = definition(ID);
});
afterAll(() => hub.close());

/** A task whose rows are the one file of a repository; only fetched, never read. */
function definition(repo: string): string {
  const sample = readFileSync(join(import.meta.dirname, '../../tasks/sts/jsick.json'), 'utf8');
  const source = { repo, revision: COMMIT, files: { validation: 'rows.parquet', test: 'rows.parquet' } };
  const path = join(home, 'large.json');
  writeFileSync(path, JSON.stringify({ ...(JSON.parse(sample) as object), id: 'large', source, expect: undefined }));
  return path;
}

const environment = (more: Readonly<Record<string, string | undefined>> = {}) => ({
  HF_HUB_OFFLINE: undefined,
  HF_HUB_CACHE: undefined,
  HF_HOME: join(home, 'hf'),
  HF_ENDPOINT: hub.endpoint,
  HF_TOKEN: TOKEN,
  // Silence is taken for an end after a second in place of thirty.
  HF_HUB_DOWNLOAD_TIMEOUT: '1',
  JMTEB_CACHE_DIR: join(home, 'cache'),
  ...more,
});
const fetchNow = (more: Readonly<Record<string, string | undefined>> = {}): Promise<Ended> =>
  jmteb(['fetch', '-t', task], { env: environment(more) });

const repositoryFolder = (...steps: string[]): string => join(home, 'hf', 'hub', 'datasets--owner--large', ...steps);
const there = (): string => repositoryFolder('snapshots', COMMIT, 'rows.parquet');

function expectRight({ code, stderr }: Ended): void {
  expect(stderr).not.toContain('Fix:');
  expect(code).toBe(0);
  expect(Buffer.compare(readFileSync(there()), BYTES)).toBe(0);
  expect(readdirSync(repositoryFolder('blobs'))).toHaveLength(1);
}

function expectRefused({ code, stdout, stderr }: Ended, exit: 1 | 2, message: RegExp): void {
  expect(stderr).toMatch(message);
  expect(stderr.match(/Fix:/g)).toHaveLength(1);
  expect(stderr).not.toMatch(/\n +at /);
  expect(code).toBe(exit);
  expect(stdout).toBe('');
  expect(existsSync(there())).toBe(false);
}

describeFull('jmteb fetch under a fault', () => {
  let ended: Ended | undefined;
  afterEach(() => {
    expect((ended?.stdout ?? '') + (ended?.stderr ?? '')).not.toContain(TOKEN);
    expect(hub.requests.filter(({ host, headers }) => host === 'cdn' && 'authorization' in headers)).toEqual([]);
  });

  const mended: [string, Fault, Occasion?][] = [
    ['a connection that is cut before the first byte', { kind: 'cut', after: 0 }],
    ['a connection that is cut in the middle, twice', { kind: 'cut', after: 400_001 }, { ...STORE, times: 2 }],
    ['a connection that is cut before the last byte', { kind: 'cut', after: SIZE - 1 }],
    ['a flipped bit', { kind: 'flip', at: 1_234_567 }],
    ['a short body', { kind: 'short', by: 7 }],
    ['a body that is too long', { kind: 'short', by: -7 }],
    ['a wrong length', { kind: 'length', bytes: SIZE + 100 }],
    ['silence in the middle', { kind: 'stall', after: 700_000 }],
    ['no answer', { kind: 'stall', after: -1 }],
    [
      '429 with Retry-After',
      { kind: 'status', status: 429, headers: { 'retry-after': '1' } },
      { host: 'hub', path: /resolve/ },
    ],
    ['errors of the server', { kind: 'status', status: 500 }, { ...STORE, times: 2 }],
    ['errors of the Hub while it lists', { kind: 'status', status: 503 }, { path: /tree/ }],
    ['a signed address that has expired', { kind: 'expired' }, { host: 'hub', path: /resolve/ }],
    ['a page in place of the file', { kind: 'page' }],
  ];
  it.each(mended)('%s is mended, and told of', async (_, fault, occasion = STORE) => {
    hub.fail(fault, occasion);
    ended = await fetchNow();
    expectRight(ended);
    expect(ended.stderr).toMatch(/warning: .*; attempt 2 of \d in [\d.]+ s/);
  });

  it('a wrong range after a cut is mended', async () => {
    for (const isHidden of [false, true]) {
      home = temporaryFolder();
      task = definition(ID);
      hub.fail({ kind: 'cut', after: 700_000 }, STORE);
      hub.fail({ kind: 'range', shift: 5, isHidden }, STORE);
      ended = await fetchNow();
      expectRight(ended);
    }
  });

  const lasting: [string, Fault, Occasion, 1 | 2, RegExp][] = [
    [
      'a bit that is always flipped',
      { kind: 'flip', at: 5 },
      STORE,
      2,
      /came 2 times with 1500000 bytes and a wrong checksum/,
    ],
    [
      'a page in place of every file',
      { kind: 'page' },
      STORE,
      2,
      /given up after 3 tries .*a page instead of the file/,
    ],
    [
      'a page in place of the listing',
      { kind: 'page' },
      { path: /tree/ },
      2,
      /answers something else than the Hub does/,
    ],
    [
      'a circle of redirects',
      { kind: 'loop' },
      { path: /resolve/ },
      2,
      /from one address to another, more than 10 times/,
    ],
    [
      'a wait of hours',
      { kind: 'status', status: 429, headers: { 'retry-after': '7200' } },
      { path: /resolve/ },
      1,
      /asks to wait 120 minutes/,
    ],
  ];
  it.each(lasting)('%s is an error that says what to do', async (_, fault, occasion, exit, message) => {
    hub.fail(fault, { ...occasion, times: ALWAYS });
    ended = await fetchNow();
    expectRefused(ended, exit, message);
  });

  it('a Hub that nobody reaches is told of after a few seconds', async () => {
    const began = Date.now();
    ended = await fetchNow({ HF_ENDPOINT: 'http://127.0.0.1:9' });
    expectRefused(ended, 2, /127\.0\.0\.1:9.* port that is kept for another service/);
    ended = await fetchNow({ HF_ENDPOINT: 'http://127.0.0.1:11111' });
    expectRefused(ended, 1, /given up after 3 tries .*ECONNREFUSED/);
    expect(Date.now() - began).toBeLessThan(20_000);
  });

  const closed: [string, string, string | undefined, RegExp][] = [
    [
      'a gated repository without a token',
      'owner/gated',
      undefined,
      /accepted its conditions, and no token was sent[^]*hf auth login/,
    ],
    [
      'a gated repository with a token of another account',
      'owner/gated',
      TOKEN,
      /the account of the token in HF_TOKEN is not among them/,
    ],
    [
      'a private repository without a token',
      'owner/private',
      undefined,
      /does not exist, or is private: no token was sent/,
    ],
    [
      'a private repository with a token of another account',
      'owner/private',
      TOKEN,
      /does not exist, or the account of the token in HF_TOKEN may not see it/,
    ],
    [
      'a repository with an unknown token',
      ID,
      'hf_wrong',
      /is not given to the token in HF_TOKEN: the Hub does not know it/,
    ],
  ];
  it.each(closed)('%s is refused with what it means', async (_, repo, token, message) => {
    task = definition(repo);
    ended = await fetchNow({ HF_TOKEN: token });
    expectRefused(ended, 2, message);
  });

  it('a process that is killed in mid-download loses nothing', async () => {
    hub.fail({ kind: 'stall', after: 1_000_000 }, STORE);
    const { child, ended: first } = startJmteb(['fetch', '-t', task, '--json'], {
      env: environment({ HF_HUB_DOWNLOAD_TIMEOUT: undefined }),
    });
    await new Promise<void>((resolve) => {
      child.stdout?.on('data', (text: string) => /"fetching"/.test(text) && resolve());
    });
    child.kill('SIGKILL');
    await first;
    expect(existsSync(there())).toBe(false);
    ended = await fetchNow();
    expectRight(ended);
    expect(hub.requests.at(-1)?.headers.range).toMatch(/^bytes=[1-9]\d*-$/);
  });

  it('two processes at once bring the file once', async () => {
    hub.fail({ kind: 'drip', bytes: 100_000, everyMs: 100 }, STORE);
    const [one, two] = await Promise.all([fetchNow(), fetchNow()]);
    expectRight(one);
    expectRight(two);
    expect(hub.requests.filter(({ host }) => host === 'cdn')).toHaveLength(1);
  });

  it('a damaged blob of the cache is told of and brought again', async () => {
    await fetchNow();
    const [blob] = readdirSync(repositoryFolder('blobs'));
    const damaged = Buffer.from(BYTES);
    damaged[77] ^= 1;
    writeFileSync(repositoryFolder('blobs', blob), damaged);
    ended = await fetchNow();
    expect(ended.stderr).toContain('"rows.parquet" of owner/large is damaged in the cache: it has other bytes');
    expectRight(ended);
  });

  it('a cache whose place is taken by a file is told of', async () => {
    mkdirSync(join(home, 'hf'), { recursive: true });
    writeFileSync(join(home, 'hf', 'hub'), '');
    ended = await fetchNow();
    expectRefused(ended, 1, /cannot be read or written/);
  });
});
