import { cpSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openTask } from '../../src/datasets/open-task.js';
import { cachedRepository, hubCache, snapshotOf } from '../../src/datasets/hub-cache.js';
import { loadDefinitions } from '../../src/definitions/catalogue.js';
import type { TaskDefinition } from '../../src/definitions/types.js';
import { resolveModel } from '../../src/embedding/resolve-model.js';
import { describeShared, sharedPath } from '../shared.js';

const A = 'a'.repeat(40);
const B = `b${'0'.repeat(39)}`;

/** A cache as the Hub's Python client lays it out. */
function cacheWith(id: string, commits: readonly string[], refs: Readonly<Record<string, string>>): string {
  const cache = mkdtempSync(join(tmpdir(), 'jmteb-hub-'));
  const place = join(cache, `models--${id.replace('/', '--')}`);
  for (const commit of commits) mkdirSync(join(place, 'snapshots', commit), { recursive: true });
  for (const [ref, commit] of Object.entries(refs)) {
    mkdirSync(dirname(join(place, 'refs', ref)), { recursive: true });
    writeFileSync(join(place, 'refs', ref), commit);
  }
  return cache;
}

describe("the Hub's cache", () => {
  it('stands where the environment says, as for Python', () => {
    expect(hubCache({ HF_HUB_CACHE: 'c', HF_HOME: 'h' })).toBe('c');
    expect(hubCache({ HF_HOME: 'h' })).toBe(join('h', 'hub'));
    expect(hubCache({ XDG_CACHE_HOME: 'x' })).toBe(join('x', 'huggingface', 'hub'));
    expect(hubCache({})).toMatch(/\.cache[/\\]huggingface[/\\]hub$/);
  });

  it('has a repository by commit, beginning of a commit, branch or tag', () => {
    const cache = cacheWith('o/n', [A, B], { main: B, 'refs/pr/1': A, v1: `${A}\n` });
    const folder = (commit: string) => join(cache, 'models--o--n', 'snapshots', commit);
    const find = (revision: string) => cachedRepository('model', 'o/n', revision, cache).snapshot;
    expect(find('main')).toEqual({ id: 'o/n', revision: B, folder: folder(B) });
    for (const revision of [A, 'aaaaaaa', 'v1', 'refs/pr/1']) expect(find(revision)?.revision).toBe(A);
    expect(cachedRepository('dataset', 'o/n', 'main', cache)).toEqual({ commits: [] });
  });

  it('has nothing of a repository that was never fetched', () => {
    expect(cachedRepository('model', 'o/other', 'main', cacheWith('o/n', [A], { main: A }))).toEqual({ commits: [] });
    expect(cachedRepository('model', 'o/n', 'main', join(tmpdir(), 'no-such-cache'))).toEqual({ commits: [] });
  });

  it('says which commits there are when the one that is wanted is not', () => {
    const cache = cacheWith('o/n', [A], { main: B });
    for (const revision of ['main', B, 'v2', '../../x', 'aaaaaa'])
      expect(cachedRepository('model', 'o/n', revision, cache)).toEqual({ commits: [A] });
  });

  it('names model and commit of its folders, and of no others', () => {
    const folder = join('x', 'models--cl-nagoya--ruri-v3-30m', 'snapshots', A);
    expect(snapshotOf(folder)).toEqual({ folder, id: 'cl-nagoya/ruri-v3-30m', revision: A });
    for (const other of ['x', join('x', 'models--o--n', 'snapshots', 'main'), join('models--o', 'snapshots', A)])
      expect(snapshotOf(other)).toBeUndefined();
  });
});

describeShared('a model in the cache', () => {
  it('is found by its id, and by its folder, with its commit', async () => {
    const cache = cacheWith('owner/mini', [A], { main: A });
    const snapshot = join(cache, 'models--owner--mini', 'snapshots', A);
    cpSync(sharedPath('models', 'all-MiniLM-L6-v2'), join(cache, 'blobs'), { recursive: true });
    for (const name of ['config.json', 'modules.json', 'tokenizer.json', 'tokenizer_config.json', 'model.safetensors'])
      symlinkSync(join(cache, 'blobs', name), join(snapshot, name));
    for (const name of ['sentence_bert_config.json', '1_Pooling', 'vocab.txt'])
      symlinkSync(join(cache, 'blobs', name), join(snapshot, name));
    const before = process.env.HF_HUB_CACHE;
    process.env.HF_HUB_CACHE = cache;
    try {
      const byId = await resolveModel('owner/mini');
      expect([byId.id, byId.revision]).toEqual(['owner/mini', A]);
      const byFolder = await resolveModel(snapshot);
      expect([byFolder.id, byFolder.revision, byFolder.key]).toEqual([byId.id, A, byId.key]);
      await expect(resolveModel('owner/mini', { revision: 'v9' })).rejects.toThrow('not its revision "v9"');
    } finally {
      if (before === undefined) delete process.env.HF_HUB_CACHE;
      else process.env.HF_HUB_CACHE = before;
    }
  });
});

describe('rows in the cache', () => {
  const row = (text: string) => `${JSON.stringify({ sentence1: text, sentence2: text, label: 1 })}\n`;
  const definition = loadDefinitions().tasks.get('jsts') as TaskDefinition satisfies TaskDefinition;
  const jsonl: TaskDefinition = {
    ...definition,
    source: { ...definition.source, files: { train: 'data/jsts/train-*.jsonl', test: 'data/jsts/test.jsonl' } },
    expect: {},
  };
  const revision = definition.source.revision as string;

  function rowsCache(files: Readonly<Record<string, string>>, commit = revision): string {
    const cache = mkdtempSync(join(tmpdir(), 'jmteb-hub-'));
    for (const [name, content] of Object.entries(files)) {
      const path = join(cache, 'datasets--sbintuitions--JMTEB', 'snapshots', commit, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, content);
    }
    return cache;
  }

  async function openWith(cache: string) {
    const before = process.env.HF_HUB_CACHE;
    process.env.HF_HUB_CACHE = cache;
    try {
      return await openTask(jsonl);
    } finally {
      if (before === undefined) delete process.env.HF_HUB_CACHE;
      else process.env.HF_HUB_CACHE = before;
    }
  }

  it('are read at the revision that the definition pins, patterns in order', async () => {
    const files = {
      'data/jsts/train-1.jsonl': row('二'),
      'data/jsts/train-0.jsonl': row('一'),
      'data/jsts/test.jsonl': row('三'),
    };
    const { data, problems } = await openWith(rowsCache(files));
    expect(problems).toEqual([]);
    expect(data?.family === 'STS' && data.splits.validation?.sentence1).toEqual(['一', '二']);
    expect(data?.files.map(({ name }) => name).sort()).toEqual(Object.keys(files).sort());
  });

  it('are missing with the revision to fetch when the cache has another, or not all files', async () => {
    const other = await openWith(rowsCache({ 'data/jsts/test.jsonl': row('三') }, A));
    expect(other.problems[0].what).toContain(A);
    expect(other.problems[0].fix).toContain('jmteb fetch -t jsts');
    const part = await openWith(rowsCache({ 'data/jsts/test.jsonl': row('三') }));
    expect(part.problems.map(({ what }) => what).join()).toContain('"data/jsts/train-*.jsonl" is not in the cached');
    const none = await openWith(mkdtempSync(join(tmpdir(), 'jmteb-hub-')));
    expect(none.problems[0].fix).toContain('jmteb fetch -t jsts');
  });
});
