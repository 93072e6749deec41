import type { OnRunEvent } from './events.js';

const TOLD_EVERY_MS = 250;
/** The rate is that of the last so many seconds: texts of one list are of one length, those of the next of another. */
const WINDOW_MS = 20_000;

/**
 * Counts the texts that are embedded in a whole model run and tells rate and time left.
 *
 * Where it is known how many tokens lie ahead, the time left is theirs: lists differ in the length of their texts.
 */
export class EmbeddingProgress {
  private finished = 0;
  private tokens = 0;
  private told = 0;
  private readonly window: { readonly at: number; readonly texts: number; readonly tokens: number }[] = [];

  constructor(
    private readonly total: number,
    private readonly onEvent: OnRunEvent,
    private readonly now: () => number = Date.now,
    /** Tokens of all shards that are not done, as estimated. */
    private tokensAhead?: number,
  ) {}

  /** Texts and tokens of the shard in hand that are done. */
  tell(task: string, list: string, texts: number, tokens: number): void {
    const at = this.now();
    const done = this.finished + texts;
    if (this.window.length === 0) this.window.push({ at, texts: done, tokens: this.tokens + tokens });
    if (at - this.told < TOLD_EVERY_MS && done < this.total) return;
    this.told = at;
    this.window.push({ at, texts: done, tokens: this.tokens + tokens });
    while (this.window.length > 2 && at - this.window[0].at > WINDOW_MS) this.window.shift();
    const first = this.window[0];
    const seconds = (at - first.at) / 1000;
    const rate = seconds > 0.5 ? (done - first.texts) / seconds : null;
    const tokenRate = seconds > 0.5 ? (this.tokens + tokens - first.tokens) / seconds : null;
    this.onEvent({
      event: 'embedding',
      task,
      list,
      done,
      total: this.total,
      textsPerSecond: rate,
      tokensPerSecond: tokenRate === null || tokenRate === 0 ? null : tokenRate,
      secondsLeft: this.secondsLeft(rate, this.total - done, tokenRate, tokens),
    });
  }

  private secondsLeft(rate: number | null, texts: number, tokenRate: number | null, tokens: number): number | null {
    if (this.tokensAhead !== undefined && tokenRate !== null && tokenRate > 0) {
      return Math.max(0, this.tokensAhead - tokens) / tokenRate;
    }
    return rate === null || rate === 0 ? null : texts / rate;
  }

  /**
   * A shard is done and stored.
   *
   * @param estimated tokens that it was counted with among those ahead
   */
  finish(texts: number, tokens: number, estimated = tokens): void {
    if (this.tokensAhead !== undefined) this.tokensAhead -= estimated;
    this.finished += texts;
    this.tokens += tokens;
  }
}
