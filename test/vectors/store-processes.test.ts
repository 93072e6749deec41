import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStoredVectors } from '../../src/vectors/stored-vectors.js';
import { openStoredList, type ListSpec } from '../../src/vectors/store.js';
import { mulberry32 } from '../pseudo-random.js';

const spec: ListSpec = { modelKey: 'm', listKey: 'l', rows: 4096 * 10 + 5, dims: 16, type: 'float32' };
const SHARDS = 11;
const TOKENS = (SHARDS * (SHARDS + 1)) / 2;

let cache: string;
beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), 'jmteb-store-'));
});
afterEach(() => rm(cache, { recursive: true, force: true }));

function writer(seed: number) {
  const entry = join(import.meta.dirname, 'writing-process.mjs');
  const child = spawn(process.execPath, [entry, cache, JSON.stringify(spec), String(seed)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
  return { child, ended: once(child, 'close').then(() => said) };
}

async function expectComplete(): Promise<void> {
  const list = await openStoredList(cache, spec);
  expect(list).toMatchObject({ missing: [], warnings: [] });
  expect(list.counts()).toEqual({ tokens: TOKENS, truncated: 0, unknownTokens: null, byteFallbackTokens: null });
  const source = await openStoredVectors(list.folder);
  for await (const { start, rows, data } of source.blocks(7000))
    for (let i = 0; i < rows; i += 13)
      expect([data[16 * i], data[16 * i + 15]]).toEqual([start + i, start + i + 15 / 8]);
  await source.close();
  const names = (await readdir(list.folder)).sort();
  expect(names).toHaveLength(SHARDS + 1);
  const manifest = JSON.parse(await readFile(join(list.folder, 'manifest.json'), 'utf8')) as { shards: unknown[] };
  expect(manifest).toMatchObject({ complete: true });
  expect(manifest.shards).toHaveLength(SHARDS);
}

describe('several processes', () => {
  it('that write one list at the same time all end right, and leave one complete list', async () => {
    const ends = await Promise.all([1, 2, 3].map((seed) => writer(seed).ended));
    for (const end of ends) {
      const counts = { tokens: TOKENS, truncated: 0, unknownTokens: null, byteFallbackTokens: null };
      expect(JSON.parse(end)).toEqual({ missing: [], warnings: [], counts });
    }
    // The manifest was complete before it was opened again.
    const path = join(cache, 'vectors', 'm', 'l', 'manifest.json');
    expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ complete: true });
    await expectComplete();
  });

  it('that are killed at any moment leave nothing half-written, and whoever comes next finishes', async () => {
    const next = mulberry32(5);
    for (let round = 0; round < 6; round++) {
      const { child, ended } = writer(round);
      await wait(120 + 250 * next());
      child.kill('SIGKILL');
      await ended;
      expect((await openStoredList(cache, spec)).warnings).toEqual([]);
    }
    await writer(0).ended;
    await expectComplete();
  });
});
