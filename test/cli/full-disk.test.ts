import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeFull } from '../shared.js';
import { contents, jmteb, type Ended } from './jmteb.js';

/** More than a run needs. */
const ROOM = 'size=64m,nr_inodes=1000';
/** Files and folders that one run may need at most. */
const MOST_INODES = 200;
/** Parts of the bytes of a whole run that the disk has room for. */
const PARTS = [0.05, 0.2, 0.4, 0.6, 0.8, 0.9, 0.97];

const root = mkdtempSync(join(tmpdir(), 'jmteb-full-disk-'));
const disk = join(root, 'disk');
mkdirSync(disk);

function canMount(): boolean {
  try {
    mount(ROOM);
    unmount();
    return true;
  } catch {
    return false;
  }
}

function mount(size: string): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', size, 'tmpfs', disk], { stdio: 'ignore' });
}

function resize(size: string): void {
  execFileSync('mount', ['-o', `remount,${size}`, disk], { stdio: 'ignore' });
}

function unmount(): void {
  execFileSync('umount', [disk], { stdio: 'ignore' });
}

function run(folder: string): Promise<Ended> {
  const places = ['-o', join(folder, 'results'), '--cache-dir', join(folder, 'cache')];
  return jmteb(['run', '-m', 'baseline:char-ngram', '-t', 'sample_sts', ...places]);
}

/** What there is is whole, and what it should be. */
function isPartOf(found: Readonly<Record<string, string>>, whole: Readonly<Record<string, string>>): void {
  const wrong = Object.keys(found).filter((name) => found[name] !== whole[name]);
  expect(wrong).toEqual([]);
}

/** The file, or the option, that a message begins with. */
function blamed({ stderr }: Ended): string {
  const line = stderr.split('\n').find((text) => text.includes('ENOSPC')) ?? '';
  return line.slice(0, line.indexOf(':')).replace(/\/[0-9a-f]{64}(?=\/|$)/g, '/KEY');
}

describeFull('a disk that is full', () => {
  const isMountable = canMount();
  let whole: Record<string, string>;
  beforeAll(async () => {
    await run(join(root, 'whole'));
    whole = contents(join(root, 'whole'));
  });
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  describe.skipIf(!isMountable)(isMountable ? 'of any size' : 'of any size [skipped: needs the right to mount]', () => {
    it('stops a run at each of its files with a message and nothing half-written, and the next goes on', async () => {
      mount(ROOM);
      try {
        const files = new Set<string>();
        let last: Ended | undefined;
        // One more file or folder each time.
        for (let inodes = 3; last?.code !== 0 && inodes < MOST_INODES; inodes++) {
          resize(`nr_inodes=${inodes}`);
          last = await run(disk);
          if (last.code !== 0) {
            // Preflight says it where not even an empty folder can be made.
            expect([1, 2], last.stderr).toContain(last.code);
            expect(last.stderr).toMatch(/no room left on the device|no space left on device/i);
            if (last.code === 1) files.add(blamed(last).slice(disk.length + 1));
          }
          isPartOf(contents(disk), whole);
        }
        expect(last?.code).toBe(0);
        expect(contents(disk)).toEqual(whole);
        const places = [...files].join('\n');
        for (const kind of [
          /\d{5}\.arrow$/m,
          /vectors.*manifest\.json$/m,
          /run\.json$/m,
          /items.*\.arrow$/m,
          /tasks.*\.json$/m,
        ])
          expect(places).toMatch(kind);
        for (const kind of [/results[^\n]*manifest\.json$/m, /summary\.json$/m]) expect(places).toMatch(kind);
      } finally {
        unmount();
      }
    }, 600_000);

    it.each(PARTS)('with room for a part (%d) of the bytes stops a run the same way', async (part) => {
      const bytes = Object.keys(whole).reduce((sum, name) => sum + pages(statSync(join(root, 'whole', name)).size), 0);
      mount(`size=${Math.floor(part * bytes)},nr_inodes=1000`);
      try {
        const stopped = await run(disk);
        expect(stopped.code, stopped.stderr).toBe(1);
        expect(stopped.stderr).toMatch(/no room left on the device \(ENOSPC\)[^]*make room/);
        isPartOf(contents(disk), whole);
        resize('size=64m');
        expect((await run(disk)).code).toBe(0);
        expect(contents(disk)).toEqual(whole);
      } finally {
        unmount();
      }
    });
  });
});

/** Bytes that a file takes on a disk of pages. */
function pages(bytes: number): number {
  return Math.ceil(bytes / 4096) * 4096;
}
