import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { readJsonFile } from '../../src/definitions/read-json-file.js';

const folder = mkdtempSync(join(tmpdir(), 'jmteb-json-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function read(bytes: Uint8Array | string): ReturnType<typeof readJsonFile> {
  const path = join(folder, 'file.json');
  writeFileSync(path, bytes);
  return readJsonFile(path, 'my.json');
}

function problemOf(result: ReturnType<typeof readJsonFile>): string {
  if (result.ok) throw new Error('expected a problem');
  expect(result.problem.where).toBe('my.json');
  return result.problem.what;
}

describe('readJsonFile', () => {
  test('reads UTF-8 with and without a byte order mark', () => {
    expect(read('{"題": 1}')).toEqual({ ok: true, value: { 題: 1 } });
    expect(read('\ufeff{"題": 1}')).toEqual({ ok: true, value: { 題: 1 } });
  });

  test('names line and column of a slip', () => {
    expect(problemOf(read('{\n  "id": "a"\n  "version": 1\n}'))).toBe(
      'not valid JSON at line 3, column 3: expected "," or "}", found "\\"".',
    );
  });

  test('says what other files are', () => {
    expect(problemOf(read(Buffer.from('\ufeff{}', 'utf16le')))).toMatch(/UTF-16/);
    expect(problemOf(read(new Uint8Array([0x50, 0x41, 0x52, 0x31, 0xff, 0x00])))).toMatch(/not UTF-8/);
    expect(problemOf(read(new Uint8Array(64)))).toMatch(/line 1, column 1/);
    expect(problemOf(read(''))).toMatch(/empty/);
    expect(problemOf(readJsonFile(folder, 'my.json'))).toMatch(/folder/);
    expect(problemOf(readJsonFile(join(folder, 'none.json'), 'my.json'))).toMatch(/no such file/);
    expect(problemOf(readJsonFile(join(folder, 'file.json', 'x.json'), 'my.json'))).toMatch(/no such file/);
    expect(problemOf(readJsonFile('/dev/zero', 'my.json'))).toMatch(/not a regular file/);
  });

  test('does not wait at a pipe', () => {
    const pipe = join(folder, 'pipe.json');
    execFileSync('mkfifo', [pipe]);
    expect(problemOf(readJsonFile(pipe, 'my.json'))).toMatch(/not a regular file/);
  });

  test('refuses a file of gigabytes without reading it', () => {
    const path = join(folder, 'huge.json');
    writeFileSync(path, '');
    truncateSync(path, 8 * 1024 ** 3);
    expect(problemOf(readJsonFile(path, 'my.json'))).toMatch(/8589934592 bytes/);
    rmSync(path);
  });
});
