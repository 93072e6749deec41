import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HubFile } from '../../src/datasets/hub-types.js';
import { openHub } from '../../src/datasets/open-hub.js';
import { startTestHub, type TestHub } from '../hub/test-hub.js';
import { quickMachine } from './quick-machine.js';

const python = process.env.JMTEB_TEST_PYTHON;
const COMMIT = '0123456789abcdef0123456789abcdef01234567';
const OLDER = '1123456789abcdef0123456789abcdef01234567';
const repository = { kind: 'dataset', id: 'owner/rows' } as const;
const ROWS = Uint8Array.from({ length: 50_000 }, (_, i) => (i * i) >> 3);
const FILES = { 'data/a.parquet': ROWS, 'README.md': '読む' };
/** Starting Python takes a while on a busy machine. */
const TIMEOUT_MS = 60_000;

const title = python === undefined ? ' [skipped: JMTEB_TEST_PYTHON names no Python with huggingface_hub]' : '';
describe.skipIf(python === undefined)(`one cache for us and for Python's program${title}`, () => {
  let hub: TestHub;
  let cache: string;
  beforeAll(async () => {
    cache = mkdtempSync(join(tmpdir(), 'jmteb-hub-'));
    hub = await startTestHub({ repositories: [{ ...repository, commits: { [OLDER]: FILES, [COMMIT]: FILES } }] });
  });
  afterAll(() => hub.close());

  const ours = (isOffline: boolean) => openHub({ endpoint: hub.endpoint, cache, isOffline }, quickMachine());
  async function runPython(code: string): Promise<unknown> {
    const env = {
      ...process.env,
      HF_ENDPOINT: hub.endpoint,
      HF_HUB_CACHE: cache,
      HF_HUB_DISABLE_XET: '1',
      HF_HUB_OFFLINE: '0',
    };
    const begin = 'import json\nfrom huggingface_hub import hf_hub_download, scan_cache_dir\n';
    const { stdout } = await promisify(execFile)(python as string, ['-c', begin + code], { env });
    return JSON.parse(stdout);
  }
  const get = (more: string): string =>
    `print(json.dumps([hf_hub_download('owner/rows', p, repo_type='dataset', ${more}) for p in ['data/a.parquet', 'README.md']]))`;

  it(
    'Python finds what we brought, by name and by commit, and sees no damage',
    async () => {
      const client = ours(false);
      const { commit } = await client.resolveRevision(repository, 'main');
      const paths = new Map<string, string>();
      for (const file of await client.listFiles(repository, commit))
        paths.set(file.path, await client.download(repository, commit, file));
      hub.reset();
      const expected = [paths.get('data/a.parquet'), paths.get('README.md')];
      expect(await runPython(get('local_files_only=True'))).toEqual(expected);
      expect(await runPython(get(`revision='${COMMIT}'`))).toEqual(expected);
      expect(hub.requests).toEqual([]);
      const scan = `info = scan_cache_dir()
print(json.dumps([[str(w) for w in info.warnings], info.size_on_disk, [[r.repo_id, r.repo_type, r.nb_files, [[v.commit_hash, sorted(v.refs)] for v in r.revisions]] for r in info.repos]]))`;
      const size = ROWS.length + Buffer.byteLength(FILES['README.md']);
      expect(await runPython(scan)).toEqual([[], size, [['owner/rows', 'dataset', 2, [[COMMIT, ['main']]]]]]);
      // With the Hub in reach, Python names contents as we do: it makes links and downloads nothing.
      await runPython(get(`revision='${OLDER}'`));
      expect(hub.requests.filter(({ method }) => method === 'GET')).toEqual([]);
    },
    TIMEOUT_MS,
  );

  it(
    'we find what Python brought, without asking',
    async () => {
      cache = mkdtempSync(join(tmpdir(), 'jmteb-hub-'));
      const listed = await ours(false).listFiles(repository, COMMIT);
      const theirs = (await runPython(get("revision='main'"))) as string[];
      hub.reset();
      const { commit } = await ours(true).resolveRevision(repository, 'main');
      const known = await ours(true).listFiles(repository, commit);
      const nameOf = ({ path, size, sha256, blobId }: HubFile): unknown => [path, size, sha256 ?? blobId];
      expect(known.map(nameOf)).toEqual(listed.map(nameOf));
      for (const files of [known, listed])
        for (const file of files) {
          const path = await ours(false).download(repository, commit, file);
          expect(theirs).toContain(path);
          expect(readFileSync(path)).toEqual(Buffer.from(FILES[file.path as keyof typeof FILES]));
        }
      expect(hub.requests).toEqual([]);
    },
    TIMEOUT_MS,
  );
});
