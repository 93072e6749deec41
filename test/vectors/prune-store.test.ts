import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { prune } from '../../src/commands/cache-prune.js';
import { listStore } from '../../src/vectors/list-store.js';
import { openStoredList } from '../../src/vectors/store.js';
import { useModel } from '../../src/vectors/store-models.js';

const DIMS = 8;
const DAY = 86_400_000;
const NOW = Date.parse('2026-06-01T00:00:00Z');
const COUNTS = { tokens: 1, truncated: 0, unknownTokens: 0, byteFallbackTokens: 0 };
const SMALL = 'a'.repeat(64);
const LARGE = 'b'.repeat(64);

let cacheDir: string;

beforeEach(async () => {
  cacheDir = mkdtempSync(join(tmpdir(), 'jmteb-prune-'));
  await list(SMALL, 'old', 100, 40);
  await list(SMALL, 'new', 100, 1);
  await list(LARGE, 'old', 3000, 35);
  await (
    await useModel(cacheDir, { key: SMALL, id: 'owner/small', dtype: 'fp32' })
  )();
});

afterEach(() => rmSync(cacheDir, { recursive: true, force: true }));

/** A list of zeros that was last used so many days ago. */
async function list(modelKey: string, listKey: string, rows: number, daysAgo: number): Promise<void> {
  const stored = await openStoredList(cacheDir, { modelKey, listKey, rows, dims: DIMS, type: 'float32' });
  await stored.write(0, new Float32Array(rows * DIMS), COUNTS);
  const then = new Date(NOW - daysAgo * DAY);
  for (const name of readdirSync(stored.folder)) utimesSync(join(stored.folder, name), then, then);
}

const there = async (): Promise<string[]> =>
  (await listStore(cacheDir)).map(({ modelKey, listKey }) => `${modelKey[0]} ${listKey}`);

describe('the store', () => {
  it('is listed with the models whose lists it holds, their sizes on disk and their ages', async () => {
    const entries = await listStore(cacheDir);
    expect(entries.map(({ model, listKey, rows, dims, complete }) => [model, listKey, rows, dims, complete])).toEqual([
      ['owner/small', 'new', 100, DIMS, true],
      ['owner/small', 'old', 100, DIMS, true],
      [null, 'old', 3000, DIMS, true],
    ]);
    for (const { bytes, rows } of entries) expect(bytes).toBeGreaterThan(4 * DIMS * (rows as number));
    expect(entries.map(({ modified }) => (NOW - Date.parse(modified)) / DAY)).toEqual([1, 40, 35]);
  });

  it('is pruned by age, and says the same in a dry run that removes nothing', async () => {
    const rules = { olderThan: '5w', cacheDir };
    const dry = await prune({ ...rules, dryRun: true }, NOW);
    expect(dry.removed.map(({ modelKey }) => modelKey)).toEqual([SMALL, LARGE]);
    expect(await there()).toHaveLength(3);
    expect(await prune(rules, NOW)).toEqual(dry);
    expect(await there()).toEqual(['a new']);
    expect((await listStore(cacheDir))[0].bytes).toBe(dry.bytesAfter);
    expect(readdirSync(join(cacheDir, 'vectors'))).toEqual([SMALL]);
  });

  it('is pruned by model, by id or by the beginning of the key', async () => {
    await prune({ model: ['owner/small'], cacheDir }, NOW);
    expect(await there()).toEqual(['b old']);
    await prune({ model: ['bbb'], cacheDir }, NOW);
    expect(await there()).toEqual(['b old']);
    await prune({ model: ['bbbbbb'], cacheDir }, NOW);
    expect(readdirSync(join(cacheDir, 'vectors'))).toEqual([]);
  });

  it('is brought below a size, the longest unused lists first and no more than it takes', async () => {
    const total = (await listStore(cacheDir)).reduce((sum, { bytes }) => sum + bytes, 0);
    expect((await prune({ keepBelow: total, cacheDir }, NOW)).removed).toEqual([]);
    await prune({ keepBelow: total - 1, cacheDir }, NOW);
    expect(await there()).toEqual(['a new', 'b old']);
    await prune({ keepBelow: 10_000, cacheDir }, NOW);
    expect(await there()).toEqual(['a new']);
  });

  it('keeps what a living process uses, and not what a dead one did', async () => {
    const release = await useModel(cacheDir, { key: SMALL, id: 'owner/small', dtype: 'fp32' });
    const pruned = await prune({ olderThan: '1h', cacheDir }, NOW);
    expect(pruned.inUse.map(({ listKey }) => listKey)).toEqual(['old', 'new']);
    expect(await there()).toEqual(['a new', 'a old']);
    await release();
    const { pid } = spawnSync(process.execPath, ['-e', '']);
    writeFileSync(join(cacheDir, 'vectors', SMALL, `in-use-${pid}-0123456789ab`), '');
    expect((await prune({ olderThan: '1h', cacheDir }, NOW)).inUse).toEqual([]);
    expect(existsSync(join(cacheDir, 'vectors', SMALL))).toBe(false);
  });

  it('is rid of what killed processes left beside its lists, by the next that uses it', async () => {
    const { pid } = spawnSync(process.execPath, ['-e', '']);
    const folder = join(cacheDir, 'vectors', SMALL);
    const before = readdirSync(folder);
    for (const name of [`in-use-${pid}-0123456789ab`, `.model.json.${pid}-0123456789ab.tmp`])
      writeFileSync(join(folder, name), '');
    const releases = [1, 2].map(() => useModel(cacheDir, { key: SMALL, id: 'owner/small', dtype: 'fp32' }));
    expect((await Promise.all(releases)).length).toBe(2);
    // Both marks of this process stand until they are released.
    expect(readdirSync(folder)).toHaveLength(before.length + 2);
    for (const release of releases) await (await release)();
    expect(readdirSync(folder)).toEqual(before);
  });

  it('is not pruned without a rule, or by an age that is none', async () => {
    await expect(prune({ cacheDir })).rejects.toThrow('nothing says what may go');
    for (const olderThan of ['30', 'x', '-1d', '1y', ''])
      await expect(prune({ olderThan, cacheDir })).rejects.toThrow('is not an age');
    expect(await there()).toHaveLength(3);
  });

  it('may be absent', async () => {
    const none = { removed: [], inUse: [], bytesBefore: 0, bytesAfter: 0 };
    expect(await prune({ olderThan: '1d', cacheDir: join(cacheDir, 'none') })).toEqual(none);
  });
});
