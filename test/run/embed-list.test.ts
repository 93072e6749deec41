import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Embedder, EmbeddedTexts, PreparedTexts } from '../../src/embedding/types.js';
import { embedList, Interrupted } from '../../src/run/embed-list.js';
import type { UniqueList } from '../../src/run/unique-list.js';
import type { ShardPart, StoredList } from '../../src/vectors/store.js';

const SHARD = 2;
const COUNTS = { tokens: 4, truncated: 0, unknownTokens: 0, byteFallbackTokens: 0 };
const NO_HOOKS = { onProgress: () => undefined, onShard: () => undefined };

/** What happened, in its order. */
type Log = string[];

function listOf(texts: readonly string[], log: Log): UniqueList {
  const read = async function* () {
    for (const text of texts) {
      log.push(`read ${text}`);
      yield text;
    }
  };
  return {
    split: 'test',
    role: 'document',
    prompt: '',
    size: texts.length,
    characters: texts.join('').length,
    sample: texts,
    first: texts[0],
    index: Int32Array.from(texts.keys()),
    key: 'key',
    texts: read,
  };
}

function storeOf(rows: number, log: Log, missing?: readonly number[], size = SHARD) {
  const written = new Map<number, number[]>();
  const stored = {
    missing: missing ?? Array.from({ length: Math.ceil(rows / size) }, (_, i) => i),
    rangeOf: (shard: number) => ({ start: shard * size, end: Math.min(rows, (shard + 1) * size) }),
    writeParts: async (shard: number, parts: AsyncIterable<ShardPart>) => {
      const values: number[] = [];
      for await (const { rows: part } of parts) values.push(...part);
      log.push(`write ${shard}`);
      await wait(5);
      written.set(shard, values);
      log.push(`stored ${shard}`);
    },
  } as unknown as StoredList;
  return { stored, written };
}

/** A text's vector is the number that it names. */
function vectorsOf(texts: readonly string[]): EmbeddedTexts {
  return { rows: Float32Array.from(texts, Number), ...COUNTS };
}

interface Steps {
  readonly prepare?: (texts: readonly string[], signal: AbortSignal | undefined) => Promise<void>;
  readonly embed?: (texts: readonly string[]) => Promise<void>;
}

function embedderOf(log: Log, steps: Steps = {}): Embedder {
  return {
    embed: async (texts) => vectorsOf(texts),
    async prepare(texts, { signal }): Promise<PreparedTexts> {
      log.push(`prepare ${texts.join()}`);
      await steps.prepare?.(texts, signal);
      log.push(`prepared ${texts.join()}`);
      return {
        texts,
        async embed() {
          log.push(`embed ${texts.join()}`);
          await wait(5);
          await steps.embed?.(texts);
          log.push(`embedded ${texts.join()}`);
          return vectorsOf(texts);
        },
      };
    },
    close: async () => undefined,
  };
}

const SIX = ['0', '1', '2', '3', '4', '5'];

describe('embedList', () => {
  it('prepares the next shard while one is computed, one ahead and no more', async () => {
    const log: Log = [];
    const { stored, written } = storeOf(6, log);
    await embedList(listOf(SIX, log), stored, embedderOf(log), NO_HOOKS);
    const steps = log.filter((step) => !step.startsWith('read'));
    expect(steps.indexOf('prepared 2,3')).toBeLessThan(steps.indexOf('embedded 0,1'));
    expect(steps.indexOf('prepare 4,5')).toBeGreaterThan(steps.indexOf('stored 0'));
    expect(log.indexOf('read 4')).toBeGreaterThan(log.indexOf('stored 0'));
    expect([...written.values()].flat()).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('computes no shard before the one ahead of it is stored: a kill costs one at most', async () => {
    const log: Log = [];
    await embedList(listOf(SIX, log), storeOf(6, log).stored, embedderOf(log), NO_HOOKS);
    const steps = log.filter((step) => /^(embed|stored)/.test(step));
    expect(steps).toEqual(
      ['0,1', '2,3', '4,5'].flatMap((texts, i) => [`embed ${texts}`, `embedded ${texts}`, `stored ${i}`]),
    );
  });

  it('embeds what is missing only, also with a model that prepares nothing', async () => {
    const log: Log = [];
    const { stored, written } = storeOf(6, log, [1]);
    const { embed, close } = embedderOf(log);
    const shards: number[] = [];
    await embedList(
      listOf(SIX, log),
      stored,
      { embed, close },
      { ...NO_HOOKS, onShard: (texts) => shards.push(texts) },
    );
    expect([...written]).toEqual([[1, [2, 3]]]);
    expect(shards).toEqual([2]);
  });

  it('stores what comes before a shard that cannot be prepared', async () => {
    const log: Log = [];
    const { stored, written } = storeOf(6, log);
    const prepare = async (texts: readonly string[]) => {
      if (texts[0] === '2') throw new Error('no tokens');
    };
    await expect(embedList(listOf(SIX, log), stored, embedderOf(log, { prepare }), NO_HOOKS)).rejects.toThrow(
      'no tokens',
    );
    expect([...written.keys()]).toEqual([0]);
  });

  it('gives up what it prepares when the shard in hand fails', async () => {
    const log: Log = [];
    const { stored, written } = storeOf(6, log);
    const prepare = async (texts: readonly string[], signal: AbortSignal | undefined) => {
      // Never ends by itself.
      if (texts[0] === '2') await wait(60_000, undefined, { signal });
    };
    const embed = async () => Promise.reject(new Error('the device is gone'));
    const embedding = embedList(listOf(SIX, log), stored, embedderOf(log, { prepare, embed }), NO_HOOKS);
    await expect(embedding).rejects.toThrow('the device is gone');
    expect(log).not.toContain('prepared 2,3');
    expect(written.size).toBe(0);
  });

  it('finishes the shard in hand on a request to stop', async () => {
    const log: Log = [];
    const { stored, written } = storeOf(6, log);
    const stop = new AbortController();
    const embed = async () => stop.abort();
    const embedding = embedList(listOf(SIX, log), stored, embedderOf(log, { embed }), {
      ...NO_HOOKS,
      signal: stop.signal,
    });
    await expect(embedding).rejects.toThrow(Interrupted);
    expect([...written.keys()]).toEqual([0]);
  });

  it('embeds a large shard in parts of 4,096 texts, each part by itself', async () => {
    const log: Log = [];
    const texts = Array.from({ length: 19_000 }, (_, i) => String(i));
    const { stored, written } = storeOf(texts.length, log, [0, 2], 9000);
    const sizes: number[] = [];
    const shards: number[][] = [];
    const told: number[][] = [];
    const embedder: Embedder = {
      embed: async (part, { onProgress }) => {
        sizes.push(part.length);
        onProgress?.(10, 3);
        return vectorsOf(part);
      },
      close: async () => undefined,
    };
    await embedList(listOf(texts, []), stored, embedder, {
      onProgress: (done, tokens) => told.push([done, tokens]),
      onShard: (done, tokens) => shards.push([done, tokens]),
    });
    expect(sizes).toEqual([4096, 4096, 808, 1000]);
    expect(told).toEqual([
      [10, 3],
      [4106, 7],
      [8202, 11],
      [10, 3],
    ]);
    expect(shards).toEqual([
      [9000, 12],
      [1000, 4],
    ]);
    expect([...written.keys()]).toEqual([0, 2]);
    expect(written.get(0)).toEqual(texts.slice(0, 9000).map(Number));
    expect(written.get(2)).toEqual(texts.slice(18_000).map(Number));
  });

  it('says when the data ends too early', async () => {
    const log: Log = [];
    const list = { ...listOf(SIX, log), size: 8 };
    await expect(embedList(list, storeOf(8, log).stored, embedderOf(log), NO_HOOKS)).rejects.toThrow(
      'test/document ended after 6 of 8 texts',
    );
  });
});
