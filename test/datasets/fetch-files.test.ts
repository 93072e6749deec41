import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { bytesToCome, fetchFiles } from '../../src/datasets/fetch-files.js';
import type { FetchContext, FetchEvent, PlannedFile } from '../../src/datasets/fetch-types.js';
import type { Hub } from '../../src/datasets/hub-types.js';
import { MachineError } from '../../src/errors.js';

const COMMIT = '0123456789abcdef0123456789abcdef01234567';
const repository = { kind: 'dataset', id: 'owner/rows' } as const;
const planned = (path: string, size: number, digit: string): PlannedFile => ({
  repository,
  commit: COMMIT,
  file: { path, size, sha256: digit.repeat(64) },
  isCached: false,
});
const newCache = (): string => mkdtempSync(join(tmpdir(), 'jmteb-hub-'));

it('needs room for each content once, without what is there of it', async () => {
  const cache = newCache();
  const blobs = join(cache, 'datasets--owner--rows', 'blobs');
  mkdirSync(blobs, { recursive: true });
  writeFileSync(join(blobs, 'b'.repeat(64)), Buffer.alloc(1000));
  writeFileSync(join(blobs, `${'c'.repeat(64)}.jmteb-00112233.incomplete`), Buffer.alloc(300));
  writeFileSync(join(blobs, `${'c'.repeat(64)}.jmteb-44556677.incomplete`), Buffer.alloc(700));
  // What another program has begun is of no use here.
  writeFileSync(join(blobs, `${'d'.repeat(64)}.incomplete`), Buffer.alloc(10));
  const files = [
    planned('new', 1000, 'a'),
    planned('twin', 1000, 'a'),
    planned('of another commit', 1000, 'b'),
    planned('begun', 1000, 'c'),
    planned('begun elsewhere', 1000, 'd'),
  ];
  expect(await bytesToCome(files, cache)).toBe(1000 + 0 + 300 + 1000);
  expect(await bytesToCome(files.slice(0, 2), join(cache, 'not there'))).toBe(1000);
});

/** A Hub whose files come in pieces, some time after each other. */
function slowHub(pieces: number, everyMs: number): Hub {
  const download: Hub['download'] = async (_repository, _commit, { path, size }, options) => {
    for (let piece = 1; piece <= pieces; piece++) {
      await new Promise((done) => setTimeout(done, everyMs));
      options?.onProgress?.({ path, received: (size * piece) / pieces, size });
    }
    return path;
  };
  return { download } as Hub;
}

const contextOf = (hub: Hub, events: FetchEvent[]): FetchContext => {
  const cache = newCache();
  const onEvent = (event: FetchEvent): number => events.push(event);
  return { hub, cachedHub: hub, cache, listings: cache, isOffline: false, onEvent };
};

it('tells the rate of the last seconds and the time left, and neither before a second has passed', async () => {
  const events: FetchEvent[] = [];
  await fetchFiles([planned('a', 1000, 'a')], contextOf(slowHub(8, 250), events));
  const told = events.flatMap((event) => (event.event === 'fetching' ? [event] : []));
  expect(told.length).toBeGreaterThan(4);
  expect(told[0]).toMatchObject({ bytesPerSecond: null, secondsLeft: null });
  const last = told.at(-1);
  // 125 bytes each quarter of a second at most; a busy machine makes it fewer.
  expect(last?.bytesPerSecond).toBeGreaterThan(0);
  expect(last?.bytesPerSecond).toBeLessThanOrEqual(520);
  expect(last?.secondsLeft).toBeCloseTo((1000 - (last?.doneBytes ?? 0)) / (last?.bytesPerSecond ?? 1));
});

it('refuses what no disk holds before anything is asked for', async () => {
  const hub = { download: () => Promise.reject(new Error('asked')) } as unknown as Hub;
  const fetching = fetchFiles([planned('a', Number.MAX_SAFE_INTEGER, 'a')], contextOf(hub, []));
  await expect(fetching).rejects.toThrow(MachineError);
  await expect(fetching).rejects.toThrow(/9007199254740991 bytes are still to come/);
});
