import { mkdtempSync, readFileSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { UserError } from '../../src/errors.js';
import type { HubMachine } from '../../src/datasets/hub-machine.js';
import type { Hub } from '../../src/datasets/hub-types.js';
import { openHub } from '../../src/datasets/open-hub.js';
import { startTestHub, type TestHub } from '../hub/test-hub.js';
import { quickMachine } from './quick-machine.js';

const COMMIT = '0123456789abcdef0123456789abcdef01234567';
const repository = { kind: 'dataset', id: 'owner/rows' } as const;
const PATHS = ['README.md', 'data/a b/#1.jsonl', 'data/日本.parquet', 'data/x/y/z.json', 'other/q.parquet'];
let hub: TestHub;
let cache: string;

beforeAll(async () => {
  const files = Object.fromEntries(PATHS.map((path) => [path, `content of ${path}`]));
  const repositories = [{ ...repository, commits: { [COMMIT]: files }, refs: { 'a/b': COMMIT, main: COMMIT } }];
  hub = await startTestHub({ repositories, pageSize: 2 });
});
beforeEach(() => {
  hub.reset();
  cache = mkdtempSync(join(tmpdir(), 'jmteb-hub-'));
});
afterAll(() => hub.close());

function client(differences: { machine?: Partial<HubMachine>; isOffline?: boolean } = {}): Hub {
  const { isOffline = false, machine } = differences;
  return openHub({ endpoint: hub.endpoint, cache, isOffline }, quickMachine(machine));
}

/** A client to whom every question is answered so. */
function answered(json: unknown, headers: Record<string, string> = {}): Hub {
  return client({ machine: { fetch: async () => new Response(JSON.stringify(json), { headers }) } });
}

describe('a listing', () => {
  it('has all files of all pages, sorted, with the sizes and checksums that the Hub says', async () => {
    const files = await client().listFiles(repository, COMMIT);
    expect(files.map(({ path }) => path)).toEqual([...PATHS].sort());
    for (const { path, size, sha256, blobId } of files) {
      expect(size).toBe(Buffer.byteLength(`content of ${path}`));
      expect(blobId).toMatch(/^[0-9a-f]{40}$/);
      expect(sha256 !== undefined).toBe(path.endsWith('.parquet'));
    }
    expect(hub.requests.length).toBeGreaterThan(3);
  });

  it('of a folder has no other files', async () => {
    const paths = (await client().listFiles(repository, COMMIT, { folder: 'data/' })).map(({ path }) => path);
    expect(paths).toEqual(PATHS.filter((path) => path.startsWith('data/')).sort());
    await expect(client().listFiles(repository, COMMIT, { folder: 'none' })).rejects.toThrow('has no "none"');
    await expect(client().listFiles(repository, COMMIT, { folder: '../x' })).rejects.toThrow(UserError);
  });

  it.each(['../x', '/etc/passwd', 'a/../../b', 'a\\b', 'C:/x', 'a//b', '.', ''])(
    'with the path %j is refused',
    async (path) => {
      const listing = answered([{ type: 'file', path, size: 1, oid: 'a'.repeat(40) }]);
      await expect(listing.listFiles(repository, COMMIT)).rejects.toThrow(/leads out of the folder/);
    },
  );

  it.each([
    [{ error: 'none' }],
    [[1]],
    [[{ type: 'file', path: 'a', size: -1 }]],
    [[{ type: 'file', path: 'a', size: 1.5 }]],
    [[{ type: 'file', path: 7, size: 1 }]],
    [[{ type: 'file', path: 'a', size: 1, lfs: { oid: 'short', size: 1 } }]],
    [[{ type: 'file', path: 'a', size: 1, lfs: 3 }]],
  ])('that is none is not believed: %j', async (json) => {
    await expect(answered(json).listFiles(repository, COMMIT)).rejects.toThrow(/something else than the Hub/);
  });

  it('whose pages go round in circles ends', async () => {
    const page = [{ type: 'file', path: 'a', size: 1, oid: 'a'.repeat(40) }];
    const files = await answered(page, { link: `<?cursor=1>; rel="next"` }).listFiles(repository, COMMIT);
    expect(files).toHaveLength(1);
  });

  it('is asked for again when a page for people comes, and told of when it always does', async () => {
    hub.fail({ kind: 'page' });
    expect(await client().listFiles(repository, COMMIT)).toHaveLength(PATHS.length);
    hub.fail({ kind: 'page' }, { times: 99 });
    await expect(client().listFiles(repository, COMMIT)).rejects.toThrow(/HF_ENDPOINT/);
  });

  it('offline has the files that the cache has', async () => {
    const files = await client().listFiles(repository, COMMIT, { folder: 'data' });
    for (const file of files) await client().download(repository, COMMIT, file);
    hub.reset();
    const cached = await client({ isOffline: true }).listFiles(repository, COMMIT);
    // What large files are in git is not known from the cache.
    const known = files.map(({ blobId, ...file }) => (file.sha256 === undefined ? { ...file, blobId } : file));
    expect(cached).toEqual(known);
    expect(await client({ isOffline: true }).listFiles(repository, COMMIT, { folder: 'data/x' })).toHaveLength(1);
    await expect(client({ isOffline: true }).listFiles(repository, 'f'.repeat(40))).rejects.toThrow('jmteb fetch');
    expect(hub.requests).toEqual([]);
  });
});

describe('a revision', () => {
  it.each(['main', 'a/b', COMMIT.slice(0, 7), COMMIT.slice(0, 39)])('%s stands for a commit', async (revision) => {
    expect((await client().resolveRevision(repository, revision)).commit).toBe(COMMIT);
  });

  it('that is a whole hash is not asked about', async () => {
    expect(await client().resolveRevision(repository, COMMIT)).toEqual({ commit: COMMIT });
    expect(hub.requests).toEqual([]);
  });

  it('is written into the cache as soon as the commit has files, and used offline', async () => {
    const one = client();
    await one.resolveRevision(repository, 'a/b');
    const ref = join(cache, 'datasets--owner--rows', 'refs', 'a', 'b');
    expect(existsSync(ref)).toBe(false);
    await expect(client({ isOffline: true }).resolveRevision(repository, 'a/b')).rejects.toThrow('jmteb fetch');
    const [file] = await one.listFiles(repository, COMMIT);
    await one.download(repository, COMMIT, file);
    expect(readFileSync(ref, 'latin1')).toBe(COMMIT);
    expect(await client({ isOffline: true }).resolveRevision(repository, 'a/b')).toEqual({ commit: COMMIT });
    await expect(client({ isOffline: true }).resolveRevision(repository, 'main')).rejects.toThrow(COMMIT);
  });

  it('whose name leads outside is written nowhere', async () => {
    const evil = answered({ sha: COMMIT });
    await evil.resolveRevision(repository, '../../escape');
    expect(existsSync(join(cache, 'escape'))).toBe(false);
    await expect(answered({ sha: '../../x' }).resolveRevision(repository, 'main')).rejects.toThrow(/something else/);
  });

  it('of a repository whose id leads outside is refused', async () => {
    for (const id of ['../x', 'a/../b', 'a/b/c', '/x', 'a--b/c', ''])
      await expect(client().resolveRevision({ kind: 'dataset', id }, 'main')).rejects.toThrow(UserError);
  });
});
