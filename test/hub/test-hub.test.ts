import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { openHub } from '../../src/datasets/open-hub.js';
import { startTestHub, type TestHub } from './test-hub.js';

const COMMIT = '0123456789abcdef0123456789abcdef01234567';
const ROWS = Uint8Array.from({ length: 200_000 }, (_, i) => i * 7);
const repository = { kind: 'dataset', id: 'owner/rows' } as const;
let hub: TestHub;

beforeAll(async () => {
  const files = { 'data/a/test.parquet': ROWS, 'README.md': '読む', 'empty.txt': '', 'data/b #1.jsonl': '{}\n' };
  hub = await startTestHub({
    repositories: [
      { ...repository, commits: { [COMMIT]: files } },
      { kind: 'model', id: 'owner/secret', commits: { [COMMIT]: files }, isPrivate: true, access: ['hf_mine'] },
      { kind: 'model', id: 'owner/gated', commits: { [COMMIT]: files }, isGated: true, access: ['hf_mine'] },
    ],
    renames: { 'owner/old': 'owner/rows' },
    pageSize: 2,
  });
});
beforeEach(() => hub.reset());
afterAll(() => hub.close());

const cache = (): string => mkdtempSync(join(tmpdir(), 'jmteb-hub-'));
const settings = (): { endpoint: string; cache: string; isOffline: boolean } => {
  return { endpoint: hub.endpoint, cache: cache(), isOffline: false };
};

it('is a Hub to our client: branches, listings of several pages, large and small files', async () => {
  const client = openHub({ ...settings(), token: 'hf_mine' });
  expect(await client.resolveRevision(repository, 'main')).toEqual({ commit: COMMIT, gated: false });
  const files = await client.listFiles(repository, COMMIT);
  expect(files.map(({ path }) => path)).toEqual(['README.md', 'data/a/test.parquet', 'data/b #1.jsonl', 'empty.txt']);
  const paths = await Promise.all(files.map((file) => client.download(repository, COMMIT, file)));
  expect(readFileSync(paths[0], 'utf8')).toBe('読む');
  expect(new Uint8Array(readFileSync(paths[1]))).toEqual(ROWS);
  expect(readFileSync(paths[2], 'utf8')).toBe('{}\n');
  expect(readFileSync(paths[3], 'utf8')).toBe('');
  const stored = hub.requests.filter(({ host }) => host === 'cdn');
  expect(stored).toHaveLength(1);
  expect(stored[0].headers.authorization).toBeUndefined();
  expect(hub.requests[0].headers.authorization).toBe('Bearer hf_mine');
});

it('answers renamed repositories with a relative redirect, and those that are not there as the Hub does', async () => {
  const client = openHub(settings());
  expect((await client.resolveRevision({ ...repository, id: 'owner/old' }, 'main')).commit).toBe(COMMIT);
  await expect(client.resolveRevision({ ...repository, id: 'owner/none' }, 'main')).rejects.toThrow('owner/none');
  await expect(client.resolveRevision(repository, 'v9')).rejects.toThrow('v9');
});

it('keeps private and gated files from those without a right to them', async () => {
  const status = async (path: string, token?: string): Promise<[number, string | null]> => {
    const headers = token === undefined ? undefined : { authorization: `Bearer ${token}` };
    const answer = await fetch(`${hub.endpoint}${path}`, { headers, redirect: 'manual' });
    return [answer.status, answer.headers.get('x-error-code')];
  };
  const secret = '/api/models/owner/secret/revision/main';
  expect(await status(secret)).toEqual([401, 'RepoNotFound']);
  expect(await status(secret, 'hf_other')).toEqual([404, 'RepoNotFound']);
  expect(await status(secret, 'hf_mine')).toEqual([200, null]);
  expect(await status('/api/models/owner/gated/revision/main')).toEqual([200, null]);
  expect(await status('/owner/gated/resolve/main/README.md')).toEqual([401, 'GatedRepo']);
  expect(await status('/owner/gated/resolve/main/README.md', 'hf_other')).toEqual([403, 'GatedRepo']);
  expect(await status('/owner/gated/resolve/main/none', 'hf_mine')).toEqual([404, 'EntryNotFound']);
  expect(await status('/owner/gated/resolve/main/README.md', 'hf_mine')).toEqual([307, null]);
});

it('lets answers go wrong as told', async () => {
  const large = { method: 'GET', path: /^\/[0-9a-f]{64}/, host: 'cdn' } as const;
  const get = async (): Promise<Response> =>
    fetch(`${hub.endpoint}/datasets/owner/rows/resolve/main/data/a/test.parquet`);
  hub.fail({ kind: 'cut', after: 1000 }, large);
  await expect((await get()).arrayBuffer()).rejects.toThrow();
  hub.fail({ kind: 'flip', at: 100_000 }, large);
  const flipped = new Uint8Array(await (await get()).arrayBuffer());
  expect([...flipped.keys()].filter((i) => flipped[i] !== ROWS[i])).toEqual([100_000]);
  hub.fail({ kind: 'short', by: 5 }, large);
  expect((await (await get()).arrayBuffer()).byteLength).toBe(ROWS.length - 5);
  hub.fail({ kind: 'expired' }, { host: 'hub' });
  expect((await get()).status).toBe(403);
  hub.fail({ kind: 'status', status: 429, headers: { 'retry-after': '1' } });
  expect((await get()).status).toBe(429);
  hub.fail({ kind: 'page' }, { host: 'cdn' });
  expect((await get()).headers.get('content-type')).toMatch('text/html');
  hub.fail({ kind: 'loop' }, { times: Infinity });
  await expect(get()).rejects.toThrow();
});
