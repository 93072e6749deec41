import pLimit from 'p-limit';
import type { EndpointClient } from './endpoint-client.js';
import { RefusedInput } from './endpoint-fault.js';
import { EndpointPool } from './endpoint-pool.js';
import {
  endpointTexts,
  endpointTokenizing,
  planRequests,
  requestLimits,
  type EndpointText,
  type RequestLimits,
  type TextRange,
  type TextRules,
} from './endpoint-texts.js';
import type { EndpointVectors } from './endpoint-answer.js';
import { cannotEmbed } from './token-embedder.js';
import type { EmbedCall, EmbeddedTexts, Embedder } from './types.js';

/** A model behind one or more addresses, ready to be asked. */
export interface EndpointModel {
  readonly dims: number;
  readonly rules: TextRules;
  /** Requests under way at each address. */
  readonly concurrency: number;
  /** What the user should know when it begins. */
  readonly remarks: readonly string[];
}

/** An embedder that asks a server; requests run side by side, and what a server refuses as too much is halved. */
export function endpointEmbedder(model: EndpointModel, client: EndpointClient): Embedder {
  const isOpenAi = client.places.every(({ address }) => address.isOpenAi);
  const requests = new Requests(model, client, requestLimits(isOpenAi));
  const { rules } = model;
  const { cut } = endpointTokenizing(rules);
  return {
    embed: (texts, call) => requests.embed(texts, call),
    ...(rules.tokenizer === undefined ? {} : { tokenize: (text: string) => cut(text).ids as readonly number[] }),
    close: async () => undefined,
  };
}

/** One shard on its way. */
interface Shard {
  readonly texts: readonly EndpointText[];
  readonly rows: Float32Array;
  readonly signal: AbortSignal;
  readonly call: EmbedCall;
  done: number;
  /** Tokens of what is done; null as soon as the server does not say. */
  tokens: number | null;
}

class Requests {
  private readonly limit: ReturnType<typeof pLimit>;
  private readonly pool: EndpointPool;
  private readonly places: number;
  private readonly remarks: string[];

  constructor(
    private readonly model: EndpointModel,
    private readonly client: EndpointClient,
    /** Shrinks when the server says that a request holds too much. */
    private limits: RequestLimits,
  ) {
    this.places = model.concurrency * client.places.length;
    this.limit = pLimit(this.places);
    this.remarks = [...model.remarks];
    this.pool = new EndpointPool(client.places, client.machine, model.concurrency, true);
  }

  async embed(texts: readonly string[], call: EmbedCall): Promise<EmbeddedTexts> {
    call.signal?.throwIfAborted();
    for (const remark of this.remarks.splice(0)) call.onRemark?.(remark);
    const { limits } = this;
    const stop = new AbortController();
    const onAbort = (): void => stop.abort(call.signal?.reason);
    call.signal?.addEventListener('abort', onAbort, { once: true });
    try {
      const prepared = await endpointTexts(texts, this.model.rules, call.signal);
      const rows = new Float32Array(texts.length * this.model.dims);
      const shard: Shard = { texts: prepared, rows, signal: stop.signal, call, done: 0, tokens: 0 };
      const parts = planRequests(prepared, this.limits, this.places);
      const sent = parts.map((part) => this.send(part, shard).catch((thrown: unknown) => abortAll(stop, thrown)));
      // All have ended before anything is thrown: nothing goes on in the background.
      const fault = (await Promise.allSettled(sent)).find(({ status }) => status === 'rejected');
      if (fault?.status === 'rejected') {
        // One text that is refused has been halved down to; the next list need not be asked for text by text.
        this.limits = limits;
        throw stop.signal.reason ?? fault.reason;
      }
      const truncated = this.model.rules.tokenizer === undefined ? null : prepared.filter(({ isCut }) => isCut).length;
      return { rows, tokens: shard.tokens, truncated, unknownTokens: null, byteFallbackTokens: null };
    } finally {
      call.signal?.removeEventListener('abort', onAbort);
    }
  }

  private async send(part: TextRange, shard: Shard): Promise<void> {
    const count = part.end - part.start;
    let vectors: EndpointVectors | undefined;
    try {
      vectors = await this.limit(() => this.ask(part, shard));
    } catch (thrown) {
      if (!(thrown instanceof RefusedInput)) throw thrown;
      if (count === 1) throw refusedText(shard.texts[part.start].text, thrown.message);
      this.limits = { ...this.limits, texts: Math.min(this.limits.texts, count >> 1) };
    }
    if (vectors === undefined) {
      const middle = part.start + (count >> 1);
      await this.send({ start: part.start, end: middle }, shard);
      return this.send({ start: middle, end: part.end }, shard);
    }
    shard.rows.set(vectors.rows, part.start * this.model.dims);
    const texts = shard.texts.slice(part.start, part.end);
    const counted = texts.reduce<number | null>((sum, { ids }) => addOrNull(sum, ids?.length ?? null), 0);
    shard.done += count;
    shard.tokens = addOrNull(shard.tokens, counted ?? vectors.tokens);
    shard.call.onProgress?.(shard.done, shard.tokens ?? 0);
  }

  /** Vectors of a part; undefined where it holds more than what is known to be too much by now. */
  private async ask(part: TextRange, { texts, signal, call }: Shard): Promise<EndpointVectors | undefined> {
    signal.throwIfAborted();
    const count = part.end - part.start;
    if (count > 1 && count > this.limits.texts) return undefined;
    const asked = texts.slice(part.start, part.end);
    return this.pool.run((place) => this.client.vectors(place, asked, this.model.dims, signal), {
      signal,
      onWait: call.onRemark,
    });
  }
}

/** The first fault stops the requests that are under way, and is what is thrown. */
function abortAll(stop: AbortController, thrown: unknown): never {
  if (!stop.signal.aborted) stop.abort(thrown);
  throw thrown;
}

function addOrNull(sum: number | null, next: number | null): number | null {
  return sum === null || next === null ? null : sum + next;
}

function refusedText(text: string, said: string): Error {
  const fix =
    'if it is too long, cut texts with --max-tokens (vLLM) or start the server so that it cuts them (TEI: --auto-truncate).';
  return cannotEmbed(text, `the server refuses it: ${said}`, fix);
}
