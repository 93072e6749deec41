import type { OnRunEvent } from './events.js';

const TOLD_EVERY_MS = 250;
/** The rate is that of the last so many seconds: texts of one list are of one length, those of the next of another. */
const WINDOW_MS = 20_000;

/** Counts the texts that are embedded in a whole model run and tells rate and time left. */
export class EmbeddingProgress {
  private finished = 0;
  private tokens = 0;
  private told = 0;
  private readonly window: { readonly at: number; readonly texts: number; readonly tokens: number }[] = [];

  constructor(
    private readonly total: number,
    private readonly onEvent: OnRunEvent,
    private readonly now: () => number = Date.now,
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
      secondsLeft: rate === null || rate === 0 ? null : (this.total - done) / rate,
    });
  }

  /** A shard is done and stored. */
  finish(texts: number, tokens: number): void {
    this.finished += texts;
    this.tokens += tokens;
  }
}
