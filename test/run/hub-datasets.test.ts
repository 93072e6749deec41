import { lstatSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resolveTasks } from '../../src/definitions/select-tasks.js';
import type { RunManifest } from '../../src/results/run-manifest.js';
import { parquetBytes, type WrittenColumn } from '../datasets/parquet-writer.js';
import { contents, jmteb, startJmteb, temporaryFolder, type Ended } from '../cli/jmteb.js';
import { syntheticRepositories } from '../hub/synthetic-rows.js';
import { startTestHub, type TestHub } from '../hub/test-hub.js';
import { describeFull, sharedPath } from '../shared.js';

const TOKEN = 'hf_tokenOfTheTest';
const { tasks } = resolveTasks([], { suite: 'jmteb-v1' });
const repositories = syntheticRepositories(tasks);
const root = temporaryFolder();
let hub: TestHub;

beforeAll(async () => {
  hub = await startTestHub({ repositories, tokens: [TOKEN], pageSize: 20 });
});
afterAll(() => hub.close());

/** The command line with a cache of the Hub and of its own, and the Hub of this test. */
function withHub(args: readonly string[], place: { home?: string; endpoint?: string } = {}): Promise<Ended> {
  return jmteb(args, { env: environmentOf(place) });
}

function environmentOf({ home = root, endpoint = hub.endpoint }: { home?: string; endpoint?: string }) {
  return {
    HF_HUB_OFFLINE: undefined,
    HF_HOME: join(home, 'hf'),
    HF_HUB_CACHE: undefined,
    HF_ENDPOINT: endpoint,
    HF_TOKEN: TOKEN,
    JMTEB_CACHE_DIR: join(home, 'cache'),
  };
}

const RUN = ['run', '-m', 'baseline:char-ngram', '-s', 'jmteb-v1'];

describe('the 16 tasks of JMTEB v1 from a Hub', () => {
  let refused: Ended;
  let accepted: Ended;
  let asked: string[];

  beforeAll(async () => {
    refused = await withHub([...RUN, '-o', join(root, 'refused')]);
    asked = hub.requests.map(({ path }) => path);
    accepted = await withHub([...RUN, '-o', join(root, 'online'), '--accept-data-changes']);
  });

  it('are refused when their counts are not those of the definitions, each named', () => {
    expect(refused.code).toBe(2);
    expect(refused.stdout).toBe('');
    for (const { source, expect: expected } of tasks) {
      for (const [key, { rows }] of Object.entries(expected ?? {})) {
        const file = source.files[key];
        const path = typeof file === 'string' ? file : String(file.path);
        const count = path.includes('orpus') ? 40 : 24;
        expect(refused.stderr).toContain(`${path}: has ${count} rows, expected ${rows}.`);
      }
    }
    expect(refused.stderr).toContain('--accept-data-changes');
  });

  it('are run with --accept-data-changes, and say in the results that the data differs', () => {
    expect(accepted.code).toBe(0);
    const runDir = accepted.stdout.trim().split('\n').at(-1) as string;
    for (const { id, expect: expected } of tasks) {
      const result = JSON.parse(readFileSync(join(runDir, 'tasks', `${id}.json`), 'utf8')) as Record<string, unknown>;
      const changed = expected === undefined ? {} : { changed: true };
      expect(result).toMatchObject({ state: 'done', dataset: changed });
    }
  });

  it('leave a manifest beside the results: repository, commit, size, checksum and rows of every file', () => {
    const runDir = accepted.stdout.trim().split('\n').at(-1) as string;
    const manifest = JSON.parse(readFileSync(join(runDir, 'manifest.json'), 'utf8')) as RunManifest;
    expect(Object.keys(manifest.tasks).sort()).toEqual(tasks.map(({ id }) => id).sort());
    for (const { id: repository, commits } of repositories) {
      for (const [revision, files] of Object.entries(commits)) {
        for (const [path, bytes] of Object.entries(files) as [string, Uint8Array][]) {
          const used = Object.values(manifest.tasks).flat();
          const rows = path.includes('orpus') ? 40 : 24;
          const sha256 = createHash('sha256').update(bytes).digest('hex');
          expect(used).toContainEqual({ path, repository, revision, size: bytes.length, sha256, rows });
        }
      }
    }
  });

  it('come with one request for the listing of a commit and one for each content, and none the second time', () => {
    const commits = repositories.flatMap((repository) => Object.values(repository.commits));
    const files = commits.flatMap((commit) => Object.values(commit) as Uint8Array[]);
    const contents = commits.map((commit) => new Set(Object.values(commit).map((bytes) => String(bytes))).size);
    const isOf = (kind: string) => (path: string) => path.includes(`/${kind}/`);
    expect(asked.filter(isOf('tree')).map((path) => path.split('cursor=')[1] ?? '0')).toEqual([
      '0',
      '20',
      '40',
      '0',
      '0',
      '0',
      '0',
    ]);
    expect(asked.filter(isOf('resolve'))).toHaveLength(contents.reduce((sum, count) => sum + count));
    expect(hub.requests).toHaveLength(asked.length);
    expect(refused.stderr).toContain(`of ${files.length} files`);
  });

  it('are fetched without the token at the host of large files, and without a word of it', () => {
    expect(hub.requests.some(({ headers }) => headers.authorization === `Bearer ${TOKEN}`)).toBe(true);
    const leaks = hub.requests.filter(({ host, headers }) => host === 'cdn' && JSON.stringify(headers).includes(TOKEN));
    expect(leaks).toEqual([]);
    for (const { stdout, stderr } of [refused, accepted]) expect(stdout + stderr).not.toContain(TOKEN);
    // Every byte that the runs wrote: cache of the Hub, vectors, logs, listings, results.
    const written = (readdirSync(root, { recursive: true }) as string[]).map((name) => join(root, name));
    const files = written.filter((path) => lstatSync(path).isFile());
    for (const part of ['online', 'cache/listings', 'cache/vectors', 'hf/hub'])
      expect(files.some((path) => path.startsWith(join(root, part)))).toBe(true);
    expect(files.filter((path) => readFileSync(path).includes(TOKEN))).toEqual([]);
  });

  it('give the same results from the cache with --offline and nobody to ask', async () => {
    const before = hub.requests.length;
    const options = [...RUN, '--accept-data-changes', '--offline', '-o', join(root, 'offline')];
    const offline = await withHub(options, { endpoint: 'http://127.0.0.1:1' });
    expect(offline.stderr).not.toContain('127.0.0.1:1');
    expect(offline.code).toBe(0);
    expect(hub.requests).toHaveLength(before);
    expect(contents(join(root, 'offline'))).toEqual(contents(join(root, 'online')));
  });
});

describeFull('real rows of the 16 tasks from a Hub', () => {
  const REAL = ['mewsc16', 'paws_x_ja'];

  it('give the results that the same rows give from a local mirror, counts held', async () => {
    const home = temporaryFolder();
    const local = sharedPath('data', 'jmteb');
    const real = resolveTasks(REAL, {}).tasks;
    const repositories = real.map(({ source: { repo = '', revision = '', files } }) => {
      const places = Object.values(files) as { path: string; local: string }[];
      const read = ({ path, local: place }: { path: string; local: string }) =>
        [path, parquetBytes(columnsOf(join(local, `${place}.jsonl`)))] as const;
      return { kind: 'dataset' as const, id: repo, commits: { [revision]: Object.fromEntries(places.map(read)) } };
    });
    const small = await startTestHub({ repositories });
    const run = ['run', '-m', 'baseline:char-ngram', '-t', REAL.join(',')];
    try {
      const place = { home, endpoint: small.endpoint };
      const fetched = await withHub([...run, '-o', join(home, 'hub')], place);
      expect(fetched.stderr).toContain('to fetch: dataset sbintuitions/JMTEB at 6064d6d: 2 files');
      expect(fetched.stderr).toContain('to fetch: dataset google-research-datasets/paws-x');
      expect(fetched.code).toBe(0);
    } finally {
      await small.close();
    }
    const mirrored = await withHub([...run, '-o', join(home, 'local'), '--data-dir', local, '--offline'], { home });
    expect(mirrored.code).toBe(0);
    const scores = (folder: string): object => {
      const tasks = Object.entries(contents(join(home, folder))).filter(([name]) => /tasks\/[^/]+\.json$/.test(name));
      expect(tasks).toHaveLength(REAL.length);
      return Object.fromEntries(tasks.map(([name, text]) => [name, scored(text)]));
    };
    expect(scores('hub')).toEqual(scores('local'));
  });
});

/** A task's result without where its rows came from. */
function scored(text: string): object {
  const { state, main, choice, validation, test, counts, warnings } = JSON.parse(text) as Record<string, unknown>;
  expect(state).toBe('done');
  expect(test).toBeTypeOf('object');
  return { state, main, choice, validation, test, counts, warnings };
}

/** The columns of rows that stand one a line. */
function columnsOf(path: string): WrittenColumn[] {
  const lines = readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '');
  const rows = lines.map((line) => JSON.parse(line) as Record<string, string | number>);
  return Object.keys(rows[0]).map((name) => ({ name, values: rows.map((row) => row[name]) as string[] | number[] }));
}

describe('jmteb fetch', () => {
  it('brings the files of the tasks that are named and no others, plan first, and then nothing is missing', async () => {
    const home = temporaryFolder();
    hub.reset();
    const dry = await withHub(['fetch', '-t', 'jsts,nlp_journal_title_abs', '--dry-run'], { home });
    expect(dry.code).toBe(0);
    expect(dry.stdout.match(/^missing /gm)).toHaveLength(5);
    expect(hub.requests.filter(({ path }) => path.includes('/resolve/'))).toEqual([]);
    const fetched = await withHub(['fetch', '-t', 'jsts,nlp_journal_title_abs', '--json'], { home });
    expect(fetched.code).toBe(0);
    const events = fetched.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { event: string; missingFiles?: number; path?: string });
    expect(events[0]).toMatchObject({ event: 'fetch-plan', files: 5, missingFiles: 5 });
    expect(events.filter(({ event }) => event === 'file').map(({ path }) => path)).toEqual([
      'data/jsts/test.parquet',
      'data/jsts/train.parquet',
      'corpus/test-00000-of-00001.parquet',
      'qrels/test-00000-of-00001.parquet',
      'queries/test-00000-of-00001.parquet',
    ]);
    expect(hub.requests.some(({ path }) => path.includes('mrtydi'))).toBe(false);
    const again = await withHub(['fetch', '-t', 'jsts,nlp_journal_title_abs'], { home });
    expect(again.stderr).toContain('all 5 files');
    expect(again.stderr).toContain('in the cache already');
    expect(again.stdout.match(/^cached /gm)).toHaveLength(5);
  });

  it('says without a network what is missing, and how to get it', async () => {
    const offline = await withHub(['run', '-m', 'baseline:char-ngram', '-t', 'jsick,jaqket', '--offline'], {
      home: temporaryFolder(),
    });
    expect(offline.code).toBe(2);
    expect(offline.stderr.match(/Fix:/g)).toHaveLength(1);
    expect(offline.stderr).toContain('data/jaqket-corpus/corpus.parquet of sbintuitions/JMTEB');
    expect(offline.stderr).toContain('jmteb fetch -t jsick,jaqket');
    const task = JSON.parse(readFileSync(join(import.meta.dirname, '../../tasks/sts/jsick.json'), 'utf8')) as object;
    const path = definition({ ...task, id: 'mine' });
    const [model, options] = ['owner/none', ['--dtype', 'q8', '--offline']];
    const mine = await withHub(['run', '-m', model, '-t', path, ...options], { home: temporaryFolder() });
    expect(mine.code).toBe(2);
    expect(mine.stderr.match(/Fix:/g)).toHaveLength(1);
    expect(mine.stderr).toContain(`jmteb fetch -m owner/none --dtype q8 -t ${path}, while`);
  });

  it('stops on Ctrl-C, keeps what came, and goes on from there', async () => {
    const id = 'owner/large';
    const commit = 'fedcba9876543210fedcba9876543210fedcba98';
    const bytes = Buffer.alloc(2_000_000, '日本語');
    const large = await startTestHub({
      repositories: [{ kind: 'dataset', id, commits: { [commit]: { 'a.parquet': bytes } } }],
    });
    const files = { validation: 'a.parquet', test: 'a.parquet' };
    const task = JSON.parse(readFileSync(join(import.meta.dirname, '../../tasks/sts/jsick.json'), 'utf8')) as object;
    const path = definition({ ...task, id: 'large', source: { repo: id, revision: commit, files }, expect: undefined });
    const place = { home: temporaryFolder(), endpoint: large.endpoint };
    try {
      large.fail({ kind: 'stall', after: 1_000_000 }, { host: 'cdn' });
      const { child, ended } = startJmteb(['fetch', '-t', path, '--json'], { env: environmentOf(place) });
      await new Promise<void>((resolve) => {
        let text = '';
        child.stdout?.on('data', (more: string) => {
          text += more;
          if (/"fetching".*"doneBytes":[1-9]/.test(text)) resolve();
        });
      });
      child.kill('SIGINT');
      expect((await ended).code).toBe(130);
      const again = await withHub(['fetch', '-t', path], place);
      expect(again.code).toBe(0);
      expect(large.requests.filter(({ host }) => host === 'cdn').at(-1)?.headers.range).toMatch(/^bytes=[1-9]\d+-$/);
      const cached = join(place.home, 'hf', 'hub', 'datasets--owner--large', 'snapshots', commit, 'a.parquet');
      expect(readFileSync(cached).equals(bytes)).toBe(true);
    } finally {
      await large.close();
    }
  });

  it('names the nearest file when a definition names one that is not there', async () => {
    const task = JSON.parse(readFileSync(join(import.meta.dirname, '../../tasks/sts/jsts.json'), 'utf8')) as {
      source: { files: Record<string, { path: string }> };
    };
    task.source.files.test.path = 'data/jsts/tset.parquet';
    const wrong = await withHub(['fetch', '-t', definition({ ...task, id: 'mine' })], { home: temporaryFolder() });
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain('"data/jsts/tset.parquet" is not in sbintuitions/JMTEB');
    expect(wrong.stderr).toContain('did you mean "data/jsts/test.parquet"?');
  });
});

describe('a commit whose files are others than at its first download', () => {
  const id = 'owner/rows';
  const COMMIT = '89abcdef0123456789abcdef0123456789abcdef';
  const file = (score: number): Uint8Array =>
    parquetBytes([
      { name: 'a', values: ['山', '川', '海', '空'] },
      { name: 'b', values: ['山だ', '川だ', '海だ', '雲だ'] },
      { name: 'score', values: [5, 4, 3, score] },
    ]);
  const task = {
    id: 'mine',
    version: 1,
    family: 'STS',
    title: 'mine',
    language: 'ja',
    source: { repo: id, revision: COMMIT, files: { validation: 'v-*.parquet', test: 'test.parquet' } },
    splits: { validation: 'validation', test: 'test' },
    columns: { sentence1: 'a', sentence2: 'b', score: 'score' },
    mainMetric: 'spearman',
    license: 'MIT',
    citation: 'none',
  };

  it('is an error that says how to accept it, and accepted it stays marked, offline, too', async () => {
    const [home, other] = [temporaryFolder(), temporaryFolder()];
    const path = definition(task);
    const parts = { 'v-0.parquet': file(1), 'v-1.parquet': file(2) };
    const first = await startTestHub({
      repositories: [{ kind: 'dataset', id, commits: { [COMMIT]: { ...parts, 'test.parquet': file(6) } } }],
    });
    const second = await startTestHub({
      repositories: [{ kind: 'dataset', id, commits: { [COMMIT]: { ...parts, 'test.parquet': file(0) } } }],
    });
    try {
      const fetched = await withHub(['fetch', '-t', path], { home, endpoint: first.endpoint });
      expect(fetched.code).toBe(0);
      expect(fetched.stdout.match(/^fetched /gm)).toHaveLength(3);
      // The cache of the Hub is lost; what it held is remembered.
      const env = { HF_HUB_OFFLINE: undefined, HF_HOME: other, HF_ENDPOINT: second.endpoint };
      const run = [
        'run',
        '-m',
        'baseline:char-ngram',
        '-t',
        path,
        '-o',
        join(home, 'r'),
        '--cache-dir',
        join(home, 'cache'),
      ];
      const refused = await jmteb(run, { env });
      expect(refused.code).toBe(2);
      expect(refused.stderr).toContain('"test.parquet": has ');
      expect(refused.stderr).toContain('the first download of this commit had');
      expect(refused.stderr).toContain('--accept-data-changes');
      const accepted = await jmteb([...run, '--accept-data-changes'], { env });
      expect(accepted.code).toBe(0);
      const result = (ended: Ended): unknown =>
        JSON.parse(readFileSync(join(ended.stdout.trim().split('\n').at(-1) as string, 'tasks', 'mine.json'), 'utf8'));
      expect(result(accepted)).toMatchObject({ dataset: { changed: true } });
      const offline = await jmteb([...run, '--accept-data-changes', '--offline'], { env });
      expect(offline.code).toBe(0);
      expect(result(offline)).toMatchObject({ dataset: { changed: true } });
      const strict = await jmteb([...run, '--offline'], { env });
      expect(strict.stderr).toContain('"test.parquet" of');
      expect(strict.code).toBe(2);
    } finally {
      await Promise.all([first.close(), second.close()]);
    }
  });
});

function definition(task: { readonly id: string; readonly [field: string]: unknown }): string {
  const path = join(temporaryFolder(), `${task.id}.json`);
  writeFileSync(path, JSON.stringify(task));
  return path;
}
