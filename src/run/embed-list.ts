import type { Embedder, PreparedTexts } from '../embedding/types.js';
import type { ShardPart, StoredList } from '../vectors/store.js';
import { oneAhead } from './one-ahead.js';
import type { UniqueList } from './unique-list.js';

/** The user asked to stop; what is done so far is stored. */
export class Interrupted extends Error {
  constructor() {
    super('stopped on request');
    this.name = 'Interrupted';
  }
}

/** Texts whose tokens and vectors are in memory together. Part of what decides batches: another number, another planner. */
const PART_TEXTS = 4096;

export interface EmbedListHooks {
  /** Texts and tokens of the shard in hand that are done. */
  readonly onProgress: (texts: number, tokens: number) => void;
  /** What the user should know meanwhile. */
  readonly onRemark?: (message: string) => void;
  /** Texts and tokens of a shard that was stored. */
  readonly onShard: (texts: number, tokens: number) => void;
  readonly signal?: AbortSignal;
}

/**
 * Embeds what the store lacks of a list, shard by shard, and large shards part by part.
 *
 * While a part is computed the texts of the next are read and cut into tokens. It is computed when the shard before is
 * stored, so that whoever kills the process destroys the work of one shard at most.
 *
 * A request to stop is heeded between shards, so that the shard in hand is not lost.
 *
 * @throws Interrupted when `signal` is aborted
 */
export async function embedList(
  list: UniqueList,
  stored: StoredList,
  embedder: Embedder,
  hooks: EmbedListHooks,
): Promise<void> {
  const missing = [...stored.missing];
  const parts = oneAhead((signal) => preparedParts(list, stored, embedder, signal));
  try {
    for (const shard of missing) {
      if (hooks.signal?.aborted === true) throw new Interrupted();
      const done = { texts: 0, tokens: 0 };
      await stored.writeParts(shard, partsOfShard(parts, done, list.prompt, hooks));
      hooks.onShard(done.texts, done.tokens);
    }
  } finally {
    await parts.return(undefined);
  }
  if (hooks.signal?.aborted === true) throw new Interrupted();
}

/** Embeds the parts that come, up to the last one of their shard, and counts them in `done`. */
async function* partsOfShard(
  parts: AsyncGenerator<PreparedPart>,
  done: { texts: number; tokens: number },
  prompt: string,
  { onProgress, onRemark }: EmbedListHooks,
): AsyncGenerator<ShardPart> {
  for (let isLast = false; !isLast;) {
    const next = await parts.next();
    if (next.done === true) return;
    const { prepared } = next.value;
    const embedded = await prepared.embed({
      prompt,
      onProgress: (texts, tokens) => onProgress(done.texts + texts, done.tokens + tokens),
      onRemark,
    });
    yield embedded;
    done.texts += prepared.texts.length;
    done.tokens += embedded.tokens ?? 0;
    ({ isLast } = next.value);
  }
}

interface PreparedPart {
  readonly prepared: PreparedTexts;
  /** Whether it ends its shard. */
  readonly isLast: boolean;
}

/** Each part of the shards that the store lacks, with all done for it that needs no device. */
async function* preparedParts(
  list: UniqueList,
  stored: StoredList,
  embedder: Embedder,
  signal: AbortSignal,
): AsyncGenerator<PreparedPart> {
  for await (const { texts, isLast } of missingParts(list, stored)) {
    const unprepared: PreparedTexts = { texts, embed: (call) => embedder.embed(texts, call) };
    yield { isLast, prepared: (await embedder.prepare?.(texts, { signal })) ?? unprepared };
  }
}

/** The texts of the shards that the store lacks, in order; what lies between is read and passed over. */
async function* missingParts(
  list: UniqueList,
  stored: StoredList,
): AsyncGenerator<{ readonly texts: readonly string[]; readonly isLast: boolean }> {
  const missing = stored.missing.map((shard) => stored.rangeOf(shard));
  if (missing.length === 0) return;
  let [next] = missing;
  let done = 0;
  let texts: string[] = [];
  let number = 0;
  for await (const text of list.texts()) {
    if (number >= next.start) texts.push(text);
    number += 1;
    const isLast = number >= next.end;
    if (!isLast && texts.length < PART_TEXTS) continue;
    yield { texts, isLast };
    texts = [];
    if (!isLast) continue;
    done += 1;
    if (done === missing.length) return;
    next = missing[done];
  }
  throw new Error(`${list.split}/${list.role} ended after ${number} of ${list.size} texts`);
}
