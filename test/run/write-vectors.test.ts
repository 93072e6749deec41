import { readdirSync, readFileSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { tableFromIPC } from 'apache-arrow';
import { describe, expect, it } from 'vitest';
import { writeLines, writeVectors, type VectorChunk } from '../../src/run/write-vectors.js';
import { readNpy } from '../npy.js';

const path = (name: string): string => join(mkdtempSync(join(tmpdir(), 'jmteb-')), 'new', name);

async function* chunks(sizes: readonly number[], dims: number): AsyncGenerator<VectorChunk> {
  let row = 0;
  for (const size of sizes) {
    const rows = Float32Array.from({ length: size * dims }, (_, i) => row * dims + i + 0.5);
    yield { texts: Array.from({ length: size }, (_, i) => `語${row + i}`), rows };
    row += size;
  }
}

describe('a file of vectors', () => {
  it('is an npy file of float32 whose values begin at 64 bytes', async () => {
    const out = path('v.npy');
    await writeVectors(out, { rows: 5, dims: 3 }, chunks([2, 3], 3));
    expect(readNpy(out)).toEqual({ shape: [5, 3], data: Float32Array.from({ length: 15 }, (_, i) => i + 0.5) });
    const bytes = readFileSync(out);
    expect((10 + bytes.readUInt16LE(8)) % 64).toBe(0);
  });

  it('is an Arrow file with the texts, one record batch a chunk', async () => {
    const out = path('v.arrow');
    await writeVectors(out, { rows: 5, dims: 3 }, chunks([2, 3], 3));
    const table = tableFromIPC(readFileSync(out));
    expect(table.batches).toHaveLength(2);
    expect([...(table.getChild('text') ?? [])]).toEqual(['語0', '語1', '語2', '語3', '語4']);
    const rows = [...(table.getChild('embedding') ?? [])].map((row: Iterable<number>) => [...row]);
    expect(rows).toEqual(Array.from({ length: 5 }, (_, i) => [3 * i + 0.5, 3 * i + 1.5, 3 * i + 2.5]));
  });

  it.each(['v.npy', 'v.arrow'])('is not there at all when something fails on the way: %s', async (name) => {
    const out = path(name);
    async function* broken(): AsyncGenerator<VectorChunk> {
      yield* chunks([2], 3);
      throw new Error('the model failed');
    }
    await expect(writeVectors(out, { rows: 5, dims: 3 }, broken())).rejects.toThrow('the model failed');
    expect(readdirSync(dirname(out))).toEqual([]);
  });
});

describe('a file of lines', () => {
  it('is written whole, however long', async () => {
    const out = path('ids.jsonl');
    const lines = Array.from({ length: 200_000 }, (_, i) => `[${i}]`);
    await writeLines(out, lines);
    expect(readFileSync(out, 'utf8')).toBe(`${lines.join('\n')}\n`);
  });
});
