import { spawnSync } from 'node:child_process';
import { existsSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/definitions/package-root.js';
import { jmteb } from './jmteb.js';

describe('help', () => {
  it('of a command is the same in both spellings', async () => {
    const [asked, flagged] = await Promise.all([jmteb(['help', 'run']), jmteb(['run', '--help'])]);
    expect(asked).toEqual(flagged);
    expect(asked.stdout).toContain('jmteb run');
    expect((await jmteb(['help'])).stdout).toBe((await jmteb(['--help'])).stdout);
  });
});

/** Every write to it fails as on a full disk. */
const FULL = '/dev/full';

describe('a full disk behind the output', () => {
  it.skipIf(!existsSync(FULL))('is an error in words, with exit code 1', () => {
    const entry = join(packageRoot(), 'dist', 'cli', 'main.js');
    const child = spawnSync(process.execPath, [entry, 'ls', 'tasks'], {
      stdio: ['ignore', openSync(FULL, 'w'), 'pipe'],
      encoding: 'utf8',
    });
    expect(child.status).toBe(1);
    expect(child.stderr).toContain('standard output: cannot be written');
    expect(child.stderr).not.toContain('    at ');
  });
});
