import type { Embedder, PreparedTexts } from '../embedding/types.js';
import type { StoredList } from '../vectors/store.js';
import { oneAhead } from './one-ahead.js';
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
 * While a shard is computed the texts of the next are read and cut into tokens. It is computed when the one before is
 * stored, so that whoever kills the process destroys the work of one shard at most.
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
  const { onProgress, onRemark } = hooks;
  const shards = oneAhead((signal) => preparedShards(list, stored, embedder, signal));
  for await (const { shard, prepared } of shards) {
    if (hooks.signal?.aborted === true) throw new Interrupted();
    const { rows, ...counts } = await prepared.embed({ prompt: list.prompt, onProgress, onRemark });
    await stored.write(shard, rows, counts);
    hooks.onShard(prepared.texts.length, counts.tokens ?? 0);
  }
  if (hooks.signal?.aborted === true) throw new Interrupted();
}

/** Each shard that the store lacks, with all done for it that needs no device. */
async function* preparedShards(
  list: UniqueList,
  stored: StoredList,
  embedder: Embedder,
  signal: AbortSignal,
): AsyncGenerator<{ readonly shard: number; readonly prepared: PreparedTexts }> {
  for await (const { shard, texts } of missingShards(list, stored)) {
    const unprepared: PreparedTexts = { texts, embed: (call) => embedder.embed(texts, call) };
    yield { shard, prepared: (await embedder.prepare?.(texts, { signal })) ?? unprepared };
  }
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
