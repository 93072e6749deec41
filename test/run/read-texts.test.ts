import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readTexts } from '../../src/run/read-texts.js';

function file(name: string, content: string | Uint8Array): string {
  const path = join(mkdtempSync(join(tmpdir(), 'jmteb-')), name);
  writeFileSync(path, content);
  return path;
}

describe('a file of texts', () => {
  it('is read as objects or strings a line, in order, repeats and empty texts kept', async () => {
    const path = file('a.jsonl', '{"text": "日本", "id": 1}\r\n"京都"\n""\n"京都"\n');
    expect(await readTexts(path)).toEqual(['日本', '京都', '', '京都']);
  });

  it('is read line by line when it is a .txt', async () => {
    expect(await readTexts(file('a.txt', '{"text": 1}\n\n  b \n'))).toEqual(['{"text": 1}', '', '  b ']);
    expect(await readTexts(file('b.txt', 'no newline at the end'))).toEqual(['no newline at the end']);
  });

  it('keeps characters whole that lie across the edge of a chunk', async () => {
    const texts = Array.from({ length: 30_000 }, (_, i) => `${'x'.repeat(i % 7)}語${i}`);
    expect(await readTexts(file('big.jsonl', texts.map((text) => JSON.stringify(text)).join('\n')))).toEqual(texts);
  });

  it('is refused with every wrong line', async () => {
    const path = file('a.jsonl', '"a"\n{"text": 1}\n\n{"texts": "b"}\n{"text": "c"\n');
    const error = await readTexts(path).catch((thrown: Error) => thrown.message);
    for (const line of [2, 3, 4, 5]) expect(error).toContain(`${path} line ${line}`);
  });

  it('is refused when it is empty, not there, a folder or not UTF-8', async () => {
    await expect(readTexts(file('a.jsonl', ''))).rejects.toThrow('has no texts');
    await expect(readTexts('no/such/file.jsonl')).rejects.toThrow('cannot be read');
    await expect(readTexts(tmpdir())).rejects.toThrow('cannot be read');
    await expect(readTexts(file('a.txt', Uint8Array.of(97, 10, 0xff, 10)))).rejects.toThrow('UTF-8');
  });
});
