import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, describe } from 'vitest';
import { floatsToHalf, halfTable } from '../../src/numeric/float16.js';
import { matrix, type Matrix } from '../../src/numeric/matrix.js';
import { RandomState } from '../../src/numeric/random-state.js';
import { searchExactly } from '../../src/search/exact-search.js';
import { SIMILARITIES } from '../../src/search/similarity.js';
import { vectorsInMemory } from '../../src/vectors/in-memory.js';
import { openStoredList } from '../../src/vectors/store.js';
import { openStoredVectors } from '../../src/vectors/stored-vectors.js';
import { describeFull } from '../shared.js';
import { allRows, identity, randomRows, slowSearch } from './slow-search.js';

const COUNTS = { tokens: null, truncated: null, unknownTokens: null, byteFallbackTokens: null };

/** What half precision makes of a matrix. */
function halved({ data, rows, dims }: Matrix): Matrix {
  const table = halfTable();
  return matrix(
    Float32Array.from(floatsToHalf(data), (bits) => table[bits]),
    rows,
    dims,
  );
}

describe('any search', () => {
  it('equals comparing everything: k, repeats, block sizes, number types and norms at random', async () => {
    const random = new RandomState(41);
    const below = (most: number): number => random.randint(0, most);
    for (let round = 0; round < 60; round++) {
      const kind = (['normal', 'lengths', 'unit', 'signs'] as const)[below(4)];
      const dims = 2 + below(12);
      const vectors = 1 + below(600);
      const type = (['float32', 'float16'] as const)[below(2)];
      const make = (seed: number, rows: number): Matrix => {
        const made = randomRows(seed, rows, dims, kind);
        return type === 'float16' ? halved(made) : made;
      };
      const documents = make(2 * round, vectors);
      const queries = make(2 * round + 1, 1 + below(9));
      // Some vectors stand for several documents, some for none.
      const index =
        below(2) === 0 ? identity(vectors) : Int32Array.from({ length: 1 + below(900) }, () => below(vectors));
      const k = 1 + below(below(2) === 0 ? 12 : 1000);
      const setting = { round, kind, dims, vectors, type, documents: index.length, k };
      const source = vectorsInMemory(documents);
      const maxMemory = 2 ** (12 + below(14));
      const [found] = await searchExactly([allRows(queries)], { source, index }, { k, threads: 1, maxMemory });
      for (const name of SIMILARITIES) {
        const slow = slowSearch(name, queries, documents, index, k);
        expect({ ...setting, name, rows: [...found[name].documents] }).toEqual({
          ...setting,
          name,
          rows: slow.documents,
        });
      }
    }
  });
});

describeFull('a corpus of 300,027 documents on disk', () => {
  it('is searched exactly, and within the memory that was given', async () => {
    const [rows, dims, k, maxMemory] = [300_027, 64, 100, 128 * 2 ** 20];
    const cache = mkdtempSync(join(tmpdir(), 'jmteb-search-'));
    try {
      const documents = halved(randomRows(1, rows, dims, 'unit'));
      const spec = { modelKey: 'model', listKey: 'list', rows, dims, type: 'float16' as const };
      const list = await openStoredList(cache, spec);
      for (const shard of [...list.missing]) {
        const { start, end } = list.rangeOf(shard);
        await list.write(shard, documents.data.subarray(start * dims, end * dims), COUNTS);
      }
      const source = await openStoredVectors(list.folder);
      const queries = randomRows(2, 720, dims, 'unit');
      const before = process.memoryUsage().rss;
      let most = 0;
      const onProgress = (): void => void (most = Math.max(most, process.memoryUsage().rss - before));
      const corpus = { source, index: identity(rows) };
      const [found] = await searchExactly([allRows(queries)], corpus, { k, threads: 2, maxMemory, onProgress });
      await source.close();
      expect(most).toBeLessThan(maxMemory);
      const few = matrix(queries.data.subarray(0, 3 * dims), 3, dims);
      for (const name of SIMILARITIES) {
        const slow = slowSearch(name, few, documents, corpus.index, k);
        expect([...found[name].documents.subarray(0, 3 * k)]).toEqual(slow.documents);
      }
    } finally {
      rmSync(cache, { recursive: true, force: true });
    }
  }, 300_000);
});
