import type { Embedder } from '../embedding/types.js';
import type { StoredList } from '../vectors/store.js';
import type { UniqueList } from './unique-list.js';

/** The user asked to stop; what is done so far is stored. */
export class Interrupted extends Error {
  constructor() {
    super('stopped on request');
    this.name = 'Interrupted';
  }
}

/**
 * Embeds what the store lacks of a list, shard by shard.
 *
 * A request to stop is heeded between shards, so that the shard in hand is not lost.
 *
 * @param onProgress texts and tokens of the shard in hand that are done
 * @param onRemark what the user should know meanwhile
 * @param onShard texts and tokens of a shard that was stored
 * @throws Interrupted when `signal` is aborted
 */
export async function embedList(
  list: UniqueList,
  stored: StoredList,
  embedder: Embedder,
  hooks: {
    readonly onProgress: (texts: number, tokens: number) => void;
    readonly onRemark?: (message: string) => void;
    readonly onShard: (texts: number, tokens: number) => void;
    readonly signal?: AbortSignal;
  },
): Promise<void> {
  for await (const { shard, texts } of missingShards(list, stored)) {
    if (hooks.signal?.aborted === true) throw new Interrupted();
    const embedded = await embedder.embed(texts, {
      prompt: list.prompt,
      onProgress: hooks.onProgress,
      onRemark: hooks.onRemark,
    });
    const { rows, ...counts } = embedded;
    await stored.write(shard, rows, counts);
    hooks.onShard(texts.length, counts.tokens ?? 0);
  }
  if (hooks.signal?.aborted === true) throw new Interrupted();
}

/** The texts of each shard that the store lacks, in order; what lies between is read and passed over. */
async function* missingShards(
  list: UniqueList,
  stored: StoredList,
): AsyncGenerator<{ readonly shard: number; readonly texts: readonly string[] }> {
  const missing = stored.missing.map((shard) => ({ shard, ...stored.rangeOf(shard) }));
  if (missing.length === 0) return;
  let [next] = missing;
  let done = 0;
  let texts: string[] = [];
  let number = 0;
  for await (const text of list.texts()) {
    if (number >= next.start) texts.push(text);
    number += 1;
    if (number < next.end) continue;
    yield { shard: next.shard, texts };
    done += 1;
    if (done === missing.length) return;
    next = missing[done];
    texts = [];
  }
  throw new Error(`${list.split}/${list.role} ended after ${number} of ${list.size} texts`);
}
