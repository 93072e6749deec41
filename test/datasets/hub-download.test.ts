import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { MachineError, UserError } from '../../src/errors.js';
import type { HubMachine } from '../../src/datasets/hub-machine.js';
import type { DownloadOptions, HubFile } from '../../src/datasets/hub-types.js';
import { openHub } from '../../src/datasets/open-hub.js';
import { startTestHub, type TestHub } from '../hub/test-hub.js';
import { mulberry32 } from '../pseudo-random.js';
import { quickMachine, systemError } from './quick-machine.js';

const COMMIT = '0123456789abcdef0123456789abcdef01234567';
const OTHER = '1123456789abcdef0123456789abcdef01234567';
const SIZE = 300_000;
const ROWS = Uint8Array.from({ length: SIZE }, (_, i) => (i * i) >> 3);
const sha256 = createHash('sha256').update(ROWS).digest('hex');
const repository = { kind: 'dataset', id: 'owner/rows' } as const;
const file: HubFile = { path: 'data/test.parquet', size: SIZE, sha256 };
const README = 'はじめに読む';
const readme: HubFile = {
  path: 'README.md',
  size: Buffer.byteLength(README),
  blobId: createHash('sha1')
    .update(`blob ${Buffer.byteLength(README)}\0${README}`)
    .digest('hex'),
};
const store = { host: 'cdn' } as const;

let hub: TestHub;
let cache: string;

beforeAll(async () => {
  const files = { [file.path]: ROWS, [readme.path]: README };
  hub = await startTestHub({ repositories: [{ ...repository, commits: { [COMMIT]: files, [OTHER]: files } }] });
});
beforeEach(() => {
  hub.reset();
  cache = mkdtempSync(join(tmpdir(), 'jmteb-hub-'));
});
afterAll(() => hub.close());

interface Trial {
  readonly machine?: Partial<HubMachine>;
  readonly wanted?: HubFile;
  readonly commit?: string;
  readonly isOffline?: boolean;
  readonly options?: DownloadOptions;
}

/** Downloads, and tells what happened on the way. */
async function trial({ machine = {}, wanted = file, commit = COMMIT, isOffline = false, options = {} }: Trial = {}) {
  const quick = quickMachine(machine);
  const reasons: string[] = [];
  const notices: string[] = [];
  const told: DownloadOptions = {
    onWait: ({ reason }) => reasons.push(reason),
    onNotice: (notice) => notices.push(notice),
    ...options,
  };
  const client = openHub({ endpoint: hub.endpoint, cache, isOffline, token: 'hf_secret' }, quick);
  let thrown: unknown;
  const path = await client.download(repository, commit, wanted, told).catch((error: unknown) => {
    thrown = error;
    return undefined;
  });
  return { path, thrown, reasons, notices, waits: quick.waits };
}

const folder = (...steps: string[]): string => join(cache, 'datasets--owner--rows', ...steps);
const blob = (): string => folder('blobs', sha256);
const parts = (): string[] => readdirSync(folder('blobs')).filter((name) => name.endsWith('.incomplete'));
const ranges = (): unknown[] => hub.requests.filter(({ host }) => host === 'cdn').map(({ headers }) => headers.range);

function expectRight({ path, thrown }: { path?: string; thrown?: unknown }): void {
  expect(thrown).toBeUndefined();
  expect(Buffer.compare(readFileSync(path as string), ROWS)).toBe(0);
  expect(parts()).toEqual([]);
}

/** Neither a blob nor a file in the snapshot; no secret in the message. */
function expectNothingVisible(thrown: unknown): void {
  expect(() => statSync(blob())).toThrow('ENOENT');
  expect(() => statSync(folder('snapshots', COMMIT, file.path))).toThrow('ENOENT');
  expect((thrown as Error).message).not.toMatch(/hf_secret|Signature/);
}

describe('a download', () => {
  it('lies where Python has it, behind a relative link', async () => {
    const { path } = await trial();
    expect(path).toBe(folder('snapshots', COMMIT, 'data', 'test.parquet'));
    expect(readlinkSync(path as string)).toBe(`../../../blobs/${sha256}`);
    await trial({ wanted: readme });
    expect(readFileSync(folder('blobs', readme.blobId as string), 'utf8')).toBe(README);
  });

  it('sends the token to the Hub and not to the store', async () => {
    await trial();
    const sent = hub.requests.map(({ host, headers }) => [host, headers.authorization]);
    expect(sent).toEqual([
      ['hub', 'Bearer hf_secret'],
      ['cdn', undefined],
    ]);
  });

  it('asks nothing for what is there, and for a blob of another commit only makes a link', async () => {
    await trial();
    hub.reset();
    expectRight(await trial());
    expectRight(await trial({ commit: OTHER }));
    expect(hub.requests).toEqual([]);
  });

  it('is made once when it is asked for twice at once', async () => {
    const client = openHub({ endpoint: hub.endpoint, cache, isOffline: false }, quickMachine());
    const paths = await Promise.all([COMMIT, COMMIT, OTHER].map((commit) => client.download(repository, commit, file)));
    expect(paths[0]).toBe(paths[1]);
    expect(ranges()).toHaveLength(1);
  });

  it('learns the name of a content that nobody recorded from the Hub', async () => {
    const result = await trial({ wanted: { path: file.path, size: SIZE } });
    expectRight(result);
    expect(readlinkSync(result.path as string)).toContain(sha256);
    await trial({ wanted: { path: readme.path, size: readme.size } });
    expect(readFileSync(folder('blobs', readme.blobId as string), 'utf8')).toBe(README);
  });

  it('is refused at once when the Hub has another file than was recorded', async () => {
    const { thrown } = await trial({ wanted: { ...file, sha256: 'e'.repeat(64) } });
    expect(thrown).toBeInstanceOf(UserError);
    expect((thrown as Error).message).toMatch(/is another file than was recorded/);
    expect((await trial({ wanted: { ...file, size: SIZE + 1 } })).thrown).toBeInstanceOf(UserError);
    expect((await trial({ wanted: { ...readme, blobId: 'e'.repeat(40) } })).thrown).toBeInstanceOf(UserError);
  });

  it('refuses paths that lead outside', async () => {
    for (const path of ['../x', 'a/../../x', '/etc/x', 'a//b', 'a\\..\\x', './x', 'C:/x', 'a/..', ''])
      expect((await trial({ wanted: { ...file, path } })).thrown).toBeInstanceOf(UserError);
    expect(hub.requests).toEqual([]);
  });
});

describe('an interrupted download', () => {
  it('goes on where it stopped, wherever the connection is cut and however often', async () => {
    const random = mulberry32(7);
    for (let round = 0; round < 12; round++) {
      cache = mkdtempSync(join(tmpdir(), 'jmteb-hub-'));
      hub.reset();
      const cuts = Array.from({ length: 1 + Math.floor(random() * 5) }, () => Math.floor(random() * 60_000));
      for (const after of cuts) hub.fail({ kind: 'cut', after }, store);
      expectRight(await trial());
      expect(ranges()).toHaveLength(cuts.length + 1);
    }
  });

  it('asks only for the rest', async () => {
    hub.fail({ kind: 'cut', after: 100_000 }, store);
    const seen: number[] = [];
    expectRight(await trial({ options: { onProgress: ({ received }) => seen.push(received) } }));
    // Bytes that had come but were not read yet when the connection broke are lost.
    const from = Number(/^bytes=(\d+)-$/.exec(String(ranges()[1]))?.[1]);
    expect(from).toBeGreaterThan(0);
    expect(from).toBeLessThanOrEqual(100_000);
    expect(ranges()).toHaveLength(2);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(seen.at(-1)).toBe(SIZE);
  });

  it('leaves no part behind when another program brings the file meanwhile', async () => {
    hub.fail({ kind: 'cut', after: 100_000 }, { ...store, times: 99 });
    await trial({ machine: { patience: { ...quickMachine().patience, attempts: 1 } } });
    expect(parts()).toHaveLength(1);
    writeFileSync(blob(), ROWS);
    expectRight(await trial());
  });

  it.each([
    { kind: 'range', shift: 10 },
    { kind: 'range', shift: -10 },
    { kind: 'range', shift: 10, isHidden: true },
    { kind: 'no-range' },
    { kind: 'page' },
  ] as const)('is right, too, when the rest is answered with %o', async (fault) => {
    hub.fail({ kind: 'cut', after: 100_000 }, store);
    hub.fail(fault, store);
    expectRight(await trial());
  });

  it('is right when ranges are never answered rightly', async () => {
    hub.fail({ kind: 'cut', after: 100_000 }, store);
    hub.fail({ kind: 'range', shift: 3 }, store);
    expectRight(await trial());
    expect(ranges()).toEqual([undefined, expect.stringMatching(/^bytes=/), undefined]);
  });
});

describe('bytes that are not the file', () => {
  it('are dropped and asked for once more when one is flipped, then refused', async () => {
    hub.fail({ kind: 'flip', at: 123_456 }, store);
    const result = await trial();
    expectRight(result);
    expect(result.reasons).toEqual([expect.stringContaining('wrong checksum')]);
    cache = mkdtempSync(join(tmpdir(), 'jmteb-hub-'));
    hub.fail({ kind: 'flip', at: 5 }, { ...store, times: 9 });
    const { thrown } = await trial();
    expect(thrown).toBeInstanceOf(UserError);
    expect((thrown as Error).message).toMatch(/came 2 times .* a wrong checksum/);
    expectNothingVisible(thrown);
  });

  it('of a small file are known by the name that git gives it', async () => {
    hub.fail({ kind: 'flip', at: 1 }, { path: /resolve-cache/ });
    const { path } = await trial({ wanted: readme });
    expect(readFileSync(path as string, 'utf8')).toBe(README);
  });

  it.each([
    { kind: 'short', by: 7 },
    { kind: 'short', by: -7 },
    { kind: 'length', bytes: SIZE + 9 },
    { kind: 'length', bytes: 1000 },
    { kind: 'page' },
  ] as const)('are not taken: %o', async (fault) => {
    hub.fail(fault, store);
    const result = await trial();
    expectRight(result);
    expect(result.reasons).toHaveLength(1);
    cache = mkdtempSync(join(tmpdir(), 'jmteb-hub-'));
    hub.reset();
    hub.fail(fault, { ...store, times: 99 });
    const { thrown } = await trial();
    expect(thrown instanceof UserError || thrown instanceof MachineError).toBe(true);
    expectNothingVisible(thrown);
  });
});

describe('a server in trouble', () => {
  it('is waited for as long as it asks', async () => {
    hub.fail({ kind: 'status', status: 429, headers: { 'retry-after': '7' } });
    hub.fail({ kind: 'status', status: 429, headers: { ratelimit: '"resolvers";r=0;t=90' } });
    const result = await trial();
    expectRight(result);
    expect(result.waits).toEqual([7000, 90_000]);
  });

  it('is asked again after errors of its own, each time later, and given up in the end', async () => {
    hub.fail({ kind: 'status', status: 500 }, { times: 3 });
    const result = await trial({ machine: { random: () => 0.5 } });
    expectRight(result);
    expect(result.waits).toEqual([500, 1000, 2000]);
    cache = mkdtempSync(join(tmpdir(), 'jmteb-hub-'));
    hub.fail({ kind: 'status', status: 503 }, { times: 99 });
    const { thrown } = await trial();
    expect(thrown).toBeInstanceOf(MachineError);
    expect((thrown as Error).message).toMatch(/given up after 8 tries/);
  });

  it('is left when it is silent or drips, and the next connection goes on', async () => {
    hub.fail({ kind: 'stall', after: -1 }, { host: 'hub' });
    hub.fail({ kind: 'stall', after: 80_000 }, store);
    hub.fail({ kind: 'drip', bytes: 100, everyMs: 5 }, store);
    const result = await trial();
    expectRight(result);
    expect(result.reasons).toEqual([
      expect.stringMatching(/no answer within 0.3 s/),
      expect.stringMatching(/not one byte within 0.3 s/),
      expect.stringMatching(/only \d+ bytes came within/),
    ]);
  });

  it('is asked for a new address when a signed one has expired', async () => {
    hub.fail({ kind: 'expired' }, { host: 'hub' });
    const result = await trial();
    expectRight(result);
    expect(hub.requests.map(({ host }) => host)).toEqual(['hub', 'cdn', 'hub', 'cdn']);
  });

  it('that sends us round in circles is left at once', async () => {
    hub.fail({ kind: 'loop' }, { times: 99 });
    const { thrown } = await trial();
    expect(thrown).toBeInstanceOf(UserError);
    expect((thrown as Error).message).toMatch(/more than 10 times/);
  });

  it('is left when the caller wants nothing more; what came is kept', async () => {
    const stop = new AbortController();
    const onProgress = ({ received }: { received: number }): void => {
      if (received >= 65_536) stop.abort(new Error('enough'));
    };
    hub.fail({ kind: 'stall', after: 80_000 }, store);
    expect((await trial({ options: { signal: stop.signal, onProgress } })).thrown).toEqual(new Error('enough'));
    expect(parts()).toHaveLength(1);
    expectRight(await trial());
    expect(ranges()[1]).toMatch(/^bytes=\d+-$/);
  });
});

describe('the disk', () => {
  it('that becomes full ends the download, and the next one goes on with what came', async () => {
    const machine = quickMachine();
    let room = 150_000;
    const open: HubMachine['open'] = async (path, flags) => {
      const real = await machine.open(path, flags);
      const write: typeof real.write = async (bytes, position) => {
        if (!path.endsWith('.incomplete')) return real.write(bytes, position);
        if (room === 0) throw systemError('ENOSPC');
        const written = await real.write(bytes.subarray(0, room), position);
        room -= written;
        return written;
      };
      return { ...real, write };
    };
    const { thrown } = await trial({ machine: { open } });
    expect(thrown).toBeInstanceOf(MachineError);
    expect((thrown as Error).message).toMatch(/no room is left on the disk/);
    expectNothingVisible(thrown);
    expectRight(await trial());
    expect(ranges()).toEqual([undefined, 'bytes=150000-']);
  });

  it('that is too small is told of before anything comes', async () => {
    const { thrown } = await trial({ machine: { freeBytes: async () => 1000 } });
    expect((thrown as Error).message).toMatch(/300000 bytes are still to come, and the disk has room for 1000/);
    expect(hub.requests).toEqual([]);
  });

  it('that cannot be written to is told of; what is there is used', async () => {
    const refuse = async (): Promise<never> => Promise.reject(systemError('EACCES'));
    const readOnly = { open: refuse, symlink: refuse };
    const { thrown } = await trial({ machine: readOnly });
    expect(thrown).toBeInstanceOf(MachineError);
    expect((thrown as Error).message).toMatch(/has no right to it \(EACCES\)[^]*HF_HUB_CACHE/);
    await trial();
    expectRight(await trial({ machine: readOnly }));
  });

  it('without links holds files in place of them', async () => {
    const symlink = async (): Promise<never> => Promise.reject(systemError('EPERM'));
    const first = await trial({ machine: { symlink } });
    expectRight(first);
    expect(readdirSync(folder('blobs'))).toEqual([]);
    await trial({ commit: OTHER });
    hub.reset();
    cache = mkdtempSync(join(tmpdir(), 'jmteb-hub-'));
    await trial();
    expectRight(await trial({ commit: OTHER, machine: { symlink } }));
    expectRight(await trial());
    expect(ranges()).toHaveLength(1);
  });
});

describe('a damaged file of the cache', () => {
  const damages = {
    'of another size': () => writeFileSync(blob(), ROWS.subarray(1)),
    'with a flipped byte': () => writeFileSync(blob(), ROWS.with(9, ROWS[9] ^ 1)),
  };
  it.each(Object.entries(damages))('%s is told of and fetched again', async (_name, damage) => {
    await trial();
    damage();
    const result = await trial();
    expectRight(result);
    expect(result.notices).toEqual([expect.stringMatching(/is damaged in the cache: it has/)]);
    damage();
    expect((await trial({ isOffline: true })).thrown).toBeInstanceOf(UserError);
  });
});

describe('offline', () => {
  it('nothing is asked, and what lacks is told with the command that brings it', async () => {
    const fetch = async (): Promise<never> => Promise.reject(new Error('asked'));
    const { thrown } = await trial({ isOffline: true, machine: { fetch } });
    expect(thrown).toBeInstanceOf(UserError);
    expect((thrown as Error).message).toMatch(/data\/test\.parquet[^]*jmteb fetch/);
    await trial();
    expectRight(await trial({ isOffline: true, machine: { fetch } }));
    expectRight(await trial({ isOffline: true, commit: OTHER, machine: { fetch } }));
  });
});
