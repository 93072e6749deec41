import { cpSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cachedSnapshot, hubCache, snapshotOf } from '../../src/embedding/cached-snapshot.js';
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

  it('has a model by commit, beginning of a commit, branch or tag', () => {
    const cache = cacheWith('o/n', [A, B], { main: B, 'refs/pr/1': A, v1: `${A}\n` });
    const folder = (commit: string) => join(cache, 'models--o--n', 'snapshots', commit);
    expect(cachedSnapshot('o/n', 'main', cache)).toEqual({ id: 'o/n', revision: B, folder: folder(B) });
    for (const revision of [A, 'aaaaaaa', 'v1']) expect(cachedSnapshot('o/n', revision, cache)?.revision).toBe(A);
  });

  it('has nothing of a model that was never fetched', () => {
    expect(cachedSnapshot('o/other', 'main', cacheWith('o/n', [A], { main: A }))).toBeUndefined();
    expect(cachedSnapshot('o/n', 'main', join(tmpdir(), 'no-such-cache'))).toBeUndefined();
  });

  it('says which revisions there are when the one that is wanted is not', () => {
    const cache = cacheWith('o/n', [A], { main: B });
    for (const revision of ['main', B, 'v2', '../../x', 'aaaaaa']) {
      expect(() => cachedSnapshot('o/n', revision, cache)).toThrow(`not its revision "${revision}"`);
      expect(() => cachedSnapshot('o/n', revision, cache)).toThrow(A);
    }
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
