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
  for (const shard of [...stored.missing]) {
    if (hooks.signal?.aborted === true) throw new Interrupted();
    const { start, end } = stored.rangeOf(shard);
    const embedded = await embedder.embed(list.texts.slice(start, end), {
      prompt: list.prompt,
      onProgress: hooks.onProgress,
      onRemark: hooks.onRemark,
    });
    const { rows, ...counts } = embedded;
    await stored.write(shard, rows, counts);
    hooks.onShard(end - start, counts.tokens ?? 0);
  }
  if (hooks.signal?.aborted === true) throw new Interrupted();
}
