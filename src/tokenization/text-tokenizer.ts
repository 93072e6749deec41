/** Turns texts into token ids; every kind of tokenizer has this shape. */
export interface TextTokenizer {
  /** Ids of a text, without special tokens and uncut. */
  encode(text: string): readonly number[];
  /** Special tokens put before and behind every text. */
  readonly before: readonly number[];
  readonly behind: readonly number[];
  /** The id of characters or words that the vocabulary lacks; null where there is none. */
  readonly unknownId: number | null;
  /** Ids that stand for single bytes of what the vocabulary lacks; absent where there are none. */
  readonly byteIds?: ReadonlySet<number>;
  /** What rows of a batch are filled up with. */
  readonly padId: number;
  /** Which end of a text that is too long is cut off. */
  readonly cutFrom: 'left' | 'right';
  /** The longest input that the tokenizer itself sets, in tokens; null for none. */
  readonly maxTokens: number | null;
}

/** Token ids of many texts, one behind the other; those of text i are `ids[offsets[i]] .. ids[offsets[i + 1] - 1]`. */
export interface TokenizedTexts {
  readonly ids: Int32Array;
  readonly offsets: Int32Array;
  readonly counts: TokenCounts;
}

/** What was counted while texts were cut into tokens. */
export interface TokenCounts {
  /** Ids, special tokens included. */
  readonly tokens: number;
  /** Texts that were cut to the longest input. */
  readonly truncated: number;
  /** Ids that stand for characters or words that the vocabulary lacks; 0 for a tokenizer that knows every text. */
  readonly unknownTokens: number;
  /** Ids that stand for single bytes of what the vocabulary lacks. */
  readonly byteFallbackTokens: number;
}

/** The ids of one text with special tokens, cut to `maxTokens` so that the special tokens stay. */
export function encodeForModel(
  tokenizer: TextTokenizer,
  text: string,
  maxTokens: number | null,
): { readonly ids: number[]; readonly truncated: boolean } {
  const { before, behind } = tokenizer;
  let content = tokenizer.encode(text);
  const room = maxTokens === null ? Infinity : Math.max(0, maxTokens - before.length - behind.length);
  const truncated = content.length > room;
  if (truncated)
    content = tokenizer.cutFrom === 'right' ? content.slice(0, room) : content.slice(content.length - room);
  return { ids: [...before, ...content, ...behind], truncated };
}

/** Counts the tokens of texts. */
export class TokenCounter {
  private readonly sums = { tokens: 0, truncated: 0, unknownTokens: 0, byteFallbackTokens: 0 };

  constructor(
    private readonly tokenizer: TextTokenizer,
    private readonly maxTokens: number | null,
  ) {}

  /** Adds a text that is ready for the tokenizer; returns its ids. */
  add(text: string): readonly number[] {
    const { sums, tokenizer } = this;
    const { ids, truncated } = encodeForModel(tokenizer, text, this.maxTokens);
    sums.tokens += ids.length;
    if (truncated) sums.truncated += 1;
    for (const id of ids) {
      if (id === tokenizer.unknownId) sums.unknownTokens += 1;
      else if (tokenizer.byteIds?.has(id) === true) sums.byteFallbackTokens += 1;
    }
    return ids;
  }

  counts(): TokenCounts {
    return { ...this.sums };
  }
}

/** Collects the ids of texts. */
export class TokenCollector {
  private ids = new Int32Array(1024);
  private readonly offsets: Int32Array;
  private readonly counter: TokenCounter;
  private size = 0;
  private texts = 0;

  /** @param texts how many will be added at most */
  constructor(tokenizer: TextTokenizer, maxTokens: number | null, texts: number) {
    this.counter = new TokenCounter(tokenizer, maxTokens);
    this.offsets = new Int32Array(texts + 1);
  }

  /** Adds a text that is ready for the tokenizer; returns its ids. */
  add(text: string): readonly number[] {
    const ids = this.counter.add(text);
    this.reserve(this.size + ids.length);
    this.ids.set(ids, this.size);
    this.size += ids.length;
    this.offsets[++this.texts] = this.size;
    return ids;
  }

  finish(): TokenizedTexts {
    return {
      ids: this.ids.subarray(0, this.size),
      offsets: this.offsets.subarray(0, this.texts + 1),
      counts: this.counter.counts(),
    };
  }

  private reserve(size: number): void {
    if (size <= this.ids.length) return;
    const larger = new Int32Array(Math.max(size, 2 * this.ids.length));
    larger.set(this.ids.subarray(0, this.size));
    this.ids = larger;
  }
}
