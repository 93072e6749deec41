import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { HubMachine } from '../../src/datasets/hub-machine.js';
import { openHub } from '../../src/datasets/open-hub.js';
import { MachineError, UserError } from '../../src/errors.js';
import { startTestHub, type TestHub } from '../hub/test-hub.js';
import { quickMachine } from './quick-machine.js';

const COMMIT = '0123456789abcdef0123456789abcdef01234567';
const ROWS = Uint8Array.from({ length: 200_000 }, (_, i) => (i * i) >> 3);
const repository = { kind: 'dataset', id: 'owner/rows' } as const;
const file = { path: 'test.parquet', size: ROWS.length, sha256: createHash('sha256').update(ROWS).digest('hex') };
const store = { host: 'cdn' } as const;

let hub: TestHub;

beforeAll(async () => {
  hub = await startTestHub({ repositories: [{ ...repository, commits: { [COMMIT]: { [file.path]: ROWS } } }] });
});
beforeEach(() => hub.reset());
afterAll(() => hub.close());

/** Downloads from an address; what was thrown or the bytes, and what was waited for. */
async function download(endpoint: string, differences: Partial<HubMachine> = {}) {
  const machine = quickMachine(differences);
  const cache = mkdtempSync(join(tmpdir(), 'jmteb-hub-'));
  const path = openHub({ endpoint, cache, isOffline: false }, machine).download(repository, COMMIT, file);
  const outcome: unknown = await path.then(
    (there) => readFileSync(there),
    (thrown: unknown) => thrown,
  );
  return { outcome, waits: machine.waits };
}

/** fetch as it fails on a connection that does not come about. */
const failing = (code: string, message: string): HubMachine['fetch'] => {
  const cause = Object.assign(new Error(message), { code });
  return () => Promise.reject(new TypeError('fetch failed', { cause }));
};

describe('a Hub that cannot be reached', () => {
  it('is asked three times, then told of with what to check', async () => {
    const gone = await startTestHub({ repositories: [] });
    await gone.close();
    const { outcome, waits } = await download(gone.endpoint);
    expect(outcome).toBeInstanceOf(MachineError);
    expect((outcome as Error).message).toMatch(/given up after 3 tries.*ECONNREFUSED/);
    expect((outcome as Error).message).toContain('check the network and HF_ENDPOINT');
    expect(waits).toHaveLength(2);
  });

  it('for its port is told of at once', async () => {
    const { outcome, waits } = await download('http://127.0.0.1:6667');
    expect(outcome).toBeInstanceOf(UserError);
    expect((outcome as Error).message).toContain('127.0.0.1:6667/datasets/owner/rows/resolve');
    expect((outcome as Error).message).toContain('has a port that is kept for another service');
    expect(waits).toEqual([]);
  });

  it('for speaking plain http where https is expected is told of at once', async () => {
    const { outcome, waits } = await download(hub.endpoint.replace('http:', 'https:'));
    expect(outcome).toBeInstanceOf(MachineError);
    expect((outcome as Error).message).toContain('no encrypted connection comes about');
    expect(waits).toEqual([]);
  });

  it.each([
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'self-signed certificate', 'NODE_EXTRA_CA_CERTS'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'self-signed certificate in certificate chain', 'NODE_EXTRA_CA_CERTS'],
    ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'unable to get local issuer certificate', 'NODE_EXTRA_CA_CERTS'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', "Hostname/IP does not match certificate's altnames", 'NODE_EXTRA_CA_CERTS'],
    ['CERT_HAS_EXPIRED', 'certificate has expired', 'clock'],
  ])('for its certificate (%s) is told of at once', async (code, message, fix) => {
    const { outcome, waits } = await download('https://hub.example', { fetch: failing(code, message) });
    expect(outcome).toBeInstanceOf(MachineError);
    expect((outcome as Error).message).toMatch(/the certificate is not (trusted|valid at this time)/);
    expect((outcome as Error).message).toContain(`${message} (${code})`);
    expect((outcome as Error).message).toContain(fix);
    expect(waits).toEqual([]);
  });
});

describe('a part that came', () => {
  it('is not given up for one wrong range after other failures', async () => {
    hub.fail({ kind: 'cut', after: 80_000 }, store);
    hub.fail({ kind: 'cut', after: 1 }, store);
    hub.fail({ kind: 'range', shift: 5, isHidden: true }, store);
    const { outcome, waits } = await download(hub.endpoint);
    expect(Buffer.compare(outcome as Uint8Array, ROWS)).toBe(0);
    expect(waits.length).toBeGreaterThan(2);
  });

  it('is dropped when the store has nothing beyond it (416), and the file asked for whole', async () => {
    hub.fail({ kind: 'cut', after: 80_000 }, store);
    hub.fail({ kind: 'status', status: 416, headers: { 'content-range': 'bytes */80000' } }, store);
    const { outcome } = await download(hub.endpoint);
    expect(Buffer.compare(outcome as Uint8Array, ROWS)).toBe(0);
    const ranges = hub.requests.filter(({ host }) => host === 'cdn').map(({ headers }) => headers.range);
    expect(ranges).toEqual([undefined, expect.stringMatching(/^bytes=[1-9]\d*-$/), undefined]);
  });

  it('is not completed with another content when the Hub names another one in mid-download', async () => {
    hub.fail({ kind: 'cut', after: 80_000 }, store);
    let answers = 0;
    const fetchChanged: HubMachine['fetch'] = async (...call) => {
      const answer = await fetch(...call);
      if (!answer.headers.has('x-linked-etag') || ++answers === 1) return answer;
      const headers = new Headers(answer.headers);
      headers.set('x-linked-etag', `"${'f'.repeat(64)}"`);
      return new Response(null, { status: answer.status, headers });
    };
    const { outcome, waits } = await download(hub.endpoint, { fetch: fetchChanged });
    expect(outcome).toBeInstanceOf(UserError);
    expect((outcome as Error).message).toContain('is another file than was recorded');
    expect((outcome as Error).message).toContain('f'.repeat(64));
    expect((outcome as Error).message).toContain(file.sha256);
    expect(waits).toHaveLength(1);
  });
});
